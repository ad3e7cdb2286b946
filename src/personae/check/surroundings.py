"""Puts together what rules may know about one root: its project, and for personas all that `reach` finds."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from personae.check.context import Context
from personae.check.models import MODELS
from personae.check.read import ReadFile
from personae.check.settings import Settings, read_settings
from personae.check.walk import stamp_of
from personae.errors import Diagnostic, StorageError
from personae.library.project import Project, parse_project
from personae.library.roots import FILE_NAME
from personae.persona.source import decode
from personae.persona.store import read_bytes

if TYPE_CHECKING:
    from personae.check.reach import Reach
    from personae.library.store import PersonaFile

__all__ = ["ProjectFile", "Surveyor"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectFile:
    """One project file, read for checking."""

    project: Project
    settings: Settings = field(default_factory=Settings)
    path: str = ""
    """Empty where there is none."""
    diagnostics: tuple[Diagnostic, ...] = ()
    text: str = ""


@dataclass(slots=True)
class Surveyor:
    """Looks at folders once per run, and remembers what it looked at."""

    today: date
    name: Callable[[str], str]
    """How diagnostics name a path."""
    watched: dict[str, str] = field(default_factory=dict)
    """Paths that were looked at since this was set, with their stamps."""
    _projects: dict[str, ProjectFile] = field(default_factory=dict)
    _reach: Reach | None = None

    def project_of(self, root: str) -> ProjectFile:
        """Return the nearest project file at or above `root`; where there is none, the defaults."""
        folder = Path(root)
        for place in (folder, *folder.parents):
            path = str(place / FILE_NAME)
            self._watch(path)
            if path not in self._projects:
                if not os.path.lexists(path):
                    continue
                self._projects[path] = self._read_project(place, path)
            return self._projects[path]
        return ProjectFile(project=Project(root=folder))

    def _read_project(self, root: Path, path: str) -> ProjectFile:
        name = self.name(path)
        try:
            data = read_bytes(Path(path))
        except StorageError as error:
            finding = Diagnostic(
                rule="unreadable", message=f"cannot be read: {error.reason}", file=name, help=error.help
            )
            return ProjectFile(project=Project(root=root, file=name), path=path, diagnostics=(finding,))
        project, found = parse_project(data, root=root, file=name)
        if project is None:
            return ProjectFile(project=Project(root=root, file=name), path=path, diagnostics=tuple(found))
        text, _ = decode(data, file=name)
        settings, wrong = read_settings(text or "", file=name)
        return ProjectFile(project=project, settings=settings, path=path, diagnostics=(*found, *wrong), text=text or "")

    def context(self, root: str, project: Project, reads: Sequence[ReadFile]) -> tuple[Context, list[Diagnostic]]:
        """Return the surroundings of the files `reads` of one root, and what is wrong with those surroundings."""
        context = Context(project=project, today=self.today, models=MODELS, exists=self._exists)
        if not any(read.parsed is not None for read in reads):
            return context, []
        return self._reached().context(root, reads, context)

    def home(self, root: str) -> list[PersonaFile]:
        """Return the persona files of `root` itself; whoever lists an unreadable folder to check it reports that."""
        return self._reached().home(root)

    def _reached(self) -> Reach:
        if self._reach is None:
            # Agents of other tools are checked without loading the library.
            from personae.check.reach import Reach  # noqa: PLC0415

            self._reach = Reach(self._watch, self.name)
        return self._reach

    def _exists(self, path: Path) -> bool:
        self._watch(str(path))
        return path.exists()

    def _watch(self, path: str) -> None:
        if path not in self.watched:
            self.watched[path] = stamp_of(path)
