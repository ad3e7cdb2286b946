"""What tests of remembered reports share."""

from __future__ import annotations

import time
from pathlib import Path

import pytest


def move_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what is remembered, and what the user has, lie in folders of this test."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def wait() -> None:
    """Let the clock of the file system move on: what changed just now is not remembered."""
    time.sleep(0.07)


def write(path: Path, text: str) -> None:
    """Write a file, with the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
