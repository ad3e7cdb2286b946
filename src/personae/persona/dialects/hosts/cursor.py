"""Cursor, sub-agents: `.cursor/agents/*.md`. Only `readonly` limits anything there."""

from __future__ import annotations

from datetime import date

from personae.persona.dialects.table import HostTable, Key

__all__ = ["CURSOR"]

CURSOR = HostTable(
    id="cursor",
    title="Cursor",
    version="docs of 2026-10",
    verified=date(2026, 10, 17),
    evidence="documented",
    source="cursor.com/docs/subagents",
    folders=(".cursor/agents",),
    user_folders=("~/.cursor/agents",),
    nested=False,
    keys=(
        Key(name="name", kind="text", breaks=False),
        Key(name="description", kind="text", breaks=False),
        Key(name="model", kind="text", breaks=False),
        Key(name="readonly", kind="true-false", breaks=False),
        Key(name="is_background", kind="true-false", breaks=False),
    ),
    fault="skipped",
    fault_says="Cursor does not offer this agent",
    name_from="name",
    models={"small": "fast", "inherit": "inherit"},
    providers={"anthropic": "{model}", "openai": "{model}", "google": "{model}", "xai": "{model}"},
    unset={"readonly": "false: it may write", "model": "inherit"},
)
