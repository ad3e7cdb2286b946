"""Kiro, custom agents: `.kiro/agents/**/*.md`. Its tools are lower-case tags."""

from __future__ import annotations

from datetime import date

from personae.persona.dialects.table import HostTable, Key, Tools, frozen, names

__all__ = ["KIRO"]

KIRO = HostTable(
    id="kiro",
    title="Kiro",
    version="IDE 1.0, CLI V3",
    verified=date(2026, 10, 17),
    evidence="documented",
    source="kiro.dev/docs/custom-agents/configuration-reference",
    folders=(".kiro/agents",),
    user_folders=("~/.kiro/agents",),
    keys=(
        Key(name="name", kind="text", breaks=False),
        Key(name="description", kind="text", breaks=False),
        Key(name="prompt", kind="text", breaks=False),
        Key(name="model", kind="text", breaks=False),
        Key(name="mcpServers", kind="map", breaks=False),
        Key(name="tools", kind="text-list", breaks=False),
        Key(name="excludedTools", kind="text-list", breaks=False),
        Key(name="permissions", kind="list", breaks=False),
        Key(name="includeMcpJson", kind="true-false", breaks=False),
        Key(name="includePowers", kind="any", breaks=False),
        Key(name="useLegacyMcpJson", kind="true-false", breaks=False),
        Key(name="welcomeMessage", kind="text", breaks=False),
        Key(name="resources", kind="list", breaks=False),
        Key(name="hooks", kind="any", breaks=False),
        Key(name="toolAliases", kind="map", breaks=False),
        Key(name="allowedTools", kind="text-list", breaks=False),
        Key(name="toolsSettings", kind="map", breaks=False),
        Key(name="keyboardShortcut", kind="text", breaks=False),
    ),
    fault="skipped",
    fault_says="Kiro does not offer this agent",
    name_from="path",
    tools=Tools(
        known=names("read write shell web subagent knowledge context todo_list *"),
        pattern=r"@.+|[a-z][a-z0-9_/*-]*",
        by_capability=frozen(
            read=("read",),
            find=("read",),
            search=("read",),
            edit=("write",),
            shell=("shell",),
            fetch=("web",),
            web=("web",),
            delegate=("subagent",),
            todo=("todo_list",),
        ),
        server="@{}",
    ),
    denied_key="excludedTools",
    models={"inherit": ""},
    providers={"anthropic": "{model}"},
    unset={"tools": "the session's", "permissions": "the session's", "model": "the session's"},
)
