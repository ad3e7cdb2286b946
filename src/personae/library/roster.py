"""The persona files of one project by slug, unread until asked for: looking one up costs the same among a thousand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

from personae.errors import Diagnostic, DuplicateNameError
from personae.library.heads import Head, HeadRead, head_of
from personae.library.project import FILE_NAME, Project
from personae.library.registry import Snapshot
from personae.library.store import (
    BUILT_IN_FOLDER,
    Layer,
    PersonaFile,
    find_root,
    list_home,
    load_project,
    read_head,
    read_persona,
    user_folder,
)
from personae.persona.model import Home
from personae.persona.parse import Parsed

__all__ = ["LayeredShelf", "Roster", "Shelf", "SnapshotShelf", "open_roster"]


class Shelf(Protocol):
    """Where dormant personas lie: the one seam between adoption and wherever personas come from."""

    @property
    def names(self) -> Set[str]:
        """Every slug that may be asked for."""
        ...

    def head(self, slug: str) -> HeadRead:
        """Return the head of `slug`; what is wrong with it is in the diagnostics. Never raises."""
        ...

    def wake(self, slug: str) -> Parsed:
        """Return the whole persona that `head` speaks of, read now. Never raises."""
        ...


@dataclass(frozen=True, slots=True)
class SnapshotShelf:
    """Personas in memory as a shelf: those of a run, or those registered by a program."""

    personas: Snapshot

    @property
    def names(self) -> Set[str]:
        """Every slug of the snapshot."""
        return self.personas.keys()

    def head(self, slug: str) -> HeadRead:
        """Return the head of the persona in hand."""
        return HeadRead(head_of(self.personas[slug]) if slug in self.personas else None)

    def wake(self, slug: str) -> Parsed:
        """Return the persona in hand."""
        return Parsed(self.personas[slug]) if slug in self.personas else Parsed(None)


@dataclass(frozen=True, slots=True)
class LayeredShelf:
    """One shelf before another: what a run has taken with it hides what lies there now."""

    first: Shelf
    beneath: Shelf

    @property
    def names(self) -> Set[str]:
        """Every slug of either."""
        return self.first.names | self.beneath.names

    def head(self, slug: str) -> HeadRead:
        """Return the head of `slug` from the first shelf that has it."""
        return self._with(slug).head(slug)

    def wake(self, slug: str) -> Parsed:
        """Return the persona of `slug` from the first shelf that has it."""
        return self._with(slug).wake(slug)

    def _with(self, slug: str) -> Shelf:
        return self.first if slug in self.first.names else self.beneath


class _ReadFile(Protocol):
    @property
    def left_alone(self) -> bool: ...

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]: ...


_Read = TypeVar("_Read", bound=_ReadFile, covariant=True)


class _Reader(Protocol[_Read]):
    def __call__(self, file: PersonaFile, *, root: Path, layer: Layer) -> _Read: ...


@dataclass(frozen=True, slots=True)
class _Known:
    file: PersonaFile
    root: Path
    layer: Layer


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """The persona files a project can see. Opening it reads names only; `head` reads the top of one file."""

    project: Project
    diagnostics: tuple[Diagnostic, ...] = ()
    """What is wrong with the project file."""
    files: Mapping[str, Sequence[_Known]] = field(default_factory=dict, repr=False)
    """By slug: the project's before the user's before the built-in ones."""

    @property
    def names(self) -> Set[str]:
        """Every slug that a file here stands for; among them may be texts that turn out to be no personas."""
        return self.files.keys()

    def head(self, slug: str) -> HeadRead:
        """Return the head of `slug` from the nearest layer that has it; a broken file there hides those beneath."""
        found, twice = self._nearest(slug, read_head)
        return HeadRead(None, twice) if twice else found or HeadRead(None)

    def heads(self) -> list[Head]:
        """Return every sound head, by `order` and then by slug, as lists show them."""
        found = [self.head(slug).head for slug in self.files]
        return sorted(
            (head for head in found if head), key=lambda head: (head.order is None, head.order or 0, head.slug)
        )

    def wake(self, slug: str) -> Parsed:
        """Read the whole file of `slug` now."""
        found, twice = self._nearest(slug, read_persona)
        return Parsed(None, twice) if twice else found or Parsed(None)

    def _nearest(self, slug: str, read: _Reader[_Read]) -> tuple[_Read | None, tuple[Diagnostic, ...]]:
        """Return what the nearest file of `slug` holds, or what is wrong where two of one layer claim the slug."""
        taken: tuple[_Read, _Known] | None = None
        for known in self.files.get(slug, ()):
            if taken is not None and known.layer != taken[1].layer:
                break
            found = read(known.file, root=known.root, layer=known.layer)
            if found.left_alone:
                continue  # a text beside personas that is none
            if taken is not None:
                return None, (*taken[0].diagnostics, _twice(slug, taken[1], known))
            taken = (found, known)
        return (taken[0] if taken else None), ()


def open_roster(start: Path) -> Roster:
    """List the personas of the project that `start` lies in, the user's and the built-in ones. It reads none of them.

    Raises `StorageError` when a folder or the project file cannot be read.
    """
    root = find_root(start)
    project, diagnostics = load_project(root)
    files: dict[str, list[_Known]] = {}
    user = user_folder()
    layers: tuple[tuple[list[PersonaFile], Path, Layer], ...] = (
        (list_home(root), root, "project"),
        (list_home(user), user, "user"),
        (_built_in(), BUILT_IN_FOLDER, "built-in"),
    )
    for listed, folder, layer in layers:
        for file in listed:
            files.setdefault(file.slug, []).append(_Known(file, folder, layer))
    return Roster(project=project or Project(root=root, file=FILE_NAME), diagnostics=tuple(diagnostics), files=files)


def _built_in() -> list[PersonaFile]:
    return [PersonaFile(path, Home.PERSONAS, path.stem) for path in BUILT_IN_FOLDER.glob("*.md")]


def _twice(slug: str, first: _Known, second: _Known) -> Diagnostic:
    places = [known.file.path.relative_to(known.root).as_posix() for known in (first, second)]
    error = DuplicateNameError("persona", slug, *places)
    return Diagnostic(
        rule="duplicate-slug",
        message=f"the slug {slug!r} is also that of {error.first}",
        file=error.second,
        found=slug,
        help=error.help,
    )
