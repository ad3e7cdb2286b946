"""A project while it is served: its files are looked at again and again, and a bad edit keeps what was good running."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from personae.errors import Diagnostic, DuplicateNameError, InvalidFileError
from personae.library.library import duplicate_slug, load_built_in
from personae.library.project import FILE_NAME, Project
from personae.library.registry import Registry, Snapshot
from personae.library.store import Layer, PersonaFile, list_home, load_project, read_persona, user_folder
from personae.persona.model import Persona
from personae.persona.parse import Parsed

__all__ = ["Folder"]

_Stamp: TypeAlias = tuple[int, int, int]

_HOMES = (".agents", "personas")
_LIST_EVERY_S = 5.0


@dataclass(slots=True, kw_only=True)
class _Known:
    stamp: _Stamp
    parsed: Parsed
    good: Persona | None
    """As it was read when it was sound last."""


@dataclass(slots=True)
class Folder:
    """The newest good state of the project at `root`. `look` brings it up to date."""

    root: Path
    project: Project = field(init=False)
    personas: Snapshot = field(init=False)
    errors: tuple[Diagnostic, ...] = field(default=(), init=False)
    """What is wrong in the files as they are now; the state above may be older than they are."""
    _places: dict[str, tuple[PersonaFile, Layer, Path]] = field(default_factory=dict, init=False, repr=False)
    _folder_stamps: tuple[_Stamp | None, ...] = field(default=(), init=False, repr=False)
    _listed_at: float = field(default=0.0, init=False, repr=False)
    _put: bool = field(default=False, init=False, repr=False)
    _files: dict[str, _Known] = field(default_factory=dict, init=False, repr=False)
    _project_stamp: _Stamp | None = field(default=None, init=False, repr=False)
    _project_errors: tuple[Diagnostic, ...] = field(default=(), init=False, repr=False)
    _built_in: tuple[Persona, ...] = field(default=(), init=False, repr=False)

    def __post_init__(self) -> None:
        """Read everything. Raises `InvalidFileError` with every error of every file: nothing starts beside one."""
        self.project = Project(root=self.root, file=FILE_NAME)
        self._built_in = load_built_in().personas
        self.look()
        if self.errors:
            raise InvalidFileError(self.errors)

    def look(self) -> bool:
        """Read what was changed since the last look, and nothing else; return whether anything was.

        A look at a thousand files that are as they were takes a few milliseconds. A file that is new in a folder which
        was there before is seen within `_LIST_EVERY_S`; everything else at once.
        """
        changed = self._look_at_project()
        folders = tuple(_stamp(f"{folder}/{name}") for folder in self._folders for name in _HOMES)
        if folders != self._folder_stamps or time.monotonic() - self._listed_at >= _LIST_EVERY_S:
            self._folder_stamps, self._listed_at = folders, time.monotonic()
            self._places = {os.fspath(file.path): (file, layer, folder) for file, layer, folder in self._listed()}
        present = {path: stamp for path in self._places if (stamp := _stamp(path)) is not None}
        for path in self._files.keys() - present.keys():
            del self._files[path]
            changed = True
        for path, stamp in present.items():
            known = self._files.get(path)
            if known is None or known.stamp != stamp:
                file, layer, folder = self._places[path]
                parsed = read_persona(file, root=folder, layer=layer)
                good = parsed.persona or (known.good if known and not parsed.left_alone else None)
                self._files[path] = _Known(stamp=stamp, parsed=parsed, good=good)
                changed = True
        if changed or not self._put:
            self._put_together()
        return changed

    def _look_at_project(self) -> bool:
        stamp = _stamp(os.fspath(self.root / FILE_NAME))
        if stamp == self._project_stamp:
            return False
        self._project_stamp = stamp
        project, diagnostics = load_project(self.root)
        self._project_errors = tuple(item for item in diagnostics if item.severity == "error")
        if not self._project_errors:
            self.project = project or Project(root=self.root, file=FILE_NAME)
        return True

    @property
    def _folders(self) -> tuple[str, str]:
        return os.fspath(self.root), os.fspath(user_folder())

    def _listed(self) -> Iterator[tuple[PersonaFile, Layer, Path]]:
        user = user_folder()
        yield from ((file, "project", self.root) for file in list_home(self.root))
        yield from ((file, "user", user) for file in list_home(user))

    def _put_together(self) -> None:
        registry = Registry(self._built_in)
        twice: list[Diagnostic] = []
        for known in self._files.values():
            if known.good is not None:
                try:
                    registry.register(known.good)
                except DuplicateNameError as error:
                    twice.append(duplicate_slug(error))
        wrong = [
            item for known in self._files.values() for item in known.parsed.diagnostics if item.severity == "error"
        ]
        self._put = True
        self.personas = registry.snapshot()
        self.errors = (*self._project_errors, *wrong, *twice)


def _stamp(path: str) -> _Stamp | None:
    try:
        found = os.stat(path)  # noqa: PTH116  a Path costs more than the look
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
