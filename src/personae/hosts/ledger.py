"""What a host keeps of each field of a persona: five outcomes, the reason for each, and which of them are errors."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["LIMITS", "OUTCOMES", "Entry", "Ledger", "Outcome"]

Outcome = Literal["exact", "narrowed", "widened", "dropped", "advisory"]
"""`exact`: the host does the same. `narrowed`: it allows or does less. `widened`: it allows more. `dropped`: it has
nothing of the kind, and nobody may do more for it. `advisory`: it stands in prose, and only the model's will keeps it.
"""

OUTCOMES: tuple[Outcome, ...] = ("exact", "narrowed", "widened", "dropped", "advisory")

LIMITS = frozenset(
    ["tools", "maxSteps", "budget.perRun", "budget.daily", "visibility", "canDispatch", "needsTempWorkspace", "modes"]
)
"""Fields that hold an agent back: for these, advice is not enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What became of one field."""

    field: str
    """As persona files spell it."""
    outcome: Outcome
    reason: str
    """One sentence without a full stop, about this host."""

    @property
    def is_loss_of_limit(self) -> bool:
        """Whether the agent could do more than its persona may: nothing is written for it then."""
        return self.outcome == "widened" or (self.outcome == "advisory" and self.field in LIMITS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """All fields of one persona on one host."""

    persona: str
    host: str
    entries: tuple[Entry, ...] = field(default_factory=tuple)

    def refused(self, allowed: Collection[str] = ()) -> tuple[Entry, ...]:
        """Return the entries that forbid writing, without those whose field is in `allowed`."""
        return tuple(entry for entry in self.entries if entry.is_loss_of_limit and entry.field not in allowed)
