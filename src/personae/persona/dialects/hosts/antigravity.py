"""Google Antigravity, agents: `.agents/agents`."""

from __future__ import annotations

from datetime import date

from personae.persona.dialects.table import HostTable, Key, Tools, frozen, names

__all__ = ["ANTIGRAVITY"]

ANTIGRAVITY = HostTable(
    id="antigravity",
    title="Antigravity",
    version="agy 1.1.6",
    verified=date(2026, 10, 17),
    evidence="third-party",
    source="antigravity.google/docs/subagents; google-antigravity SDK 0.1.22",
    folders=(".agents/agents",),
    user_folders=("~/.gemini/config/agents",),
    keys=(
        Key(name="name", kind="text", required=True, blank=False),
        Key(name="description", kind="text", required=True, blank=False),
        Key(name="tools", kind="text-list"),
        Key(name="mainAgent", kind="true-false", breaks=False),
        Key(name="subagent", kind="true-false", breaks=False),
        Key(name="model", kind="word", values=("inherit", "flash", "pro")),
        Key(
            name="commandExecutionPolicy",
            kind="word",
            values=("off", "auto", "eager", "sandbox"),
            breaks=False,
        ),
        Key(name="mcpServers", kind="servers", breaks=False),
        Key(name="skills", kind="any", breaks=False),
        Key(name="hidden", kind="true-false", breaks=False),
        Key(name="inheritMcp", kind="true-false", breaks=False),
    ),
    fault="skipped",
    fault_says="Antigravity drops this agent silently",
    tools=Tools(
        known=names(
            """view_file write_to_file replace_file_content multi_replace_file_content list_dir find_by_name grep_search
            search_web read_url_content run_command manage_task schedule invoke_subagent define_subagent send_message
            manage_subagents ask_question generate_image"""
        ),
        pattern=r"mcp_.+|\*",
        by_capability=frozen(
            read=("view_file",),
            find=("list_dir", "find_by_name"),
            search=("grep_search",),
            edit=("replace_file_content", "write_to_file"),
            shell=("run_command",),
            fetch=("read_url_content",),
            web=("search_web",),
            delegate=("invoke_subagent",),
            todo=("manage_task",),
        ),
        by_word=frozen(
            list=("list_dir",), glob=("find_by_name",), edit=("replace_file_content",), write=("write_to_file",)
        ),
        empty="none",
    ),
    read_by=("goose",),
    models={"small": "flash", "medium": "pro", "large": "pro", "inherit": "inherit"},
    unset={"tools": "none", "commandExecutionPolicy": "sandbox", "model": "inherit"},
)
