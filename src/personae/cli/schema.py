"""`personae schema`: the JSON Schemas, for editors."""

from __future__ import annotations

import click

from personae.cli import out
from personae.library.project import project_schema
from personae.persona.schema import persona_schema
from personae.workflow.planfile import plan_schema

__all__ = ["command"]


@click.command("schema")
@click.option("--project", "which", flag_value="project", help="The schema of personae.toml.")
@click.option("--plan", "which", flag_value="plan", help="The schema of a plan file.")
def command(which: str | None) -> None:
    """Print the JSON Schema of a persona's frontmatter (or of another file) for your editor."""
    schemas = {"project": project_schema, "plan": plan_schema}
    out.as_json(schemas.get(which or "", persona_schema)())
