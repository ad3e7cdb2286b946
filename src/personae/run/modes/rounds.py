"""The rounds of a loop or a goal as the record has them, so that one which is judged or over is not so again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

from personae.run.modes.checks import Verdict
from personae.run.node import node_from
from personae.run.record import journal
from personae.run.record.journal import Entry
from personae.run.record.record import Record
from personae.run.snapshot import PersonaSnapshot

__all__ = ["Judged", "Over", "Rounds", "judged_now", "path_of"]

Judged: TypeAlias = Callable[[int, Callable[[], Awaitable[Verdict]]], Awaitable[Verdict]]
"""Gives what is said of the round of that number: by the judge, or what was said before."""

_CHECK, _OVER = "check", "over"


async def judged_now(number: int, judge: Callable[[], Awaitable[Verdict]]) -> Verdict:
    """Ask the judge, and keep nothing."""
    return await judge()


def path_of(number: int) -> str:
    """Return what a round is called in its run."""
    return f"round.{number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Over:
    """The newest round that is over."""

    number: int = 0
    """0 where none is."""
    last: bool = False
    """Whether it ended the loop."""
    at: float = 0.0
    """When, in seconds since the epoch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounds:
    """Those of one run."""

    record: Record
    run: str

    async def judged(self, number: int, judge: Callable[[], Awaitable[Verdict]]) -> Verdict:
        """Return what was said of the round: the world that it was judged in may be another by now.

        Where nothing was, the judge is asked, and what it says is kept.
        """
        key = f"{_CHECK}.{number}"
        standing = await self.record.do(lambda transaction: journal.find(transaction, self.run, key))
        if standing is None:
            standing = await self._keep(key, asdict(await judge()))
        return Verdict(**standing.body)

    async def newest_judged(self) -> int:
        """Return the number of the newest round that was judged; 0 where none was."""
        return max(map(_number, await self._kept(_CHECK)), default=0)

    async def close(self, number: int, *, last: bool) -> None:
        """Keep that the round is over, and whether it was the last."""
        await self._keep(f"{_OVER}.{number}", {"last": last})

    async def newest_over(self) -> Over:
        """Return the newest round that is over."""
        newest = max(await self._kept(_OVER), key=_number, default=None)
        return Over() if newest is None else Over(number=_number(newest), last=newest.body["last"], at=newest.at)

    async def worn(self, number: int) -> PersonaSnapshot | None:
        """Return who the round was begun with; None where it was not begun, or nobody was put on."""
        key = f"{path_of(number)}/start"
        begun = await self.record.do(lambda transaction: journal.find(transaction, self.run, key))
        return None if begun is None else node_from(begun.body).snapshot

    async def _keep(self, key: str, body: Mapping[str, Any]) -> Entry:
        entry = Entry(run=self.run, key=key, kind="note", body=body, at=self.record.at)
        return await self.record.do(lambda transaction: journal.add(transaction, entry))

    async def _kept(self, what: str) -> list[Entry]:
        beneath = f"{what}."
        return [*await self.record.do(lambda transaction: journal.entries(transaction, self.run, beneath=beneath))]


def _number(entry: Entry) -> int:
    return int(entry.key.partition(".")[2])
