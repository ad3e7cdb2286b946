"""The project a command runs in, and the completion of names in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from personae.errors import PersonaeError, StorageError, UsageError
from personae.library.catalogue import describe
from personae.library.library import Library, open_library
from personae.library.store import PersonaFile, list_home
from personae.persona.model import Persona

__all__ = ["complete_slug", "file_of", "here", "open_here", "project_files", "slug_argument"]


_Decorated = TypeVar("_Decorated", bound="Callable[..., Any] | click.Command")


def here() -> Path:
    """Return the working folder. Raises `StorageError` when it was removed under us."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise StorageError(
            "read", "the working folder", "it no longer exists", help="Change to a folder that does."
        ) from None


def open_here(*, sound: bool = False) -> Library:
    """Read the project of the working folder. With `sound`, any broken file is an `InvalidFileError`."""
    library = open_library(here())
    if sound:
        library.require_sound()
    return library


def project_files(library: Library) -> list[PersonaFile]:
    """Return the persona files of the project itself."""
    return list_home(library.project.root)


def file_of(library: Library, slug: str) -> PersonaFile:
    """Return the project's own file of `slug`, broken or not.

    Raises `UnknownNameError` for a slug nobody has, `UsageError` for one that only the user or the package has.
    """
    for file in project_files(library):
        if file.slug == slug:
            return file
    persona = library.registry.snapshot()[slug]
    place = persona.source.layer if persona.source else "Python"
    raise UsageError(
        f"{slug} is a {place} persona, not one of this project",
        help=f"Copy it first: personae new {slug} --from {slug}.",
    )


def complete_slug(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the slugs known here; silent about anything broken, as a shell wants."""
    try:
        personas = open_library(here()).registry.snapshot().values()
    except PersonaeError:
        return []
    return [_item(persona) for persona in personas if persona.name.startswith(incomplete)]


def slug_argument(name: str = "slug") -> Callable[[_Decorated], _Decorated]:
    """Return an argument that takes a persona's slug and completes it."""
    return click.argument(name, shell_complete=complete_slug)


def _item(persona: Persona) -> CompletionItem:
    return CompletionItem(persona.name, help=describe(persona)[:80])
