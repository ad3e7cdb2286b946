"""`personae list`: every persona known here."""

from __future__ import annotations

import click

from personae.cli import out
from personae.cli.here import open_here
from personae.library.catalogue import describe
from personae.library.registry import place
from personae.persona.model import Persona

__all__ = ["command"]


@click.command("list")
@click.option("--for-planner", is_flag=True, help="Print what a planner is shown, and what it costs.")
@out.json_option
def command(for_planner: bool, as_json: bool) -> None:
    """List the personas known here: the project's, yours, and the built-in ones."""
    library = open_here()
    if for_planner:
        catalogue = library.registry.describe_for_planner()
        if as_json:
            out.as_json(catalogue)
        else:
            out.data(catalogue.text)
            out.note(f"{len(catalogue.shown)} personas, about {catalogue.tokens} tokens")
        return
    personas = list(library.registry.snapshot().values())
    if as_json:
        out.as_json([_entry(persona) for persona in personas])
    else:
        rows = [[persona.emoji, persona.name, persona.type, _layer(persona), describe(persona)] for persona in personas]
        out.data(out.table(rows, header=["", "NAME", "TYPE", "FROM", "DESCRIPTION"]))
    if library.errors:
        out.diagnostics(library.errors)
        out.warn(f"{len(library.errors)} problems keep personas out of this list: personae check")


def _layer(persona: Persona) -> str:
    return persona.source.layer if persona.source else "python"


def _entry(persona: Persona) -> dict[str, object]:
    return {
        "name": persona.name,
        "display_name": persona.display_name,
        "role": persona.role,
        "type": persona.type,
        "description": describe(persona),
        "layer": _layer(persona),
        "file": place(persona),
        "modes": persona.modes,
        "tools": persona.tools,
        "emoji": persona.emoji,
    }
