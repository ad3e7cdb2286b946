"""The personas of one project, all layers read: what `list`, `show`, `run` and Python programs start from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from personae.errors import Diagnostic, DuplicateNameError, InvalidFileError
from personae.library.project import FILE_NAME, Project
from personae.library.registry import Registry
from personae.library.store import (
    BUILT_IN_FOLDER,
    Layer,
    Loaded,
    PersonaFile,
    find_root,
    list_home,
    load_files,
    load_project,
    user_folder,
)
from personae.persona.model import Home

__all__ = ["Library", "duplicate_slug", "load_built_in", "open_library"]


@dataclass(frozen=True, slots=True)
class Library:
    """A project, its registry, and what was wrong while reading either."""

    project: Project
    registry: Registry
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """The diagnostics that keep something from being used."""
        return tuple(item for item in self.diagnostics if item.severity == "error")

    def require_sound(self) -> None:
        """Raise `InvalidFileError` with every error at once, if there is any: nothing runs beside a broken file."""
        if self.errors:
            raise InvalidFileError(self.errors)


def open_library(start: Path) -> Library:
    """Read the project that `start` lies in, with the user's and the built-in personas beneath it.

    Raises `StorageError` when a folder cannot be read; what is wrong in files is in `diagnostics`.
    """
    root = find_root(start)
    project, diagnostics = load_project(root)
    registry = Registry()
    for loaded in (load_built_in(), _layer(user_folder(), "user"), _layer(root, "project")):
        diagnostics += loaded.diagnostics
        for persona in loaded.personas:
            try:
                registry.register(persona)
            except DuplicateNameError as error:
                diagnostics.append(duplicate_slug(error))
    return Library(project or Project(root=root, file=FILE_NAME), registry, tuple(diagnostics))


def load_built_in() -> Loaded:
    """Return the personas that ship with the package."""
    files = [PersonaFile(path, Home.PERSONAS, path.stem) for path in sorted(BUILT_IN_FOLDER.glob("*.md"))]
    return load_files(files, root=BUILT_IN_FOLDER, layer="built-in")


def _layer(folder: Path, layer: Layer) -> Loaded:
    return load_files(list_home(folder), root=folder, layer=layer)


def duplicate_slug(error: DuplicateNameError) -> Diagnostic:
    """Return the refusal of a second persona of one slug, placed in its own file."""
    return Diagnostic(
        rule="duplicate-slug",
        message=f"the slug {error.name!r} is also that of {error.first}",
        file=error.second,
        found=error.name,
        help=error.help,
    )
