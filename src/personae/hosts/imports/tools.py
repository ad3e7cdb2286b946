"""A host's tools in our words: what compiling turns into them, read backwards. What nobody can say the reach of stays
out, with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from personae.hosts.words import WORDS, covers, names_of
from personae.library.substrate import BUILT_IN_TOOLS
from personae.persona import slug as slugs
from personae.persona.dialects import HOSTS
from personae.persona.dialects.table import HostTable

__all__ = ["Counterpart", "counterpart", "everything_at", "in_order"]

_Ours = tuple[str, ...]

_ORDER = (*BUILT_IN_TOOLS, *(word for word in WORDS if word not in BUILT_IN_TOOLS))

_READS = ("list", "read", "glob", "grep")
# Names that compile does not write, and that reach no farther than ours do.
_ALSO: Mapping[str, Mapping[str, _Ours]] = MappingProxyType(
    {
        "claude": {
            "LS": ("list",),
            "MultiEdit": ("edit",),
            "NotebookEdit": ("edit",),
            "NotebookRead": ("read",),
            "PowerShell": ("shell",),
            "Task": ("agent",),
        },
        "grok": {
            "read_file": ("read",),
            "list_dir": ("list",),
            "grep": ("grep",),
            "search_replace": ("edit",),
            "run_terminal_command": ("shell",),
            "web_fetch": ("fetch",),
            "web_search": ("web_search",),
            "todo_write": ("todo",),
            "spawn": ("agent",),
            "Task": ("agent",),
        },
        "qwen": {"read_many_files": ("read",), "task": ("agent",)},
        "gemini": {"search_file_content": ("grep",)},
        "antigravity": {"multi_replace_file_content": ("edit",)},
        "opencode": {"write": ("write",), "patch": ("edit",)},
        "factory": {
            "MultiEdit": ("edit",),
            "ApplyPatch": ("edit",),
            "read-only": _READS,
            "edit": ("write", "edit"),
            "execute": ("shell",),
            "web": ("fetch", "web_search"),
        },
        # VS Code's own names too; many more read something of the editor that nothing here has.
        "copilot": {
            "view": ("read",),
            "readfile": ("read",),
            "read/readfile": ("read",),
            "glob": ("list", "glob"),
            "grep": ("grep",),
            "codebase": ("grep",),
            "search/codebase": ("grep",),
            "search/textsearch": ("grep",),
            "textsearch": ("grep",),
            "search/filesearch": ("list", "glob"),
            "filesearch": ("list", "glob"),
            "search/listdirectory": ("list",),
            "listdirectory": ("list",),
            "edit/editfiles": ("edit",),
            "editfiles": ("edit",),
            "edit/createfile": ("write",),
            "createfile": ("write",),
            "shell": ("shell",),
            "bash": ("shell",),
            "powershell": ("shell",),
            "runcommands": ("shell",),
            "runcommands/runinterminal": ("shell",),
            "execute/runinterminal": ("shell",),
            "runinterminal": ("shell",),
            "web/fetch": ("fetch",),
            "fetch": ("fetch",),
            "todos": ("todo",),
            "agent/runsubagent": ("agent",),
            "runsubagent": ("agent",),
            "custom-agent": ("agent",),
            "task": ("agent",),
        },
    }
)
# SKILL.md names the tools of whoever reads it, mostly Claude Code's.
_NAMES_OF: Mapping[str, str] = MappingProxyType({"skill": "claude"})
# They have every tool and a name for none: compile counts them all as given there.
_UNNAMED = frozenset(["cursor", "goose"])
_VSCODE_SETS = frozenset(
    [*("read", "search", "edit", "execute", "web", "agent", "vscode", "runcommands", "runtasks", "todo", "browser")]
)
_SPEC = re.compile(r"(?P<name>[^()]+?)\s*(?:\((?P<inner>.*)\))?", re.DOTALL)
_SERVER = re.compile(r"[A-Za-z0-9][\w-]*")
_MCP = re.compile(r"mcp__[A-Za-z0-9][\w-]*?(?P<all>__\*)?")
_BY_SLASH = re.compile(r"@?(?P<server>[A-Za-z][\w-]*)/(?P<tool>[\w-]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterpart:
    """What a host's tool is here."""

    ours: _Ours = ()
    is_all: bool = False
    """It stands for every tool."""
    because: str = ""
    """Why nothing is left of it."""


def everything_at(host: str) -> _Ours:
    """Return our tools for all that an agent may do at `host` where nothing limits it."""
    if host in _UNNAMED:
        return in_order(WORDS)
    table = HOSTS.get(host)
    there = [word for word in WORDS if table and names_of(table.tools, word)]
    return in_order(there or set(BUILT_IN_TOOLS) - {"delegate"})


def in_order(tools: Collection[str]) -> _Ours:
    """Return `tools` in the order in which they are always written."""
    known = [tool for tool in _ORDER if tool in tools]
    return (*known, *sorted(set(tools).difference(known)))


def counterpart(spec: str, host: str) -> Counterpart:
    """Return what the tool that `host` calls `spec` is here."""
    match = _SPEC.fullmatch(spec.strip())
    if match is None:
        return Counterpart(because="it is not the name of a tool")
    name, inner = match["name"], match["inner"]
    if name == "*":
        return Counterpart(is_all=True)
    found = _known(name, host)
    if inner is None or not found.ours:
        return found
    if found.ours == ("agent",):
        return _spawns(inner)
    return Counterpart(because="here a tool is granted as a whole, and what is in brackets would be lost")


def _spawns(inner: str) -> Counterpart:
    names = [slugs.suggest(part) for part in inner.split(",") if part.strip() and part.strip() != "*"]
    if not names:
        return Counterpart(because="it names nobody")
    return Counterpart(ours=(f"agent({', '.join(dict.fromkeys(names))})",))


def _known(name: str, host: str) -> Counterpart:
    if host not in HOSTS:  # Cabinet, where the documented names are ours
        is_ours = name in BUILT_IN_TOOLS
        return Counterpart(ours=(name,)) if is_ours else Counterpart(because="there is no such tool here")
    table = HOSTS[_NAMES_OF.get(host, host)]
    names = _names_at(table.id)
    ours = names.get(name) if table.tools.exact_case else names.get(name.lower())
    if ours:
        return Counterpart(ours=ours)
    if server := _of_server(name, table):
        return Counterpart(ours=(server,))
    other = next((known for known in names if known.lower() == name.lower()), "")
    if other:
        return Counterpart(because=f"{table.title} has no tool of that name, only {other}, so it grants nothing there")
    if name in table.tools.known:
        return Counterpart(because="there is no such tool here")
    return Counterpart(because=f"it is no tool of {table.title} that is known, so nobody can say how far it reaches")


@lru_cache(maxsize=32)
def _names_at(host: str) -> Mapping[str, _Ours]:
    tools = HOSTS[host].tools
    written = {name for word in WORDS for name in names_of(tools, word)}
    found = {name: in_order(covers(tools, name)) for name in written}
    return MappingProxyType({**_ALSO.get(host, {}), **found})


def _of_server(name: str, table: HostTable) -> str:
    """Return our name for a tool of an MCP server, or for all of one; empty when `name` is none."""
    if match := _MCP.fullmatch(name):
        return name.removesuffix(match["all"] or "")
    before, found, after = table.tools.server.partition("{}")
    if found and name.startswith(before) and name.endswith(after):
        server = name[len(before) : len(name) - len(after)]
        if _SERVER.fullmatch(server) and server.lower() not in _VSCODE_SETS:
            return f"mcp__{server}"
    match = _BY_SLASH.fullmatch(name) if table.id in ("copilot", "kiro") else None
    if match and match["server"].lower() not in _VSCODE_SETS:
        return f"mcp__{match['server']}__{match['tool']}"
    return ""
