"""Gemini CLI, agents: `.gemini/agents/*.md`. Strict: an unknown key costs the whole file."""

from __future__ import annotations

from datetime import date

from personae.persona.dialects.table import HostTable, Key, Tools, frozen, names

__all__ = ["GEMINI", "REMOTE_KEYS"]

REMOTE_KEYS = ("agent_card_url", "agent_card_json", "auth")
"""An agent with one of the first two is a remote one, and has no other keys than these, kind and its names."""

GEMINI = HostTable(
    id="gemini",
    title="Gemini CLI",
    version="0.61.0",
    verified=date(2026, 11, 20),
    evidence="measured",
    source="gemini-cli-core agentLoader over 1,200 files; geminicli.com/docs/core/subagents",
    flavor="js-yaml-4",
    folders=(".gemini/agents",),
    user_folders=("~/.gemini/agents",),
    nested=False,
    skips_prefix="_",
    keys=(
        Key(name="kind", kind="word", values=("local", "remote")),
        Key(
            name="name",
            kind="text",
            required=True,
            pattern=r"[a-z0-9_-]+",
            pattern_says="lower-case letters, digits, - and _",
        ),
        Key(
            name="description",
            kind="text",
            required=True,
            pattern=r"(?s:.+)",
            pattern_says="at least one character",
        ),
        Key(name="display_name", kind="text"),
        Key(name="tools", kind="text-list"),
        Key(name="mcp_servers", kind="map"),
        Key(name="model", kind="text"),
        Key(name="temperature", kind="number"),
        Key(name="max_turns", kind="integer", least=1),
        Key(name="timeout_mins", kind="integer", least=1),
        Key(name="agent_card_url", kind="text"),
        Key(name="agent_card_json", kind="text"),
        Key(name="auth", kind="map"),
    ),
    unknown="breaks",
    null_is_unset=False,
    fault="rejected",
    fault_says="Gemini CLI refuses this file and says so at its start",
    tools=Tools(
        known=names(
            """glob write_todos write_file google_web_search web_fetch replace run_shell_command grep_search
            read_many_files read_file list_directory activate_skill ask_user tracker_create_task tracker_update_task
            tracker_get_task tracker_list_tasks tracker_add_dependency tracker_visualize get_internal_docs
            enter_plan_mode exit_plan_mode update_topic complete_task invoke_agent read_mcp_resource
            list_mcp_resources search_file_content *"""
        ),
        pattern=r"discovered_tool_.*|mcp_\*|mcp_[A-Za-z0-9.:-]+_(?:\*|(?!_*$)[A-Za-z0-9_.:-]+)",
        closed=True,
        by_capability=frozen(
            read=("read_file", "read_many_files"),
            find=("glob", "list_directory"),
            search=("grep_search",),
            edit=("replace", "write_file"),
            shell=("run_shell_command",),
            fetch=("web_fetch",),
            web=("google_web_search",),
            todo=("write_todos",),
        ),
        by_word=frozen(list=("list_directory",), glob=("glob",), edit=("replace",), write=("write_file",)),
        server="mcp_{}_*",
        empty="none",
    ),
    models={"inherit": "inherit"},
    providers={"google": "{model}"},
    turns_key="max_turns",
    reserved=names("codebase_investigator cli_help generalist confucius"),
    unset={"tools": "all", "max_turns": "30", "timeout_mins": "10", "model": "inherit"},
)
