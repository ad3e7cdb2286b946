"""Where a persona's memory lives. A memory never leaves its folder: real paths are compared, not names."""

from __future__ import annotations

from pathlib import Path

from personae.errors import StorageError
from personae.persona.model import Home, Persona

__all__ = ["index_path", "memory_path"]

_STATE = Path(".personae", "memory")
_BRAIN = "brain"
"""No persona can have this slug (`persona/slug.py`)."""
_PERSONA_FILE = "persona.md"
_WAY_OUT = "Name a file of its own below the folder in memory.path, and let no link lead out of it."


def memory_path(persona: Persona | None, root: Path) -> Path:
    """Return the real path of the memory of `persona` (None: of the brain) in the project at `root`.

    Beside the persona's file only where that is `.agents/<slug>/` of the project itself: what a user's or a built-in
    persona learns in one project stays in it. The file need not exist. Raises `StorageError` when the path leaves its
    folder or is the persona's own file.
    """
    top = root.resolve()
    folder = top / _folder(persona)
    name = persona.memory.path if persona else "memory.md"
    wanted = folder / name.replace("\\", "/")
    real = wanted.resolve()
    shown = wanted.relative_to(top).as_posix()
    if folder.resolve() != folder:
        raise StorageError("keep memory in", shown, "its folder is a link to another", help=_WAY_OUT)
    if not real.is_relative_to(folder) or real == folder:
        raise StorageError("keep memory in", shown, "it leaves the persona's own folder", help=_WAY_OUT)
    if real.relative_to(folder).as_posix().casefold() == _PERSONA_FILE:
        raise StorageError("keep memory in", shown, "that is the persona's own file", help=_WAY_OUT)
    return real


def index_path(persona: Persona | None, root: Path) -> Path:
    """Return where the search index of that memory may be kept. It can be deleted at any time."""
    return root.resolve() / _STATE / f".{persona.name if persona else _BRAIN}.index"


def _folder(persona: Persona | None) -> Path:
    if persona is None:
        return _STATE / _BRAIN
    source = persona.source
    if source is not None and source.home is Home.AGENTS and source.layer == "project":
        return Path(".agents", persona.name)
    return _STATE / persona.name
