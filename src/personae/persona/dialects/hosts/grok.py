"""Grok Build, agents: `.grok/agents/*.md`."""

from __future__ import annotations

from datetime import date

from personae.persona.dialects.table import HostTable, Key, Tools, frozen, names

__all__ = ["GROK"]

GROK = HostTable(
    id="grok",
    title="Grok Build",
    version="1.0.41",
    verified=date(2026, 11, 20),
    evidence="measured",
    source="grok inspect --json over 1,200 files; docs.x.ai/build/features/subagents",
    flavor="serde",
    folders=(".grok/agents",),
    user_folders=("~/.grok/agents",),
    nested=False,
    keys=(
        Key(name="name", kind="text", required=True, null=True),
        Key(name="description", kind="text", required=True, null=True),
        Key(name="promptMode", kind="word", values=("extend", "full"), null=False),
        Key(
            name="capabilityMode",
            kind="word",
            values=("read-only", "read-write", "execute", "all"),
            folded=True,
        ),
        Key(
            name="permissionMode",
            kind="word",
            values=("default", "acceptEdits", "auto", "dontAsk", "bypassPermissions", "plan"),
            null=False,
        ),
        Key(name="skills", kind="text-list"),
        Key(name="discoverSkills", kind="true-false", null=False),
        Key(name="inheritSkills", kind="true-false", null=False),
        Key(name="agentsMd", kind="true-false", null=False),
        Key(name="injectDefaultTools", kind="true-false", null=False),
        Key(name="tools", kind="names"),
        Key(name="disallowedTools", kind="names"),
        Key(name="effort", kind="word", values=("low", "medium", "high", "xhigh", "max")),
        Key(name="maxTurns", kind="integer", least=1),
        Key(name="isolation", kind="word", values=("none", "worktree")),
        Key(name="background", kind="true-false"),
        Key(name="color", kind="any"),
        Key(name="initialPrompt", kind="text"),
        Key(name="mcpServers", kind="list"),
        Key(name="mcpInheritance", kind="any", null=False),
        Key(name="hooks", kind="map"),
        Key(name="memory", kind="word", values=("user", "project", "local")),
        Key(name="model", kind="text"),
        Key(name="completionRequirement", kind="map"),
        Key(name="toolOverrides", kind="map"),
        Key(name="userMessageTemplate", kind="text", null=False),
    ),
    fault="skipped",
    fault_says="Grok skips this file silently",
    tools=Tools(
        known=names(
            """Read Write Edit Glob Grep Bash WebFetch WebSearch Agent Task TodoWrite run_terminal_command read_file
            search_replace list_dir grep todo_write spawn web_search web_fetch scheduler_create"""
        ),
        pattern=r"mcp__.+|\*",
        by_capability=frozen(
            read=("Read",),
            find=("Glob",),
            search=("Grep",),
            edit=("Edit", "Write"),
            shell=("Bash",),
            fetch=("WebFetch",),
            web=("WebSearch",),
            delegate=("Agent",),
            todo=("TodoWrite",),
        ),
        by_word=frozen(edit=("Edit",), write=("Write",)),
        server="mcp__{}",
    ),
    denied_key="disallowedTools",
    effort_key="effort",
    efforts=("low", "medium", "high", "xhigh", "max"),
    models={"inherit": "inherit"},
    providers={"xai": "{model}"},
    turns_key="maxTurns",
    reserved=names("general-purpose explore plan"),
    unset={"tools": "all (an empty list too)", "promptMode": "extend: added to Grok's own prompt", "model": "inherit"},
)
