from __future__ import annotations

from pathlib import Path

import pytest
from hosts_shell import HostsShell


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> HostsShell:
    """The program in an empty project, with a home of its own."""
    home, folder = tmp_path / "home", tmp_path / "project"
    home.mkdir()
    (folder / ".git").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
    return HostsShell(folder, home)
