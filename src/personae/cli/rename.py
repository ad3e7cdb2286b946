"""`personae rename`: give a persona another slug."""

from __future__ import annotations

import re
from pathlib import Path

import click

from personae.cli import out
from personae.cli.here import file_of, open_here, project_files, slug_argument
from personae.cli.new import path_of
from personae.errors import StorageError, UsageError
from personae.library.library import Library
from personae.library.project import FILE_NAME
from personae.persona import slug as slugs
from personae.persona.edit import set_field
from personae.persona.model import Home
from personae.persona.store import read_bytes, write_bytes

__all__ = ["command"]


@click.command("rename")
@slug_argument("old")
@click.argument("new")
def command(old: str, new: str) -> None:
    """Rename persona OLD of this project to NEW; places that still name OLD are listed."""
    library = open_here()
    root = library.project.root
    file = file_of(library, old)
    problem = slugs.problem(new)
    if problem:
        raise UsageError(f"{new!r} is not a slug: {problem}", help=f"Call it {slugs.suggest(new)!r}.")
    if any(other.slug == new for other in project_files(library)):
        raise UsageError(f"{new} is here already", help="Choose another slug, or remove that one: personae rm.")
    target = path_of(root, new, file.home)
    if file.home is Home.AGENTS:
        _move(file.path.parent, target.parent)
    else:
        # The new file is whole before the old one goes, so an interruption leaves two files and never none.
        write_bytes(target, set_field(read_bytes(file.path), "name", new, file=file.path.name))
        file.path.unlink()
    out.data(target.relative_to(root).as_posix())
    mentions = _mentions(library, old)
    if mentions:
        out.warn(f"{old} is still named in: {', '.join(mentions)}")


def _move(source: Path, target: Path) -> None:
    if target.exists():
        raise UsageError(f"{target.as_posix()} is there already", help="Choose another slug.")
    try:
        source.rename(target)
    except OSError as error:
        raise StorageError("rename", source.as_posix(), (error.strerror or str(error)).lower()) from error


def _mentions(library: Library, slug: str) -> list[str]:
    root = library.project.root
    word = re.compile(rf"(?<![\w-]){re.escape(slug)}(?![\w-])".encode())
    paths = [root / FILE_NAME, *(file.path for file in project_files(library))]
    return [path.relative_to(root).as_posix() for path in paths if path.is_file() and word.search(read_bytes(path))]
