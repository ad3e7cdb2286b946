"""The only module that touches xllamacpp: importing it, starting its server without a network port, calling it.

xllamacpp's `Server` always opens a listener, though calls go straight into the process. On POSIX it is a socket file
in a folder only the user can enter, so no port is opened; on Windows it is a random port on loopback with a secret key.
"""

from __future__ import annotations

import http.client
import importlib
import json
import os
import platform
import secrets
import shutil
import socket
import sys
import tempfile
import weakref
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from personae.errors import ModelError

__all__ = ["Native", "NativeServer", "open_native"]

_BATCH_TOKENS = 64
"""A cancel waits for one batch of the prompt, a second at 64; 256 reads 4 % faster (64.6 against 61.9 tokens/CPU-s)."""
_PROMPT_CACHE_MIB = 256
"""Prompts of conversations that lost their slot; xllamacpp's own default is 8 GiB."""
_COUNT_TIMEOUT_S = 10.0
_LONGEST_SOCKET_PATH = 100
"""The system's limit is 104 on macOS and 108 on Linux; beyond it, loopback as on Windows."""


class NativeServer(Protocol):
    """One loaded model."""

    def chat(self, body: Mapping[str, object], on_chunk: Callable[[object], bool]) -> None:
        """Stream one answer; `on_chunk` returning True stops it."""

    def count_tokens(self, messages: Sequence[Mapping[str, str]]) -> int | None:
        """Return the size of a prompt with its template."""


class Native(Protocol):
    """The engine's library."""

    def serve(self, path: Path, *, context_tokens: int, slots: int, threads: int) -> NativeServer:
        """Load a file of weights."""


def open_native() -> Native:
    """Import xllamacpp, or say what is missing and how to get it."""
    if _lacks_avx2():
        raise ModelError(
            "the embedded engine needs a processor with AVX2, and this one has none",
            help="Use a provider (set a key such as ANTHROPIC_API_KEY) or a local Ollama.",
        )
    # Threads that wait by spinning made everything 2.4 times slower on a busy machine; read once, when libgomp loads.
    os.environ.setdefault("GOMP_SPINCOUNT", "0")
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        return _Xllamacpp(importlib.import_module("xllamacpp"))
    except ModuleNotFoundError as error:
        raise ModelError("the embedded engine is not installed", help="pip install 'personae[embedded]'") from error
    except ImportError as error:
        raise _library_missing(error) from error


def _library_missing(error: ImportError) -> ModelError:
    if "libgomp" in str(error):
        return ModelError(
            "the embedded engine needs the system library libgomp.so.1, which is not installed",
            help="apt-get install libgomp1 (Debian, Ubuntu), dnf install libgomp (Fedora), apk add libgomp (Alpine).",
        )
    return ModelError(
        f"the embedded engine cannot be loaded: {error}",
        help="pip install --force-reinstall 'personae[embedded]', or use a provider or a local Ollama.",
    )


def _lacks_avx2() -> bool:
    """The wheel for x86 is built for AVX2; without it the process would die of an illegal instruction."""
    if platform.machine().lower() not in ("x86_64", "amd64") or sys.platform != "linux":
        return False
    try:
        return " avx2" not in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False


class _Xllamacpp:
    def __init__(self, module: object) -> None:
        self._module = module

    def serve(self, path: Path, *, context_tokens: int, slots: int, threads: int) -> NativeServer:
        params = self._module.CommonParams()  # type: ignore[attr-defined]  # a compiled module without types
        params.model.path = str(path)
        # Each slot has its own context: a shared one fails half way when parallel conversations outgrow it.
        params.n_parallel, params.n_ctx, params.kv_unified = slots, context_tokens * slots, False
        params.n_batch = params.n_ubatch = _BATCH_TOKENS
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
        params.cache_ram_mib = _PROMPT_CACHE_MIB
        params.verbosity = -1
        params.warmup = params.ui = params.endpoint_slots = False
        folder = Path(tempfile.mkdtemp(prefix="personae-"))
        key = secrets.token_urlsafe(24)
        params.port, params.api_keys = 0, [key]
        listener = str(folder / "engine.sock")
        if sys.platform != "win32" and len(listener) <= _LONGEST_SOCKET_PATH:
            params.hostnames = [listener]
        try:
            server = self._module.Server(params)  # type: ignore[attr-defined]  # a compiled module without types
        except Exception as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise ModelError(
                f"the embedded engine cannot load {path}: {error}",
                help="Delete the file so that it is fetched anew, or free some memory.",
            ) from error
        return _Server(server, folder=folder, key=key)


class _Server:
    def __init__(self, server: object, *, folder: Path, key: str) -> None:
        self._server, self._key = server, key
        self._address = str(getattr(server, "listening_address", ""))
        self._finalizer = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)

    def chat(self, body: Mapping[str, object], on_chunk: Callable[[object], bool]) -> None:
        self._server.handle_chat_completions(dict(body), on_chunk)  # type: ignore[attr-defined]

    def count_tokens(self, messages: Sequence[Mapping[str, str]]) -> int | None:
        """Only the listener counts; it does so with the template, in milliseconds."""
        connection = self._connection()
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._key}"}
        try:
            connection.request(
                "POST", "/v1/chat/completions/input_tokens", json.dumps({"messages": list(messages)}), headers
            )
            reply: object = json.loads(connection.getresponse().read())
        except (OSError, ValueError, http.client.HTTPException):
            return None
        finally:
            connection.close()
        count = reply.get("input_tokens") if isinstance(reply, dict) else None
        return count if isinstance(count, int) else None

    def _connection(self) -> http.client.HTTPConnection:
        if self._address.startswith("unix://"):
            return _SocketFileConnection(self._address.removeprefix("unix://"))
        parts = urlsplit(self._address)
        return http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=_COUNT_TIMEOUT_S)


class _SocketFileConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=_COUNT_TIMEOUT_S)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(_COUNT_TIMEOUT_S)
        self.sock.connect(self._path)
