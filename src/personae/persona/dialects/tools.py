"""Names of tools against the host's own: those that grant or forbid nothing there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from personae.persona.dialects.report import Report
from personae.persona.dialects.table import HostTable, Key
from personae.persona.dialects.values import Value, names_in

__all__ = ["check_tools"]

# What other hosts call their tools, by folded name. A name that nobody here knows may be a plugin's: no finding.
_ELSEWHERE: Mapping[str, str] = MappingProxyType(
    {
        name: capability
        for capability, names in {
            "read": "read read_file view_file notebookread read_many_files readfile cat codebase",
            "find": "glob list_directory list_dir find_by_name ls list listdir",
            "search": "grep grep_search search_files search codesearch usages",
            "edit": """edit write multiedit write_file write_to_file replace replace_file_content search_replace
            apply_patch create_file editfiles edit_file patch""",
            "shell": """bash run_shell_command run_command run_terminal_command shell execute runcommands terminal
            execute_command runinterminal""",
            "fetch": "webfetch web_fetch read_url_content fetchurl fetch",
            "web": "websearch web_search google_web_search search_web",
            "delegate": "agent task subagent invoke_subagent runsubagent spawn",
            "todo": "todowrite write_todos todo_write todo todos todo_list manage_task",
        }.items()
        for name in names.split()
    }
)


@lru_cache(maxsize=32)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text)


@lru_cache(maxsize=4096)
def _verdict(name: str, table_id: str, known: frozenset[str], pattern: str) -> tuple[str, str] | None:
    """Return the name that is meant (or nothing) and why, for a name the host does not know; None when it does."""
    bare = name.partition("(")[0].strip()
    if not bare or bare in known or (pattern and _pattern(pattern).fullmatch(bare)):
        return None
    folded = {item.lower(): item for item in known}
    if bare.lower() in folded:
        return folded[bare.lower()], "case"
    return "", _ELSEWHERE.get(bare.lower(), "")


def check_tools(key: Key, value: Value, table: HostTable, report: Report) -> None:
    """Report the names under `key` that are no tools of the host."""
    tools = table.tools
    if not tools.known or value.sort == "map":
        return
    names = names_in(value)
    unknown = 0
    for index, (name, item) in enumerate(names):
        path = f"{key.name}[{index}]" if value.sort == "list" else key.name
        if name.startswith(("Bash(", "Read(", "Edit(", "Write(", "WebFetch(")) and key.name == table.denied_key:
            _specifier(name, item, path, report)
        found = _verdict(name, table.id, tools.known, tools.pattern)
        if found is None:
            continue
        if tools.closed:
            message = f"{table.title} has no tool {name[:60]!r}"
            help = _help(found, table)
            report.breaks("unknown-tool", message, at=item.at, path=path, help=help)
        elif found[1]:
            unknown += 1
            _nothing(name, item, path, found, key, table, report)
    if unknown and unknown == len(names) and table.id == "claude" and key.name == "tools":
        message = "no name here is a tool of Claude Code, which refuses to launch an agent without tools"
        report.add("no-tool-left", message, at=value.at, path=key.name)


def _nothing(
    name: str, item: Value, path: str, found: tuple[str, str], key: Key, table: HostTable, report: Report
) -> None:
    does = "forbids" if key.name == table.denied_key else "grants"
    message = f"{table.title} has no tool {name[:60]!r}: the name {does} nothing"
    report.add(
        "unknown-tool",
        message,
        severity="warning",
        at=item.at,
        path=path,
        found=name[:60],
        help=_help(found, table),
    )


def _help(found: tuple[str, str], table: HostTable) -> str:
    meant, why = found
    if meant:
        return f"Write {meant}."
    names = table.tools.by_capability.get(why, ())
    return f"The tool for that is {' or '.join(names)} there." if names else ""


def _specifier(name: str, item: Value, path: str, report: Report) -> None:
    tool = name.partition("(")[0]
    report.add(
        "whole-tool-denied",
        f"{name[:60]} forbids all of {tool}: {report.table.title} drops what is in brackets",
        severity="warning",
        at=item.at,
        path=path,
        found=name[:60],
        help=f"Write {tool} if that is meant; to forbid some commands only, use a permission rule of the settings.",
    )
