"""`personae rm`: remove a persona file of this project."""

from __future__ import annotations

import contextlib
import sys

import click

from personae.cli import out
from personae.cli.here import file_of, open_here, slug_argument
from personae.errors import StorageError, UsageError
from personae.persona.model import Home

__all__ = ["command"]


@click.command("rm")
@slug_argument()
@click.option("--yes", is_flag=True, help="Do not ask.")
def command(slug: str, yes: bool) -> None:
    """Remove persona SLUG of this project. Its memory and other files beside it stay."""
    library = open_here()
    file = file_of(library, slug)
    name = file.path.relative_to(library.project.root).as_posix()
    if not yes:
        if not sys.stdin.isatty():
            raise UsageError(f"removing {name} needs a yes", help=f"personae rm {slug} --yes")
        click.confirm(f"Remove {name}?", abort=True, err=True)
    try:
        file.path.unlink()
    except OSError as error:
        raise StorageError("remove", name, (error.strerror or str(error)).lower()) from error
    out.note(f"removed {name}")
    if file.home is Home.AGENTS:
        # A folder with a memory in it is not ours to throw away; an empty one is.
        with contextlib.suppress(OSError):
            file.path.parent.rmdir()
        if file.path.parent.exists():
            out.note(f"kept what else is in {file.path.parent.relative_to(library.project.root).as_posix()}/")
