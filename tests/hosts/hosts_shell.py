"""The real program in a folder of its own, with a home of its own; fast, since it runs in this process."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from personae.cli.app import main

__all__ = ["HostsShell", "Ran", "open_shell"]


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


@dataclass(frozen=True)
class HostsShell:
    folder: Path
    """The project; commands run there."""
    home: Path

    def __call__(self, *arguments: str) -> Ran:
        before = Path.cwd()
        os.chdir(self.folder)
        try:
            capture = CliRunner()
            with capture.isolation() as (stdout, stderr, _), pytest.raises(SystemExit) as stopped:
                main(list(arguments))
            return Ran(int(stopped.value.code or 0), stdout.getvalue().decode(), stderr.getvalue().decode())
        finally:
            os.chdir(before)

    def write(self, path: str, text: str) -> Path:
        full = self.folder / path
        full.parent.mkdir(parents=True, exist_ok=True)
        full.write_text(text, encoding="utf-8", newline="\n")
        return full

    def read(self, path: str) -> str:
        return (self.folder / path).read_text(encoding="utf-8")

    def files(self) -> set[str]:
        """Every file of the project, without state."""
        found = (path.relative_to(self.folder) for path in self.folder.rglob("*") if path.is_file())
        return {path.as_posix() for path in found if path.parts[0] != ".personae"}


def open_shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> HostsShell:
    """Return the program in an empty project, with a home of its own."""
    home, folder = tmp_path / "home", tmp_path / "project"
    home.mkdir()
    (folder / ".git").mkdir(parents=True)
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
    return HostsShell(folder, home)
