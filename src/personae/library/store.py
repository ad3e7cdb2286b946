"""Finds and reads persona and project files on disk. What is wrong in them comes back as diagnostics, all in one go."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from personae.errors import Diagnostic, StorageError
from personae.library.project import FILE_NAME, Project, parse_project
from personae.persona.model import Home, Persona
from personae.persona.parse import Parsed, home_of, parse
from personae.persona.store import read_bytes

__all__ = [
    "BUILT_IN_FOLDER",
    "Layer",
    "Loaded",
    "PersonaFile",
    "find_root",
    "list_home",
    "load_files",
    "load_project",
    "read_persona",
    "user_folder",
    "walk",
]

Layer = Literal["built-in", "user", "project"]

BUILT_IN_FOLDER = Path(__file__).parent / "builtin"
_ROOT_MARKS = (FILE_NAME, ".agents", "personas", ".git")
# Never descended into: other people's files, caches, and our own state.
_SKIPPED = frozenset(
    [".git", ".hg", ".svn", ".personae", ".venv", "venv", "node_modules", "__pycache__", ".tox", ".mypy_cache"]
)


@dataclass(frozen=True, slots=True)
class PersonaFile:
    """A path at which a persona may live."""

    path: Path
    home: Home
    slug: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """What reading many files gave: the personas that are sound, and everything that is wrong."""

    personas: tuple[Persona, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    files: int = 0
    """How many persona files were read, sound or not; those left alone do not count."""


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


def load_project(root: Path) -> tuple[Project | None, list[Diagnostic]]:
    """Read `root`'s project file; without one, the defaults. Raises `StorageError` when it cannot be read."""
    path = root / FILE_NAME
    if not path.exists():
        return Project(root=root), []
    return parse_project(read_bytes(path), root=root, file=FILE_NAME)


def user_folder() -> Path:
    """Return the folder of the user's own personas and settings; it need not exist."""
    if os.name == "nt" and (roaming := os.environ.get("APPDATA")):
        return Path(roaming) / "personae"
    configured = os.environ.get("XDG_CONFIG_HOME", "")
    base = Path(configured) if configured and Path(configured).is_absolute() else Path.home() / ".config"
    return base / "personae"


def list_home(folder: Path) -> list[PersonaFile]:
    """Return the persona files of one project folder, in both homes, sorted by slug. It reads no file."""
    found = [*_agents(folder / ".agents"), *_personas(folder / "personas")]
    return sorted(found, key=lambda file: (file.slug, file.path))


def walk(folder: Path) -> list[PersonaFile]:
    """Return every persona file below `folder`, sorted. Links to folders are not followed, so no loop can arise."""
    found: list[PersonaFile] = []
    for name, folders, files in os.walk(folder):
        folders[:] = sorted(item for item in folders if item not in _SKIPPED)
        for file in files:
            if file.endswith(".md") and (place := home_of(Path(name, file))):
                found.append(PersonaFile(Path(name, file), *place))
    return sorted(found, key=lambda file: file.path)


def load_files(files: Iterable[PersonaFile], *, root: Path, layer: Layer = "project") -> Loaded:
    """Read `files`; diagnostics name them relative to `root` where they lie below it."""
    personas: list[Persona] = []
    diagnostics: list[Diagnostic] = []
    count = 0
    for file in files:
        parsed = read_persona(file, root=root, layer=layer)
        diagnostics += parsed.diagnostics
        count += not parsed.left_alone
        if parsed.persona is not None:
            personas.append(parsed.persona)
    return Loaded(tuple(personas), tuple(diagnostics), count)


def read_persona(file: PersonaFile, *, root: Path, layer: Layer = "project") -> Parsed:
    """Read one persona file; a file that cannot be opened is a diagnostic like any other."""
    name = _shown(file.path, root)
    try:
        data = read_bytes(file.path)
    except StorageError as error:
        unreadable = Diagnostic(
            rule="unreadable", message=f"cannot be read: {error.reason}", file=name, help=error.help
        )
        return Parsed(None, (unreadable,))
    parsed = parse(data, file=name, home=file.home, slug=file.slug)
    persona = parsed.persona
    if persona is not None and persona.source is not None and layer != "project":
        persona = replace(persona, source=replace(persona.source, layer=layer))
    return Parsed(persona, parsed.diagnostics)


def _agents(folder: Path) -> Iterator[PersonaFile]:
    for entry in _entries(folder):
        path = Path(entry.path, "persona.md")
        if entry.is_dir() and path.is_file():
            yield PersonaFile(path, Home.AGENTS, entry.name)


def _personas(folder: Path) -> Iterator[PersonaFile]:
    for entry in _entries(folder):
        if entry.name.endswith(".md") and entry.is_file():
            yield PersonaFile(Path(entry.path), Home.PERSONAS, entry.name.removesuffix(".md"))


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise StorageError("read", folder.as_posix(), (error.strerror or str(error)).lower()) from error


def _shown(path: Path, root: Path) -> str:
    try:
        return path.relative_to(root).as_posix()
    except ValueError:
        return path.as_posix()
