"""What reading a file of another tool gives: its agents, its faults, and what that tool does with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, TypeAlias

from personae.errors import Diagnostic

__all__ = ["Fate", "ForeignAgent", "Plain", "ReadAgent"]

Fate = Literal["loads", "loads-tolerantly", "skipped", "rejected", "stops-host"]
"""What the host does with the file: `loads-tolerantly` only after repairing it; `skipped` says nothing to its user,
`rejected` does; `stops-host` takes every other agent down with it."""

Plain: TypeAlias = "str | int | float | bool | tuple[Plain, ...] | Mapping[str, Plain] | None"
"""What YAML and TOML can say, frozen."""

_EMPTY: Mapping[str, Plain] = MappingProxyType({})
_NOWHERE: Mapping[str, tuple[int, int]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignAgent:
    """One agent as its own file states it; nothing is mapped to our words yet."""

    host: str
    name: str
    """As the host would call it: from the file, else from the path."""
    description: str = ""
    prompt: str = ""
    tools: tuple[str, ...] | None = None
    """The allow-list in the host's names; None is unset, which means all on most hosts (see `HostTable.unset`)."""
    denied_tools: tuple[str, ...] = ()
    model: str | None = None
    effort: str | None = None
    extra: Mapping[str, Plain] = field(default_factory=lambda: _EMPTY)
    """Every other key, as written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadAgent:
    """What became of one file. Total: whatever the bytes are, there is one of these."""

    agent: ForeignAgent | None
    """The agent, as far as it could be read; of several in one file the first. `fate` says whether the host has it."""
    agents: tuple[ForeignAgent, ...] = ()
    fate: Fate = "loads"
    diagnostics: tuple[Diagnostic, ...] = ()
    places: Mapping[str, tuple[int, int]] = field(default_factory=lambda: _NOWHERE)
    """Path of a field to line and column of its value, both from 1."""
    text: str = ""
    """The whole file with `\\n` line ends and without a byte-order mark; undecodable bytes are replaced."""
    body: str = ""
    body_line: int = 1
