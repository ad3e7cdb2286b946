"""What checking some of the files gave, in a form that can be added up."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from personae.errors import Diagnostic

__all__ = ["Tally"]


@dataclass(slots=True)
class Tally:
    """Grows while files are checked."""

    found: list[Diagnostic] = field(default_factory=list)
    places: dict[str, str] = field(default_factory=dict)
    """Name in diagnostics to the real path."""
    outcomes: dict[str, bool] = field(default_factory=dict)
    """File to whether it was left alone."""
    hosts: Counter[str] = field(default_factory=Counter)
    suppressed: int = 0
    nobodys: set[str] = field(default_factory=set)
    """Files that were named and that nobody reads."""
    used: dict[str, set[int]] = field(default_factory=dict)
    """Project file to the lines of its suppressions that covered something."""
    watched: dict[str, str] = field(default_factory=dict)
    """Paths that were looked at beside the listed files, with their stamps."""

    def add(self, other: Tally) -> None:
        """Take in what somebody else found in other files."""
        self.found += other.found
        self.places |= other.places
        self.outcomes |= other.outcomes
        self.hosts.update(other.hosts)
        self.suppressed += other.suppressed
        self.nobodys |= other.nobodys
        for file, lines in other.used.items():
            self.used.setdefault(file, set()).update(lines)
        self.watched |= other.watched
