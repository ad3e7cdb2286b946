"""`personae new`: a persona file to start from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from personae.cli import out
from personae.cli.here import complete_slug, open_here, project_files
from personae.errors import UsageError
from personae.persona import slug as slugs
from personae.persona.model import Home, Persona, PersonaType
from personae.persona.render import render
from personae.persona.store import write_bytes

__all__ = ["command", "path_of"]

_STANCE = """\
You are the {name}.

## What you own

- Name the folders, files or questions that are yours.

## What you never do

- Name what is out of bounds, and who to hand it to.

## How you answer

- Say the form: headings, length, what comes first.
"""


@click.command("new")
@click.argument("slug")
@click.option("--name", help="Display name; derived from SLUG if absent.")
@click.option("--role", help="One-line subtitle.")
@click.option("--lead", is_flag=True, help="Make it a lead, who may dispatch; a specialist otherwise.")
@click.option(
    "--home",
    type=click.Choice([home.value for home in Home]),
    default="agents",
    show_default=True,
    help="Where it lives.",
)
@click.option("--from", "origin", shell_complete=complete_slug, help="Copy this persona instead of a template.")
def command(slug: str, name: str | None, role: str | None, lead: bool, home: str, origin: str | None) -> None:
    """Write a new persona SLUG into this project: .agents/SLUG/persona.md, or personas/SLUG.md with --home personas."""
    problem = slugs.problem(slug)
    if problem:
        raise UsageError(f"{slug!r} is not a slug: {problem}", help=f"Call it {slugs.suggest(slug)!r}.")
    library = open_here()
    for file in project_files(library):
        if file.slug == slug:
            raise UsageError(
                f"{slug} is here already: {file.path.as_posix()}", help=f"Change it: personae edit {slug}."
            )
    title = name or slug.replace("-", " ").replace("_", " ").title()
    kind: PersonaType = "lead" if lead else "specialist"
    if origin is None:
        persona = Persona(
            name=slug, display_name=title, role=role or title, type=kind, system_prompt=_STANCE.format(name=title)
        )
    else:
        copied = library.registry.snapshot()[origin]
        persona = replace(
            copied,
            name=slug,
            display_name=name or copied.display_name or title,
            role=role or copied.role or title,
            source=None,
        )
    path = path_of(library.project.root, slug, Home(home))
    write_bytes(path, render(persona, home=Home(home)).encode())
    out.data(path.relative_to(library.project.root).as_posix())
    out.note(f"Next: personae edit {slug}, personae check, personae show {slug}.")


def path_of(root: Path, slug: str, home: Home) -> Path:
    """Return where a persona lives in the project at `root`."""
    return root / ".agents" / slug / "persona.md" if home is Home.AGENTS else root / "personas" / f"{slug}.md"
