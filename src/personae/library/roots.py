"""Where a project begins and where the user's own files lie. It reads names only, and imports nothing heavy."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["FILE_NAME", "find_root", "user_folder"]

FILE_NAME = "personae.toml"
_ROOT_MARKS = (FILE_NAME, ".agents", "personas", ".git")


def find_root(start: Path) -> Path:
    """Return the project of `start`: the nearest folder upward with a project file, else with another mark of one."""
    start = start.resolve()
    folders = [start, *start.parents]
    for folder in folders:
        if (folder / FILE_NAME).is_file():
            return folder
    home = Path.home()
    for folder in folders:
        if folder == home:
            break
        if any((folder / mark).exists() for mark in _ROOT_MARKS):
            return folder
    return start


def user_folder() -> Path:
    """Return the folder of the user's own personas and settings; it need not exist."""
    if os.name == "nt" and (roaming := os.environ.get("APPDATA")):
        return Path(roaming) / "personae"
    configured = os.environ.get("XDG_CONFIG_HOME", "")
    base = Path(configured) if configured and Path(configured).is_absolute() else Path.home() / ".config"
    return base / "personae"
