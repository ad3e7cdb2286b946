"""Finds and reads persona and project files on disk. What is wrong in them comes back as diagnostics, all in one go."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from personae.errors import Diagnostic, StorageError
from personae.library.heads import HeadRead, cut_head, head_of
from personae.library.project import FILE_NAME, Project, parse_project
from personae.library.roots import find_root, user_folder
from personae.persona.model import Home, Persona
from personae.persona.parse import Parsed, home_of, parse
from personae.persona.source import MAX_FILE_BYTES
from personae.persona.store import read_bytes

__all__ = [
    "BUILT_IN_FOLDER",
    "SKIPPED_FOLDERS",
    "Layer",
    "Loaded",
    "PersonaFile",
    "find_root",
    "list_home",
    "load_files",
    "load_project",
    "read_head",
    "read_persona",
    "user_folder",
    "walk",
]

Layer = Literal["built-in", "user", "project"]

BUILT_IN_FOLDER = Path(__file__).parent / "builtin"
_HEAD_BYTES = (1 << 12, 1 << 16, MAX_FILE_BYTES + 1)
"""Read in turn until the frontmatter and a line below it are there; the first is enough for all but a few files."""
# Never descended into: other people's files, caches, and our own state.
SKIPPED_FOLDERS = frozenset(
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


def load_project(root: Path) -> tuple[Project | None, list[Diagnostic]]:
    """Read `root`'s project file; without one, the defaults. Raises `StorageError` when it cannot be read."""
    path = root / FILE_NAME
    if not path.exists():
        return Project(root=root), []
    return parse_project(read_bytes(path), root=root, file=FILE_NAME)


def list_home(folder: Path) -> list[PersonaFile]:
    """Return the persona files of one project folder, in both homes, sorted by slug. It reads no file."""
    found = [*_agents(folder / ".agents"), *_personas(folder / "personas")]
    return sorted(found, key=lambda file: (file.slug, file.path))


def walk(folder: Path) -> list[PersonaFile]:
    """Return every persona file below `folder`, sorted. Links to folders are not followed, so no loop can arise."""
    found: list[PersonaFile] = []
    for name, folders, files in os.walk(folder):
        folders[:] = sorted(item for item in folders if item not in SKIPPED_FOLDERS)
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
        return Parsed(None, (_unreadable(name, error),))
    parsed = parse(data, file=name, home=file.home, slug=file.slug)
    persona = parsed.persona
    if persona is not None and persona.source is not None and layer != "project":
        parsed = replace(parsed, persona=replace(persona, source=replace(persona.source, layer=layer)))
    return parsed


def read_head(file: PersonaFile, *, root: Path, layer: Layer = "project") -> HeadRead:
    """Read the top of one persona file: frontmatter and one line. What is wrong further down shows when it wakes."""
    name = _shown(file.path, root)
    data = b""
    try:
        for most in _HEAD_BYTES:
            data = read_bytes(file.path, most=most)
            head = cut_head(data)
            if head is not None or len(data) < most:
                data = head or data
                break
    except StorageError as error:
        return HeadRead(None, (_unreadable(name, error),))
    parsed = parse(data, file=name, home=file.home, slug=file.slug)
    if parsed.persona is None:
        return HeadRead(None, parsed.diagnostics)
    return HeadRead(replace(head_of(parsed.persona), layer=layer), parsed.diagnostics)


def _unreadable(name: str, error: StorageError) -> Diagnostic:
    return Diagnostic(rule="unreadable", message=f"cannot be read: {error.reason}", file=name, help=error.help)


def _agents(folder: Path) -> Iterator[PersonaFile]:
    for entry in _entries(folder):
        path = Path(entry.path, "persona.md")
        if path.is_file():
            yield PersonaFile(path, Home.AGENTS, entry.name)


def _personas(folder: Path) -> Iterator[PersonaFile]:
    for entry in _entries(folder):
        path = Path(entry.path)
        # Not `entry.is_file`, which raises for a link that leads to itself.
        if entry.name.endswith(".md") and path.is_file():
            yield PersonaFile(path, Home.PERSONAS, entry.name.removesuffix(".md"))


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
