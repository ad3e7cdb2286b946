"""Our words for tools against a host's names: which of its tools give no more than what is granted."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from personae.persona.dialects.table import Capability, HostTable, Tools

__all__ = [
    "HARMLESS",
    "WORDS",
    "AllowList",
    "allow_list",
    "bare",
    "covers",
    "names_of",
    "reach",
    "server_of",
    "targets_of",
]

WORDS: Mapping[str, Capability] = {
    "list": "find",
    "glob": "find",
    "read": "read",
    "grep": "search",
    "write": "edit",
    "edit": "edit",
    "shell": "shell",
    "fetch": "fetch",
    "web_search": "web",
    "todo": "todo",
    "agent": "delegate",
}
"""Tools that a persona may list and hosts may have, ours first; `web_search` and `todo` only hosts have."""

HARMLESS = frozenset(["todo"])
"""Tools that reach nothing beyond the session."""

_IMPLIED: Mapping[str, frozenset[str]] = {
    "list": frozenset(["glob"]),
    "glob": frozenset(["list"]),
    "write": frozenset(["edit"]),
    "shell": frozenset(["list", "glob", "read", "grep", "write", "edit"]),
}
"""What a tool can do beside its name: whoever may write a file anew may change it, and commands do both."""

_MCP = "mcp__"


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowList:
    """What goes into a host's list, and what became of the rest."""

    names: tuple[str, ...]
    """The host's names, in our order of tools."""
    left_out: tuple[tuple[str, str], ...] = ()
    """Granted tools that are not in it, each with the reason."""
    wider: tuple[tuple[str, str], ...] = ()
    """Names in it that do more than what is granted, each with what."""


def allow_list(granted: Sequence[str], table: HostTable, *, wider: bool = False) -> AllowList:
    """Return the host's names for `granted`; one that would do more is left out, unless `wider` allows it."""
    return _allow_list(tuple(granted), table.tools, table.title, wider)


@lru_cache(maxsize=4096)
def _allow_list(granted: tuple[str, ...], tools: Tools, title: str, wider: bool) -> AllowList:
    # Cached, as what it asks is: a thousand personas have a dozen lists between them.
    reached = reach(granted)
    names: dict[str, None] = {}
    left_out: dict[str, str] = {}
    more: dict[str, str] = {}
    for spec in sorted(granted, key=_rank):
        word = bare(spec)
        own = names_of(tools, word)
        if not own:
            left_out[spec] = f"{title} has no such tool"
        for name in own:
            extra = _extra(tools, name, word, reached)
            if not extra:
                names[name] = None
            elif wider:
                names[name] = None
                more[name] = extra
            else:
                left_out.setdefault(spec, f"its {name} {extra}")
    return AllowList(names=tuple(names), left_out=tuple(left_out.items()), wider=tuple(more.items()))


def bare(spec: str) -> str:
    """Return the tool that `spec` names: `agent` of `agent(researcher)`."""
    return spec.partition("(")[0].strip()


def targets_of(spec: str) -> tuple[str, ...] | None:
    """Return the names in the brackets of `spec`; None where it has no brackets."""
    _, found, inner = spec.partition("(")
    return tuple(name.strip() for name in inner.rstrip(") ").split(",") if name.strip()) if found else None


def server_of(word: str) -> str | None:
    """Return the MCP server whose tools `mcp__SERVER` stands for; None for anything else, one tool of a server too."""
    server = word.removeprefix(_MCP).removesuffix("__*")
    return server if word.startswith(_MCP) and server and "__" not in server else None


@lru_cache(maxsize=4096)
def names_of(tools: Tools, word: str) -> tuple[str, ...]:
    """Return what the host calls the tool `word`; empty where it has none."""
    server = server_of(word)
    if server is not None:
        return (tools.server.format(server),) if tools.server else ()
    return tools.by_word.get(word) or tools.by_capability.get(WORDS.get(word, ""), ())


@lru_cache(maxsize=4096)
def covers(tools: Tools, name: str) -> frozenset[str]:
    """Return the words for all that the host's tool `name` does."""
    return frozenset(word for word in WORDS if name in names_of(tools, word))


def reach(granted: Collection[str]) -> frozenset[str]:
    """Return every word whose work can be done with `granted`."""
    words = {bare(spec) for spec in granted}
    return frozenset(words.union(*(_IMPLIED.get(word, frozenset()) for word in words)))


def _extra(tools: Tools, name: str, word: str, reached: frozenset[str]) -> str:
    """Say what `name` does beyond what is reached; empty for nothing."""
    if word == "agent":
        return "may start any agent of the host, and one of those may do everything"
    missing = covers(tools, name) - reached - HARMLESS
    return f"does {' and '.join(_in_order(missing))} too" if missing else ""


def _rank(spec: str) -> tuple[int, str]:
    """One order for all: what is compiled, imported and compiled again is the same text."""
    word = bare(spec)
    return ([*WORDS].index(word), spec) if word in WORDS else (len(WORDS), spec)


def _in_order(words: Collection[str]) -> Iterator[str]:
    return (word for word in WORDS if word in words)
