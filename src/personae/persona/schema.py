"""The JSON Schema of a persona file's frontmatter, for editors. Made from the table that parsing uses."""

from __future__ import annotations

from personae.persona.fields import PERSONA
from personae.persona.shapes import Json

__all__ = ["persona_schema"]


def persona_schema() -> dict[str, Json]:
    """Return the schema (draft 2020-12). It checks shape; `personae check` checks meaning too."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "personae persona file, frontmatter",
        **PERSONA.schema(),
    }
