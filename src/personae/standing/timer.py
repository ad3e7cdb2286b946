"""The one timer: a heap of moments over the table of heartbeats, and what is done about those that have come."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from personae.run.record.database import Transaction
from personae.standing import table
from personae.standing.calendar import firings_between
from personae.standing.heartbeats import Recurring, run_id
from personae.standing.settings import Standing
from personae.standing.table import Beat, BeatStatus, Seen

__all__ = ["LATE_S", "NOT_SERVED", "OVERLAP", "Held", "Timer", "begun_beat", "claim", "follow"]

LATE_S = 60
"""A beat that did not begin within a minute of its time was missed."""
NOT_SERVED = "nothing served it then"
OVERLAP = "overlap: the one before it has not ended"

_MOST_AT_ONCE = 10_000
"""Moments of one heartbeat that are accounted for in one go: half a million minutes make a year."""
_CLOCK_WAS_WRONG_S = 25 * 3_600
"""A moment seen that lies so far in the future was seen on a clock that has been set back since."""


@dataclass(slots=True)
class Timer:
    """When each heartbeat is due next. It reads no clock."""

    _heap: list[tuple[int, tuple[str, str]]] = field(default_factory=list)
    _due: dict[tuple[str, str], int] = field(default_factory=dict)

    def set(self, key: tuple[str, str], due: int | None) -> None:
        """Let `key` be due at `due`, in seconds since the epoch, and at no other time."""
        if due is None:
            self._due.pop(key, None)
        elif self._due.get(key) != due:
            self._due[key] = due
            heapq.heappush(self._heap, (due, key))

    def keep(self, keys: Iterable[tuple[str, str]]) -> None:
        """Forget every other."""
        wanted = set(keys)
        self._due = {key: due for key, due in self._due.items() if key in wanted}

    @property
    def next(self) -> int | None:
        """The next moment at which any is due."""
        while self._heap and self._due.get(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)  # it was set anew since
        return self._heap[0][0] if self._heap else None

    def pop(self, now: int) -> list[tuple[str, str]]:
        """Take out and return what is due at `now`, oldest first."""
        found: list[tuple[str, str]] = []
        while (due := self.next) is not None and due <= now:
            _, key = heapq.heappop(self._heap)
            del self._due[key]
            found.append(key)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Why heartbeats do not fire now."""

    project: bool = False
    """Whether `[standing] enabled` is false."""
    paused: frozenset[str] = frozenset()

    def why(self, recurring: Recurring) -> str:
        """Return the reason; empty where it does fire."""
        if self.project:
            return "disabled: [standing] enabled = false"
        if not recurring.enabled:
            return "disabled: enabled: false"
        if table.EVERYBODY in self.paused:
            return "paused: everybody is"
        if recurring.persona in self.paused:
            return f"paused: {recurring.persona} is"
        return ""


def follow(
    transaction: Transaction, wanted: Mapping[tuple[str, str], Recurring], held: Held, standing: Standing, now: int
) -> dict[tuple[str, str], Seen]:
    """Bring the table to `wanted` and return it: what is new or was changed counts from now on, not from before."""
    known = dict(table.seen(transaction))
    for key in known.keys() - wanted.keys():
        table.forget(transaction, key)
        del known[key]
    for key, recurring in wanted.items():
        spec = f"{' '.join(recurring.cron.split())} {standing.zone.key}"
        before = known.get(key)
        if before is None or before.spec != spec or before.until > now + _CLOCK_WAS_WRONG_S:
            known[key] = Seen(spec=spec, held=held.why(recurring), until=now)
            table.remember(transaction, key, known[key])
    return known


def claim(
    transaction: Transaction, recurring: Recurring, before: Seen, held: str, standing: Standing, *, now: int, owner: str
) -> tuple[Seen | None, Beat | None]:
    """Account for all that came due since `before`: return up to where, and the one beat that is to be done, if any.

    None in place of the first: another process accounts for it. However much came due, one beat is done at most.
    """
    zone = standing.zone
    moments = firings_between(
        recurring.cron, datetime.fromtimestamp(before.until, UTC), datetime.fromtimestamp(now, UTC), zone,
        most=_MOST_AT_ONCE,
    )  # fmt: skip
    due = [int(moment.timestamp()) for moment in moments]
    until = due[-1] if len(due) == _MOST_AT_ONCE else max(now, before.until)
    # Off is off: also for what came due between the last look and the moment it was switched on.
    reason = held or before.held
    if not table.advance(transaction, recurring.key, before=before.until, until=until):
        return None, None
    if held != before.held:
        table.hold(transaction, recurring.key, held)
    after = Seen(spec=before.spec, held=held, until=until)
    if not due:
        return after, None
    if reason:
        _come_to_nothing(transaction, recurring, due, "skipped", reason, now)
        return after, None
    late = now - due[-1]
    in_window = standing.missed == "once" and late <= standing.window_s and until >= now
    done = [due.pop()] if late <= LATE_S or in_window else []
    _come_to_nothing(transaction, recurring, due, "missed", NOT_SERVED, now)
    for moment in done:
        if table.is_running(transaction, recurring.key):
            _come_to_nothing(transaction, recurring, [moment], "skipped", OVERLAP, now)
            continue
        beat = begun_beat(recurring, moment, zone, owner=owner, at=now)
        if table.account_for(transaction, beat):
            return after, beat
    return after, None


def begun_beat(recurring: Recurring, due: int, zone: ZoneInfo, *, owner: str, at: float) -> Beat:
    """Return the beat that is due at `due`, in seconds since the epoch, as one that `owner` does."""
    return Beat(
        persona=recurring.persona,
        label=recurring.label,
        due=due,
        last=due,
        status="running",
        run=run_id(recurring.persona, recurring.label, due, zone),
        owner=owner,
        at=at,
    )


def _come_to_nothing(
    transaction: Transaction, recurring: Recurring, due: list[int], status: BeatStatus, reason: str, now: int
) -> None:
    if due:
        table.account_for(
            transaction,
            Beat(
                persona=recurring.persona,
                label=recurring.label,
                due=due[0],
                last=due[-1],
                count=len(due),
                status=status,
                reason=reason,
                at=now,
                ended=now,
            ),
        )
