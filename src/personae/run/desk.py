"""The desk of a worker: what it does now, what people want of it, and what was put on the table for anybody."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TypeVar

from personae.run.record.database import Transaction
from personae.run.record.record import Record
from personae.run.record.runs import find_run

__all__ = ["CancelledByWish", "Desk", "Gate"]

Gate = Callable[[], Awaitable[None]]
_T = TypeVar("_T")

_AT_LEAST_EVERY_S = 5.0
_PAUSE_S = 0.1
"""Between two looks: how soon a wish is known."""


class CancelledByWish(Exception):  # noqa: N818 - it is no error
    """A person cancelled the run of what was being done."""


@dataclass(slots=True, kw_only=True, eq=False)
class _Doing:
    run: str
    task: asyncio.Task[object] | None = None
    is_wished_away: bool = False
    is_left: bool = False
    """Whether it was dropped here, and others go on with it."""


_doing: ContextVar[_Doing | None] = ContextVar("doing", default=None)


@dataclass(slots=True, kw_only=True)
class Desk:
    """One a worker."""

    record: Record
    adopt: Callable[[str], Awaitable[None]]
    """Told each run that was put on the table and nobody does yet."""
    is_leaving: bool = False
    _now: dict[str, _Doing] = field(default_factory=dict)
    _gates: dict[str, asyncio.Event] = field(default_factory=dict)
    _paused: frozenset[str] = frozenset()
    _adopted: set[str] = field(default_factory=set)

    @property
    def ids(self) -> Collection[str]:
        """What is done here now."""
        return tuple(self._now)

    async def do(self, id: str, work: Callable[[], Awaitable[_T]], *, run: str = "") -> _T:
        """Do `work`, of which this process does one at a time under one `id`.

        Where `run` is named it is cancelled when a person cancels that: raises `CancelledByWish`.
        """
        if run and await self._is_cancelled(run):
            raise CancelledByWish
        before = self._now.get(id)
        if before is not None and before.task is not None:
            # It was taken from this process and came back to it: the older one does not know yet.
            before.is_left = True
            before.task.cancel()
            await asyncio.wait([before.task])
        doing = _Doing(run=run)
        doing.task = task = asyncio.create_task(_in(doing, work))
        self._now[id] = doing
        try:
            return await task
        except asyncio.CancelledError:
            if doing.is_wished_away:
                raise CancelledByWish from None
            raise
        finally:
            if self._now.get(id) is doing:
                del self._now[id]

    def gate(self, run: str) -> Gate:
        """Return what waits while a person has paused `run`."""
        event = self._gates.setdefault(run, asyncio.Event())
        if run not in self._paused:
            event.set()

        async def gate() -> None:
            await event.wait()

        return gate

    def drop(self, ids: Collection[str]) -> None:
        """Stop doing what others do now."""
        for id in ids:
            doing = self._now.get(id)
            if doing is not None and doing.task is not None:
                doing.is_left = True
                doing.task.cancel()

    async def leave(self) -> None:
        """Stop doing anything, each where it is: others go on from its last finished step."""
        self.is_leaving = True
        tasks = [doing.task for doing in self._now.values() if doing.task is not None]
        self.drop(self.ids)
        if tasks:
            await asyncio.wait(tasks, timeout=10)

    def is_left(self) -> bool:
        """Return whether whoever asks was dropped here, so that what it began is not to be cancelled."""
        doing = _doing.get()
        return self.is_leaving or (doing is not None and doing.is_left)

    async def watch(self) -> None:
        """Do what people want, and take up what lies on the table, for as long as this is not cancelled."""
        while True:
            wanted, fresh = await self.record.do(_look)
            self._paused = frozenset(run for run, wish in wanted if wish == "pause")
            for run, event in self._gates.items():
                if run in self._paused:
                    event.clear()
                else:
                    event.set()
            cancelled = {run for run, wish in wanted if wish == "cancel"}
            for doing in self._now.values():
                if doing.run in cancelled and doing.task is not None:
                    doing.is_wished_away = True
                    doing.task.cancel()
            self._adopted &= set(fresh)
            for run in fresh:
                if run not in self._adopted:
                    await self.adopt(run)
                    self._adopted.add(run)
            await asyncio.sleep(_PAUSE_S)
            await self.record.database.changed(timeout_s=_AT_LEAST_EVERY_S)

    async def _is_cancelled(self, run: str) -> bool:
        found = await self.record.do(lambda transaction: find_run(transaction, run))
        return found is not None and found.wish == "cancel"


async def _in(doing: _Doing, work: Callable[[], Awaitable[_T]]) -> _T:
    _doing.set(doing)
    return await work()


def _look(transaction: Transaction) -> tuple[list[tuple[str, str]], list[str]]:
    fresh = transaction.execute("SELECT id FROM runs WHERE status = 'running' AND owner = '' ORDER BY created, id")
    wishes = transaction.execute("SELECT id, wish FROM runs WHERE wish <> '' AND ended IS NULL")
    return [(id, wish) for id, wish in wishes], [id for (id,) in fresh]
