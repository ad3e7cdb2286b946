"""What a host's own list of tools, read back, lets an agent do; and what of that its persona may not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from personae.hosts.words import HARMLESS, WORDS, names_of, reach, server_of
from personae.persona.dialects.table import HostTable

__all__ = ["allowed_by_rules", "beyond"]

_OPENCODE = (
    *("read", "edit", "glob", "grep", "list", "bash", "task", "skill", "lsp", "question", "webfetch", "websearch"),
    *("todowrite", "external_directory"),
)


def allowed_by_rules(rules: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return the permissions that OpenCode's effective `rules` leave open to anything but `deny`, the last one winning.

    A rule for some patterns only opens its permission too, where it comes after the last rule for all of them. What it
    adds for its own temporary files counts as nothing.
    """
    allowed = []
    for name in _OPENCODE:
        is_open = False
        for rule in rules:
            if rule["permission"] not in ("*", name):
                continue
            if rule["pattern"] == "*":
                is_open = rule["action"] != "deny"
            elif rule["action"] != "deny" and not _is_its_own(str(rule["pattern"])):
                is_open = True
        if is_open:
            allowed.append(name)
    return tuple(allowed)


def _is_its_own(pattern: str) -> bool:
    return "/opencode/" in pattern and pattern.startswith("/")


def beyond(names: Iterable[str], granted: Sequence[str], table: HostTable) -> tuple[str, ...]:
    """Return those of the host's tool `names` that do more than `granted` reaches; a name nobody knows is one."""
    reached = reach(granted)
    servers = {name for word in granted if server_of(word) for name in names_of(table.tools, word)}
    wider = []
    for name in names:
        words = [word for word in WORDS if name in names_of(table.tools, word)]
        if name not in servers and (not words or not set(words) <= reached | HARMLESS):
            wider.append(name)
    return tuple(wider)
