"""`personae edit`: change a persona by hand in an editor, or one field at a time."""

from __future__ import annotations

import click

from personae.cli import out
from personae.cli.failures import FAILED
from personae.cli.here import file_of, open_here, slug_argument
from personae.errors import InvalidFileError, UsageError
from personae.library.store import PersonaFile, read_persona
from personae.persona.edit import remove_field, set_field
from personae.persona.parse import parse
from personae.persona.store import read_bytes, write_bytes

__all__ = ["command"]


@click.command("edit")
@slug_argument()
@click.option(
    "--set", "assignments", multiple=True, metavar="FIELD=VALUE", help="Set one field, such as effort=high; repeatable."
)
@click.option("--unset", "removals", multiple=True, metavar="FIELD", help="Remove one field; repeatable.")
def command(slug: str, assignments: tuple[str, ...], removals: tuple[str, ...]) -> None:
    """Change persona SLUG of this project.

    Without options the file opens in $VISUAL or $EDITOR and is checked afterwards.
    With --set and --unset only the lines of those fields change; comments, order and formatting stay.
    A change that would break the file is refused.
    """
    library = open_here()
    file = file_of(library, slug)
    name = file.path.relative_to(library.project.root).as_posix()
    if not assignments and not removals:
        click.edit(filename=str(file.path))
        found = read_persona(file, root=library.project.root).diagnostics
        out.diagnostics(found)
        if any(item.severity == "error" for item in found):
            raise click.exceptions.Exit(FAILED)
        return
    data = read_bytes(file.path)
    changed = data
    for assignment in assignments:
        field, sign, value = assignment.partition("=")
        if not sign:
            raise UsageError(f"--set takes FIELD=VALUE, found {assignment!r}", help="For example --set effort=high.")
        changed = set_field(changed, field.strip(), value.strip(), file=name)
    for field in removals:
        changed = remove_field(changed, field.strip(), file=name)
    _refuse_broken(file, changed, name)
    if changed == data:
        out.note(f"{name} is unchanged")
        return
    write_bytes(file.path, changed)
    out.note(f"changed {name}")


def _refuse_broken(file: PersonaFile, data: bytes, name: str) -> None:
    parsed = parse(data, file=name, home=file.home, slug=file.slug)
    errors = [item for item in parsed.diagnostics if item.severity == "error"]
    if errors:
        raise InvalidFileError(errors, help="Nothing was written.")
