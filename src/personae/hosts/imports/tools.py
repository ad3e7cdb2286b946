"""A host's tools in our words. What has no counterpart of at most the same reach stays out, with the reason."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from personae.library.substrate import BUILT_IN_TOOLS
from personae.persona import slug as slugs
from personae.persona.dialects import HOSTS
from personae.persona.dialects.table import HostTable

__all__ = ["READ_ONLY", "Counterpart", "counterpart", "everything_at", "in_order"]

_Ours = tuple[str, ...]

_ORDER = ("list", "read", "glob", "grep", "write", "edit", "shell", "fetch", "agent")
"""What an unset allow-list stands for where it must be written out. Not `delegate`: no host has it."""
READ_ONLY = frozenset(["list", "read", "glob", "grep", "fetch"])

_BY_CAPABILITY: Mapping[str, _Ours] = MappingProxyType(
    {
        "read": ("read",),
        "find": ("list", "glob"),
        "search": ("grep",),
        "edit": ("write", "edit"),
        "shell": ("shell",),
        "fetch": ("fetch",),
        "web": (),
        "delegate": ("agent",),
        "todo": (),
    }
)
_NONE_OF_OURS: Mapping[str, str] = MappingProxyType(
    {"web": "there is no web search here", "todo": "there is no list of to-dos here"}
)

# One capability, several tools at the host: each name gets only its own part.
_FINER: Mapping[str, _Ours] = MappingProxyType(
    {
        name: ours
        for names, ours in (
            ("glob find_by_name", ("glob",)),
            ("ls list list_dir list_directory", ("list",)),
            ("read read_file view_file read_many_files notebookread", ("read",)),
            ("grep grep_search search_file_content", ("grep",)),
            (
                """edit multiedit notebookedit replace replace_file_content multi_replace_file_content search_replace
                applypatch apply_patch patch""",
                ("edit",),
            ),
            ("write write_file write_to_file create create_file", ("write",)),
            ("bash powershell run_shell_command run_command run_terminal_command execute", ("shell",)),
            ("webfetch web_fetch read_url_content fetchurl", ("fetch",)),
            ("agent task invoke_subagent spawn subagent", ("agent",)),
        )
        for name in names.split()
    }
)

_READS = ("list", "read", "glob", "grep")
# Words that cover more than the tool of that name elsewhere; and VS Code's own names, of which only those are here
# that reach as far as ours do.
_COARSE: Mapping[str, Mapping[str, _Ours]] = MappingProxyType(
    {
        "opencode": {"edit": ("write", "edit")},
        "kiro": {"read": _READS, "write": ("write", "edit")},
        "factory": {"read-only": _READS, "edit": ("write", "edit"), "execute": ("shell",), "web": ("fetch",)},
        "copilot": {
            "read": ("read",),
            "view": ("read",),
            "read/readfile": ("read",),
            "readfile": ("read",),
            "search": ("glob", "grep"),
            "glob": ("glob",),
            "grep": ("grep",),
            "codebase": ("grep",),
            "search/codebase": ("grep",),
            "search/textsearch": ("grep",),
            "textsearch": ("grep",),
            "search/filesearch": ("glob",),
            "filesearch": ("glob",),
            "search/listdirectory": ("list",),
            "listdirectory": ("list",),
            "edit": ("write", "edit"),
            "edit/editfiles": ("edit",),
            "editfiles": ("edit",),
            "edit/createfile": ("write",),
            "createfile": ("write",),
            "shell": ("shell",),
            "runcommands": ("shell",),
            "execute/runinterminal": ("shell",),
            "runinterminal": ("shell",),
            "runcommands/runinterminal": ("shell",),
            "web": ("fetch",),
            "web/fetch": ("fetch",),
            "fetch": ("fetch",),
            "agent/runsubagent": ("agent",),
            "runsubagent": ("agent",),
            "custom-agent": ("agent",),
        },
    }
)
# SKILL.md names the tools of whoever reads it, mostly Claude Code's; the hosts without names have nothing to look up.
_NAMES_OF: Mapping[str, str] = MappingProxyType({"skill": "claude"})

_SPEC = re.compile(r"(?P<name>[^()]+?)\s*(?:\((?P<inner>.*)\))?", re.DOTALL)
_MCP = (
    re.compile(r"mcp__(?P<server>[A-Za-z][\w-]*?)(?:__(?P<tool>[\w*-]+))?"),
    re.compile(r"@?(?P<server>[A-Za-z][\w.-]*)/(?P<tool>[\w*-]+)"),
    re.compile(r"@(?P<server>[A-Za-z][\w-]*)(?P<tool>)"),
)
_VSCODE_SETS = frozenset(
    ["read", "search", "edit", "execute", "web", "agent", "vscode", "runcommands", "runtasks", "todo", "browser"]
)
_IS_TOOL = re.compile(r"[A-Za-z_][A-Za-z0-9_.*-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterpart:
    """What a host's tool is here."""

    ours: _Ours = ()
    is_all: bool = False
    """It stands for every tool."""
    because: str = ""
    """Why nothing, or less, is left of it."""


def everything_at(host: str) -> _Ours:
    """Return our tools for all that an agent may do at `host` where nothing limits it."""
    table = HOSTS.get(host)
    if table is None or not table.tools.by_capability:
        return _ORDER
    there = {tool for capability in table.tools.by_capability for tool in _BY_CAPABILITY[capability]}
    return tuple(tool for tool in _ORDER if tool in there)


def in_order(tools: frozenset[str]) -> _Ours:
    """Return `tools` in the order in which they are always written."""
    known = [tool for tool in (*_ORDER, "delegate") if tool in tools]
    return (*known, *sorted(tools.difference(known)))


def counterpart(spec: str, host: str) -> Counterpart:
    """Return what the tool that `host` calls `spec` is here."""
    match = _SPEC.fullmatch(spec.strip())
    if match is None:
        return Counterpart(because="it is not the name of a tool")
    name, inner = match["name"], match["inner"]
    if name == "*":
        return Counterpart(is_all=True)
    found = _known(name, host)
    if found.ours == ("agent",) and inner is not None:
        return _spawns(inner)
    if found.ours and inner is not None:
        return Counterpart(because="here a tool is granted as a whole, and what is in brackets would be lost")
    return found


def _spawns(inner: str) -> Counterpart:
    names = [slugs.suggest(part) for part in inner.split(",") if part.strip() and part.strip() != "*"]
    if not names:
        return Counterpart(because="it names nobody")
    return Counterpart(ours=(f"agent({', '.join(dict.fromkeys(names))})",))


def _known(name: str, host: str) -> Counterpart:
    if host not in HOSTS:  # Cabinet, where the documented names are ours
        return (
            Counterpart(ours=(name,)) if name in BUILT_IN_TOOLS else Counterpart(because="there is no such tool here")
        )
    table = HOSTS[_NAMES_OF.get(host, host)]
    names = _names_at(table)
    found = names.get(name) if table.tools.exact_case else names.get(name.lower())
    if found is not None:
        return found
    if (server := _of_server(name, table)) is not None:
        return server
    if table.tools.exact_case and (other := _other_case(name, names)):
        return Counterpart(because=f"{table.title} has no tool of that name, only {other}, so it grants nothing there")
    if name in table.tools.known:
        return Counterpart(because="there is no such tool here")
    return Counterpart(because=f"it is no tool of {table.title} that is known, so nobody can say how far it reaches")


def _other_case(name: str, names: Mapping[str, Counterpart]) -> str:
    return next((known for known in names if known.lower() == name.lower()), "")


@lru_cache(maxsize=32)
def _by_id(host: str) -> Mapping[str, Counterpart]:
    table = HOSTS[host]
    found: dict[str, Counterpart] = {}
    for capability, names in table.tools.by_capability.items():
        for name in names:
            ours = _FINER.get(name.lower(), _BY_CAPABILITY[capability]) if _BY_CAPABILITY[capability] else ()
            before = found[name].ours if name in found else ()
            because = "" if ours or before else _NONE_OF_OURS[capability]
            found[name] = Counterpart(ours=tuple(dict.fromkeys((*before, *ours))), because=because)
    for name in table.tools.known:
        if name not in found and name.lower() in _FINER:
            found[name] = Counterpart(ours=_FINER[name.lower()])
    for name, ours in _COARSE.get(host, {}).items():
        found[name] = Counterpart(ours=ours)
    return MappingProxyType(found)


def _names_at(table: HostTable) -> Mapping[str, Counterpart]:
    return _by_id(table.id)


def _of_server(name: str, table: HostTable) -> Counterpart | None:
    """Return the tool of an MCP server, `server.tool` here; None when `name` is none."""
    for pattern in _MCP:
        match = pattern.fullmatch(name)
        if match is None or match["server"].lower() in _VSCODE_SETS:
            continue
        ours = f"{match['server']}.{match['tool'] or '*'}"
        if _IS_TOOL.fullmatch(ours):
            return Counterpart(ours=(ours,))
    return None
