"""Qwen Code, sub-agents: `.qwen/agents/*.md`."""

from __future__ import annotations

from datetime import date

from personae.persona.dialects.table import HostTable, Key, Tools, frozen, names

__all__ = ["QWEN"]

_NOT_YET = "Qwen Code 0.24 knows this key of Claude Code's and does not act on it yet"

QWEN = HostTable(
    id="qwen",
    title="Qwen Code",
    version="0.24.4",
    verified=date(2026, 10, 17),
    evidence="documented",
    source="qwen-code 0.24.4, features/sub-agents.md",
    folders=(".qwen/agents",),
    user_folders=("~/.qwen/agents",),
    nested=False,
    keys=(
        Key(name="name", kind="text", required=True, blank=False),
        Key(name="description", kind="text", required=True, blank=False),
        Key(name="model", kind="text", breaks=False),
        Key(
            name="approvalMode",
            kind="word",
            values=("default", "plan", "auto-edit", "yolo", "bubble"),
            breaks=False,
        ),
        Key(name="tools", kind="names", breaks=False),
        Key(name="disallowedTools", kind="names", breaks=False),
        Key(name="executor", kind="map", breaks=False),
        Key(name="background", kind="true-false", breaks=False),
        Key(name="runConfig", kind="map", breaks=False),
        Key(name="permissionMode", kind="text", breaks=False),
        Key(name="maxTurns", kind="integer", least=1, breaks=False),
        Key(name="color", kind="any", breaks=False, cosmetic=True),
        Key(name="mcpServers", kind="map", breaks=False),
        Key(name="hooks", kind="any", breaks=False),
        Key(name="effort", kind="any", breaks=False),
        Key(name="skills", kind="any", breaks=False),
        Key(name="initialPrompt", kind="any", breaks=False),
        Key(name="memory", kind="any", breaks=False),
        Key(name="isolation", kind="any", breaks=False, inert=_NOT_YET),
    ),
    fault="skipped",
    fault_says="Qwen Code does not offer this agent",
    tools=Tools(
        known=names(
            """read_file read_many_files write_file edit run_shell_command grep_search glob list_directory web_fetch
            web_search todo_write task skill ask_user_question exit_plan_mode save_memory tool_search tool_call
            lsp"""
        ),
        pattern=r"mcp__.+|\*",
        by_capability=frozen(
            read=("read_file",),
            find=("glob", "list_directory"),
            search=("grep_search",),
            edit=("edit", "write_file"),
            shell=("run_shell_command",),
            fetch=("web_fetch",),
            web=("web_search",),
            todo=("todo_write",),
        ),
        by_word=frozen(list=("list_directory",), glob=("glob",), edit=("edit",), write=("write_file",)),
        server="mcp__{}",
    ),
    denied_key="disallowedTools",
    models={"small": "fast", "inherit": "inherit"},
    turns_key="maxTurns",
    reserved=names("general-purpose explore"),
    unset={"tools": "all", "approvalMode": "auto-edit in a trusted folder", "model": "inherit"},
)
