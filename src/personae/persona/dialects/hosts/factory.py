"""Factory, droids: `.factory/droids/*.md`."""

from __future__ import annotations

from datetime import date

from personae.persona.dialects.table import HostTable, Key, Tools, frozen, names

__all__ = ["FACTORY"]

FACTORY = HostTable(
    id="factory",
    title="Factory",
    version="droid 0.215.0",
    verified=date(2026, 10, 17),
    evidence="documented",
    source="docs.factory.ai/cli/configuration/custom-droids",
    folders=(".factory/droids",),
    user_folders=("~/.factory/droids",),
    nested=False,
    keys=(
        Key(name="name", kind="text", required=True, blank=False),
        Key(name="description", kind="text", breaks=False),
        Key(name="model", kind="text", breaks=False),
        Key(name="reasoningEffort", kind="text", breaks=False),
        Key(name="tools", kind="names", breaks=False),
        Key(name="mcpServers", kind="any", breaks=False),
    ),
    fault="skipped",
    fault_says="Factory does not offer this droid",
    tools=Tools(
        known=names(
            """Read LS Grep Glob Edit MultiEdit Create ApplyPatch Execute FetchUrl WebSearch TodoWrite read-only edit
            execute web mcp"""
        ),
        by_capability=frozen(
            read=("Read",),
            find=("LS", "Glob"),
            search=("Grep",),
            edit=("Edit", "Create"),
            shell=("Execute",),
            fetch=("FetchUrl",),
            web=("WebSearch",),
            todo=("TodoWrite",),
        ),
        by_word=frozen(list=("LS",), glob=("Glob",), edit=("Edit",), write=("Create",)),
    ),
    effort_key="reasoningEffort",
    efforts=("low", "medium", "high"),
    models={"inherit": "inherit"},
    providers={"anthropic": "{model}", "openai": "{model}", "google": "{model}"},
    unset={"tools": "all", "model": "inherit"},
)
