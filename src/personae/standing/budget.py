"""What was spent, is reserved and is left, by day and persona, out of the one ledger that everything is charged to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from personae.library.project import Project
from personae.persona.model import Persona
from personae.run.record.database import Transaction
from personae.run.record.ledger import nanos
from personae.run.record.warnings import warned

__all__ = ["PROJECT", "Line", "lines"]

PROJECT = "the project"
"""In the place of a persona: all of them together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One persona on one day."""

    day: str
    who: str
    """A slug, or `PROJECT`."""
    spent_nanos: int = 0
    reserved_nanos: int = 0
    """Of requests that are being answered, or were when their process died and nobody went on."""
    cap_nanos: int | None = None
    tokens: int = 0
    near: bool = False
    """Whether most of its cap is spent."""

    @property
    def left_nanos(self) -> int | None:
        """What may still be reserved; None without a cap."""
        return None if self.cap_nanos is None else max(0, self.cap_nanos - self.spent_nanos - self.reserved_nanos)


def lines(
    transaction: Transaction, project: Project, personas: Iterable[Persona], *, today: str, since: str
) -> Sequence[Line]:
    """Return the days since `since`, newest first; of today also who has a cap and spent nothing.

    Caps are those of today: what they were on an earlier day is not kept.
    """
    caps = _caps(project, personas)
    found = {(today, who): Line(day=today, who=who, cap_nanos=cap) for who, cap in caps.items() if cap is not None}
    rows = transaction.execute(
        "SELECT scope, usd_nanos, tokens, open_usd_nanos, open_tokens FROM totals WHERE scope >= :since",
        {"since": since},
    )
    near = warned(transaction, [str(row[0]) for row in rows])
    for scope, usd_nanos, tokens, open_usd_nanos, open_tokens in rows:
        day, _, what = scope.partition(" ")
        who = PROJECT if what == "project" else what.removeprefix("persona:")
        if not what or (who == what and what != "project"):
            continue  # the scope of one run
        found[day, who] = Line(
            day=day,
            who=who,
            spent_nanos=usd_nanos - open_usd_nanos,
            reserved_nanos=open_usd_nanos,
            cap_nanos=caps.get(who),
            tokens=tokens - open_tokens,
            near=scope in near,
        )
    by_name = sorted(found.values(), key=lambda line: (line.who != PROJECT, line.who))
    return sorted(by_name, key=lambda line: line.day, reverse=True)


def _caps(project: Project, personas: Iterable[Persona]) -> Mapping[str, int | None]:
    inherited = project.defaults.budget.daily_max_cost_usd
    caps = {PROJECT: _nanos(project.budget.daily_max_cost_usd)}
    for persona in personas:
        own = persona.budget.daily_max_cost_usd
        layer = persona.source.layer if persona.source else "project"
        if own is not None or layer == "project":
            caps[persona.name] = _nanos(own if own is not None else inherited)
    return caps


def _nanos(cap: Decimal | int | None) -> int | None:
    return None if cap is None else nanos(Decimal(cap))
