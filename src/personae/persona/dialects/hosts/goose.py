"""Goose, agents: `.goose/agents/*.md`, and `.agents/agents`. It takes no limits."""

from __future__ import annotations

from datetime import date

from personae.persona.dialects.table import HostTable, Key

__all__ = ["GOOSE"]

GOOSE = HostTable(
    id="goose",
    title="Goose",
    version="1.34",
    verified=date(2026, 10, 17),
    evidence="documented",
    source="Goose documentation, sub-agents of 1.34",
    folders=(".goose/agents", ".agents/agents"),
    user_folders=("~/.config/goose/agents",),
    nested=False,
    keys=(
        Key(name="name", kind="text", required=True, blank=False),
        Key(name="description", kind="text", breaks=False),
        Key(name="model", kind="text", breaks=False),
    ),
    fault="skipped",
    fault_says="Goose does not offer this agent",
    providers={"anthropic": "{model}", "openai": "{model}", "google": "{model}"},
    unset={"tools": "all of the session's", "model": "the session's"},
)
