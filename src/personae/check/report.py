"""What a check is asked and what it answers, as values. Importing this must stay cheap: every start pays for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Literal, TypeAlias

from personae.errors import Diagnostic, Severity

__all__ = ["UNPARSABLE", "Outcome", "Report", "Request", "is_unparsable", "sort_key"]

Outcome: TypeAlias = Literal["clean", "findings", "unparsable", "left alone", "unknown"]
"""`left alone` lies beside personas and is none; `unknown` was named, and nothing tells whose it is."""

UNPARSABLE = frozenset(
    [
        *("unreadable", "invalid-encoding", "file-too-large", "frontmatter-too-large"),
        *("unclosed-frontmatter", "no-frontmatter", "invalid-yaml", "invalid-toml"),
        *("yaml-alias", "yaml-anchor", "yaml-tag", "yaml-too-deep"),
        *("broken-frontmatter", "lost-frontmatter", "not-utf-8"),
    ]
)
"""Rules that say a file could not be parsed at all; the second to last row are ends of hosts' rules."""

_RANK: Mapping[Severity, int] = {"error": 0, "warning": 1, "note": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to check, and how."""

    paths: Sequence[Path]
    """Files and folders, each of which exists."""
    base: Path
    """Diagnostics name files relative to it, where they lie below it."""
    today: date
    user: bool = False
    """Whether the user's own personas are checked too."""
    sniff: bool = False
    """Whether files whose path says nothing are taken for what their text looks like."""
    host: str | None = None
    """Read every file as this host's, whatever its path says."""
    inline: bool = True
    """Whether comments in files may suppress findings."""
    jobs: int = 1
    """In how many processes at most; more than one only where the caller has no threads."""
    buffers: Mapping[str, bytes] = field(default_factory=lambda: MappingProxyType({}))
    """Absolute path to what an editor holds instead of the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything that was found, and a verdict for each file."""

    diagnostics: tuple[Diagnostic, ...] = ()
    """By file and place; without what was suppressed."""
    verdicts: Mapping[str, Outcome] = field(default_factory=lambda: MappingProxyType({}))
    """By the file's name in diagnostics."""
    hosts: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    """How many files each dialect has, those left alone not counted."""
    suppressed: int = 0
    known: int = 0
    """How many findings a baseline tolerates; they are not among the diagnostics."""
    baseline: str = ""
    """The baseline that the project file names; it is not taken into account here."""
    places: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Name in diagnostics to the real path, for files that have any."""

    @property
    def files(self) -> int:
        """How many files were checked, those left alone not counted."""
        return sum(self.hosts.values())

    def has_unparsable(self) -> bool:
        """Whether some file could not be parsed at all."""
        return any(is_unparsable(item) for item in self.diagnostics)


def is_unparsable(item: Diagnostic) -> bool:
    """Return whether `item` says that its file could not be parsed."""
    if item.severity != "error":
        return False
    return item.rule in UNPARSABLE or item.rule.partition("-")[2] in UNPARSABLE


def sort_key(item: Diagnostic) -> tuple[str, int, int, int, str, str]:
    """Order by file and place, the worst first."""
    return item.file, item.line, item.column, _RANK[item.severity], item.rule, item.message
