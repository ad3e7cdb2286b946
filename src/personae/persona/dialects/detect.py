"""Whose file is it? By its path, and where that does not tell by what it holds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import NamedTuple

from personae.persona.dialects.assemble import Naming
from personae.persona.dialects.hosts import HOSTS
from personae.persona.model import Home
from personae.persona.parse import home_of

__all__ = ["FOLDERS", "Dialect", "detect", "naming_of", "sniff"]


class Dialect(NamedTuple):
    """How one file is read: by which hosts, and which of them gives it its name here."""

    id: str
    """The first host's id; `Subject.dialect`."""
    hosts: tuple[str, ...]
    """Every host that reads files at such a path, each with its own rules."""


_ALONE: Mapping[str, Dialect] = {host: Dialect(host, (host,)) for host in HOSTS}
# One folder, two readers with different schemas. Devin and Kimi read it too; nobody could run them here.
_SHARED = Dialect("antigravity", ("antigravity", "goose"))

FOLDERS: Mapping[tuple[str, str], Dialect] = {
    (".claude", "agents"): _ALONE["claude"],
    (".codex", "agents"): _ALONE["codex"],
    (".opencode", "agents"): _ALONE["opencode"],
    (".opencode", "agent"): _ALONE["opencode"],
    ("opencode", "agents"): _ALONE["opencode"],
    (".github", "agents"): _ALONE["copilot"],
    (".copilot", "agents"): _ALONE["copilot"],
    (".github-private", "agents"): _ALONE["copilot"],
    (".cursor", "agents"): _ALONE["cursor"],
    (".gemini", "agents"): _ALONE["gemini"],
    (".agents", "agents"): _SHARED,
    (".grok", "agents"): _ALONE["grok"],
    (".qwen", "agents"): _ALONE["qwen"],
    (".kiro", "agents"): _ALONE["kiro"],
    (".factory", "droids"): _ALONE["factory"],
    (".goose", "agents"): _ALONE["goose"],
}
"""The last two parts of a host's folder, to its dialect."""

_CREW_FILES = frozenset(["agents.yaml", "agents.yml"])
_ROOMS = frozenset(inner for _, inner in FOLDERS)


def detect(path: PurePath) -> Dialect | None:
    """Return the dialect that `path` stands for, or None when no host reads an agent there."""
    name = path.name
    suffix = path.suffix
    if suffix not in (".md", ".toml", ".yaml", ".yml"):
        return None
    if name == "SKILL.md":
        return _ALONE["skill"]
    if name in _CREW_FILES:
        return _ALONE["crewai"] if "config" in path.parts[-3:-1] else None
    if found := _folder(path):
        dialect = FOLDERS[path.parts[found - 1], path.parts[found]]
        wanted = HOSTS[dialect.id].layout
        if (suffix == ".toml") != (wanted == "toml") or suffix in (".yaml", ".yml"):
            return None
        # `.agents/agents/persona.md` is ours; a folder `personas` inside a host's folder is the host's.
        if (place := home_of(path)) is not None and place[0] is Home.AGENTS:
            return None
        return dialect
    if name.endswith(".agent.md"):
        return _ALONE["copilot"]
    return None


def _folder(path: PurePath) -> int:
    """Return the index of the part that ends a host's folder, or 0."""
    parts = path.parts
    for index in range(len(parts) - 2, 0, -1):
        if parts[index] in _ROOMS and (parts[index - 1], parts[index]) in FOLDERS:
            return index
    return 0


def naming_of(path: PurePath, host: str) -> Naming:
    """Return what `path` makes of a file at `host`."""
    table = HOSTS[host]
    stem = path.name.removesuffix(".agent.md") if path.name.endswith(".agent.md") else path.stem
    found = _folder(path)
    below = path.parts[found + 1 : -1] if found else ()
    is_read = not (table.skips_prefix and path.name.startswith(table.skips_prefix))
    if below and not table.nested:
        is_read = False
    return Naming(
        stem=stem,
        folder=path.parent.name,
        below="/".join((*below, path.stem)),
        is_read=is_read,
    )


def sniff(path: PurePath, data: bytes) -> Dialect | None:
    """Return the dialect that `data` looks like, for a file whose path does not tell; None when it looks like none."""
    head = data[:4096]
    if path.suffix == ".toml":
        return _ALONE["codex"] if b"developer_instructions" in data else None
    if path.suffix in (".yaml", ".yml"):
        return _ALONE["crewai"] if all(key in data for key in (b"role:", b"goal:", b"backstory:")) else None
    if path.suffix != ".md" or not head.removeprefix(b"\xef\xbb\xbf").startswith(b"---"):
        return None
    keys = {line.split(b":")[0].strip() for line in head.split(b"\n") if b":" in line and not line[:1].isspace()}
    if not {b"name", b"description"} <= keys:
        return None
    for host, marks in _MARKS.items():
        if marks & keys:
            return _ALONE[host]
    return _ALONE["claude"] if {b"tools", b"model", b"color"} & keys else None


_MARKS: Mapping[str, frozenset[bytes]] = {
    "grok": frozenset([b"capabilityMode", b"promptMode"]),
    "gemini": frozenset([b"timeout_mins", b"max_turns", b"mcp_servers"]),
    "antigravity": frozenset([b"commandExecutionPolicy", b"mainAgent"]),
    "cursor": frozenset([b"readonly", b"is_background"]),
    "qwen": frozenset([b"approvalMode"]),
    "opencode": frozenset([b"permission", b"steps"]),
    "copilot": frozenset([b"user-invocable", b"disable-model-invocation", b"argument-hint", b"mcp-servers"]),
}
"""Keys that only one host has."""
