"""What a host's other keys take away from an agent's tools: modes, sandboxes, maps of permissions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from types import MappingProxyType

from personae.hosts.imports.tools import everything_at
from personae.persona import slug as slugs
from personae.persona.dialects import ForeignAgent
from personae.persona.dialects.agent import Plain

__all__ = ["LIMITING", "Limit", "limits_of"]

_CHANGES = frozenset(["write", "edit", "shell", "agent", "delegate"])
_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One key that takes tools away."""

    key: str
    was: str
    removes: frozenset[str]
    because: str
    becomes: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    """A tool to the narrower form of it that stays."""
    adds: tuple[str, ...] = ()
    """Tools that it allows by name, which no list of all tools has."""


_READS_ONLY = "it reads only"
_OUTRIGHT = "what it does not allow outright, for everything, is not granted here"
_SERVER = re.compile(r"[A-Za-z0-9-]+_\*")
# What it may forbid because nobody here may write it, or what OpenCode asks everybody for.
_ALSO_HERE: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "edit": frozenset([".agents/**", "personas/**", ".personae/**", ".git/**", "personae.toml"]),
        "read": frozenset(["*.env", "*.env.*"]),
    }
)

_WORDS: Mapping[tuple[str, str, str], tuple[frozenset[str], str]] = MappingProxyType(
    {
        ("claude", "permissionMode", "plan"): (_CHANGES, _READS_ONLY),
        ("grok", "permissionMode", "plan"): (_CHANGES, _READS_ONLY),
        ("qwen", "approvalMode", "plan"): (_CHANGES, _READS_ONLY),
        ("qwen", "permissionMode", "plan"): (_CHANGES, _READS_ONLY),
        ("grok", "capabilityMode", "read-only"): (_CHANGES, _READS_ONLY),
        ("grok", "capabilityMode", "read-write"): (frozenset(["shell"]), "it runs no commands"),
        ("grok", "capabilityMode", "execute"): (frozenset(["write", "edit"]), "it changes no files"),
        ("cursor", "readonly", "true"): (_CHANGES, _READS_ONLY),
        ("antigravity", "commandExecutionPolicy", "off"): (frozenset(["shell"]), "it runs no commands"),
        ("codex", "sandbox_mode", "read-only"): (
            _CHANGES | {"fetch", "web_search"},
            "it reads only, without a network; Codex itself no longer keeps this limit for a role",
        ),
        ("codex", "sandbox_mode", "workspace-write"): (
            frozenset(["fetch", "web_search", "agent", "delegate"]),
            "it works in the project, without a network; Codex itself no longer keeps this limit for a role",
        ),
        ("codex", "web_search", "disabled"): (frozenset(["fetch", "web_search"]), "it has no web"),
    }
)
LIMITING = frozenset(name for _, name, _ in _WORDS) | {"permission", "permissions"}
"""Keys that are reported here and nowhere else."""

_OPENCODE: Mapping[str, str] = MappingProxyType(
    {
        "list": "list",
        "read": "read",
        "glob": "glob",
        "grep": "grep",
        "write": "edit",
        "edit": "edit",
        "shell": "bash",
        "fetch": "webfetch",
        "web_search": "websearch",
        "todo": "todowrite",
        "agent": "task",
    }
)
_KIRO: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "read": frozenset(["list", "read", "glob", "grep"]),
        "write": frozenset(["write", "edit"]),
        "shell": frozenset(["shell"]),
        "web": frozenset(["fetch", "web_search"]),
        "subagent": frozenset(["agent"]),
        "*": frozenset(everything_at("kiro")),
    }
)


def limits_of(agent: ForeignAgent) -> Iterator[Limit]:
    """Yield what takes tools away from `agent`, beside its lists of allowed and denied ones."""
    for name, value in agent.extra.items():
        found = _WORDS.get((agent.host, name, _word(value)))
        if found is not None:
            yield Limit(key=name, was=_word(value), removes=found[0], because=found[1])
    if agent.host == "opencode":
        yield from _opencode(agent.extra.get("permission"))
    if agent.host == "kiro":
        yield from _kiro(agent.extra.get("permissions"))


def _word(value: Plain) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    folded = str(value).strip()
    if folded.lower() in ("true", "yes", "on"):
        return "true"
    return folded.lower().replace("_", "-") if "-" in folded or "_" in folded else folded


def _opencode(permission: Plain) -> Iterator[Limit]:
    """Of the rules that match a tool the last one counts; what is asked for there is not granted here."""
    if permission is None:
        return
    rules = permission if isinstance(permission, Mapping) else {"*": permission}
    removed: list[str] = []
    becomes: dict[str, str] = {}
    for ours, theirs in _OPENCODE.items():
        rule: Plain = "allow"
        for pattern, value in rules.items():
            if fnmatchcase(theirs, pattern):
                rule = value
        if ours == "agent" and (named := _named(rule)):
            becomes["agent"] = f"agent({', '.join(named)})"
        elif not _is_granted(theirs, rule):
            removed.append(ours)
    if removed or becomes:
        was = ", ".join(f"{name}: {_shown(value)}" for name, value in rules.items())
        servers = tuple(
            f"mcp__{name[:-2]}" for name, value in rules.items() if value == "allow" and _SERVER.fullmatch(name)
        )
        yield Limit(
            key="permission", was=was, removes=frozenset(removed), because=_OUTRIGHT, becomes=becomes, adds=servers
        )


def _is_granted(tool: str, rule: Plain) -> bool:
    """Whether `rule` allows `tool` for everything that personae lets it reach, whoever it is."""
    if not isinstance(rule, Mapping):
        return rule == "allow"
    items = list(rule.items())
    if not items or items[0] != ("*", "allow"):
        return False
    return all(value == "allow" or pattern in _ALSO_HERE.get(tool, ()) for pattern, value in items)


def _named(rule: Plain) -> list[str]:
    """Return the agents that a map of `task` allows by name after it denied all."""
    if not isinstance(rule, Mapping):
        return []
    items = list(rule.items())
    if not items or items[0] != ("*", "deny"):
        return []
    if any(value != "allow" or re.search(r"[*?]", name) for name, value in items[1:]):
        return []
    return [slugs.suggest(name) for name, _ in items[1:]]


def _shown(value: Plain) -> str:
    return "by pattern" if isinstance(value, Mapping) else str(value)


def _kiro(permissions: Plain) -> Iterator[Limit]:
    if not isinstance(permissions, tuple):
        return
    for entry in permissions:
        if not isinstance(entry, Mapping) or entry.get("effect") == "allow":
            continue
        capability, effect = str(entry.get("capability", "*")), str(entry.get("effect", "deny"))
        removes = _KIRO.get(capability, frozenset())
        if removes:
            yield Limit(key="permissions", was=f"{capability}: {effect}", removes=removes, because=_OUTRIGHT)
