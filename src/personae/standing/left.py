"""Runs of plans that nobody does any more: their process died, or they waited for a person who has decided by now.

One that a person stopped, paused or cancelled, or that failed, is theirs to go on with.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field, replace

from personae.adopt.world import World
from personae.errors import BlockedError, PersonaeError, StorageError
from personae.run.lifetime import Lifetime, lived
from personae.run.record.database import Row, Transaction
from personae.run.record.record import Record
from personae.run.record.runs import Run, find_run, get_run
from personae.standing.beat import Ending

__all__ = ["Conduct", "LeftRuns"]

Conduct = Callable[[Lifetime, World], Awaitable[None]]
"""Does the plan of a run; waits for nobody. Raises what the run is closed with: `BlockedError` leaves it waiting."""

_LEFT = ("running", "waiting")


@dataclass(slots=True, kw_only=True)
class LeftRuns:
    """One for a server."""

    record: Record
    conduct: Conduct
    _tried: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Of a run that was gone on with here: the owner it was left by and how much was decided. Once is enough."""

    async def ready(self, working: Collection[str], *, owner: str) -> Sequence[Run]:
        """Return the runs to go on with now: of the dead, and of `owner`, which does none but those `working`."""
        rows = [row for row in await self.record.do(_open_runs) if row[0] not in working]
        lives = self.record.database.lives
        left = [row for row in rows if _can_go_on(row) and (row[1] == owner or not lives(row[1]))]
        fresh = {id: (before, decided) for id, before, _, _, decided, _ in left}
        fresh = {id: as_left for id, as_left in fresh.items() if self._tried.get(id) != as_left}
        self._tried |= fresh
        return await self.record.do(lambda transaction: [get_run(transaction, id) for id in fresh])

    async def go_on(self, run: Run, world: World, *, owner: str) -> Ending | None:
        """Go on with `run`; None when somebody was faster. Cancelled, it is left again."""
        now = await self.record.do(lambda transaction: find_run(transaction, run.id))
        if now is None or now.status not in _LEFT or now.owner != run.owner:
            return None
        taken = replace(now, owner=owner)
        try:
            async with lived(taken, self.record, instead_of=now.owner, leaves=lambda: True) as life:
                await self.conduct(life, world)
        except BlockedError as error:
            return Ending(status="left", reason=f"waits for a person: {error.message}")
        except StorageError as error:
            if error.action == "take over":
                return None
            raise
        except PersonaeError as error:
            return Ending(status="failed", reason=error.message)
        return Ending(status="ran")


def _open_runs(transaction: Transaction) -> Sequence[Row]:
    """Return of each run of a plan that is not over: id, owner, when left, questions, decisions, last decision."""
    return transaction.execute(
        """SELECT r.id, r.owner, r.ended, COUNT(i.id), COUNT(d.item), MAX(d.at) FROM runs AS r
        LEFT JOIN items AS i ON i.run = r.id AND i.kind <> 'proposal' LEFT JOIN decisions AS d ON d.item = i.id
        WHERE r.kind = 'run' AND r.status IN ('running', 'waiting') AND r.wish <> 'pause'
        GROUP BY r.id, r.owner, r.ended, r.created ORDER BY r.created, r.id"""
    )


def _can_go_on(row: Row) -> bool:
    """Whether there is anything to do in it: not while all that was asked before it was left is undecided."""
    _, _, left_at, asked, decided, last = row
    return left_at is None or asked == decided or (last is not None and last >= left_at)
