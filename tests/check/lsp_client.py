"""A language client that speaks to the real process, as an editor does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

_PATIENCE_S = 30.0


class Client:
    """Starts `personae lsp` in a folder and talks with it; leaving stops it as an editor would."""

    def __init__(self, folder: Path) -> None:
        env = {**os.environ, "XDG_CONFIG_HOME": str(folder / ".config")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "personae", "lsp", "--stdio"],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=env,
        )
        self._watchdog = threading.Timer(_PATIENCE_S, self.process.kill)
        self._watchdog.start()
        self._last_id = 0
        self.waiting: list[dict[str, Any]] = []
        folders = [{"uri": folder.as_uri(), "name": "project"}]
        self.capabilities = self.ask(
            "initialize",
            {"processId": None, "rootUri": folder.as_uri(), "capabilities": {}, "workspaceFolders": folders},
        )["capabilities"]
        self.tell("initialized", {})

    def __enter__(self) -> Client:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is None:
            self.ask("shutdown", None)
            self.tell("exit", None)
            self.process.communicate(timeout=_PATIENCE_S)
        else:
            self.process.kill()
            self.process.communicate()
        self._watchdog.cancel()

    def ask(self, method: str, params: object) -> Any:
        self._last_id += 1
        self._send({"id": self._last_id, "method": method, "params": params})
        while True:
            message = self._receive()
            if message.get("id") == self._last_id and "method" not in message:
                assert "error" not in message, message["error"]
                return message["result"]
            self.waiting.append(message)

    def tell(self, method: str, params: object) -> None:
        self._send({"method": method, "params": params})

    def open(self, path: Path, text: str) -> list[dict[str, Any]]:
        """Open a document as an editor holds it, and return its diagnostics."""
        document = {"uri": path.as_uri(), "languageId": "markdown", "version": 1, "text": text}
        self.tell("textDocument/didOpen", {"textDocument": document})
        return self.diagnostics(path)

    def change(self, path: Path, text: str, *, version: int) -> None:
        document = {"uri": path.as_uri(), "version": version}
        self.tell("textDocument/didChange", {"textDocument": document, "contentChanges": [{"text": text}]})

    def diagnostics(self, path: Path) -> list[dict[str, Any]]:
        """Return what is published next about `path`."""
        while True:
            for message in self.waiting:
                if message.get("method") == "textDocument/publishDiagnostics":
                    self.waiting.remove(message)
                    if message["params"]["uri"] == path.as_uri():
                        found = message["params"]["diagnostics"]
                        assert isinstance(found, list)
                        return found
            self.waiting.append(self._receive())

    def at(self, path: Path, line: int, character: int) -> dict[str, Any]:
        return {"textDocument": {"uri": path.as_uri()}, "position": {"line": line, "character": character}}

    def _send(self, message: dict[str, object]) -> None:
        data = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(f"Content-Length: {len(data)}\r\n\r\n".encode() + data)
        self.process.stdin.flush()

    def _receive(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        length = 0
        while line := self.process.stdout.readline().strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        assert length, (self.process.stderr and self.process.stderr.read()) or "the server said nothing"
        message = json.loads(self.process.stdout.read(length))
        assert isinstance(message, dict)
        return message
