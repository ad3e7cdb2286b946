"""Waiting for entries of the journal that other processes write: one look for all of them, however many wait."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from personae.run.record.database import Transaction, Value
from personae.run.record.journal import Entry, find
from personae.run.record.record import Record

__all__ = ["Awaited"]

_AT_LEAST_EVERY_S = 5.0
_PAUSE_S = 0.02
"""After each look, so that a burst of writes is one."""
_AT_ONCE = 200
"""Keys in one statement."""


class Awaited:
    """Who waits in this process, and for what."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._waiting: dict[tuple[str, str], set[asyncio.Future[None]]] = {}
        self._looking: asyncio.Task[None] | None = None

    async def entry(self, run: str, key: str, *, every_s: float, meanwhile: Callable[[], object]) -> Entry:
        """Return the entry `key` of `run` once it stands; `meanwhile` is awaited each `every_s` that it does not."""
        while True:
            found = await self._record.do(lambda transaction: find(transaction, run, key))
            if found is not None:
                return found
            if await self._wait((run, key), every_s):
                continue
            given = meanwhile()
            if asyncio.iscoroutine(given):
                given = await given
            if isinstance(given, Entry):
                return given

    async def _wait(self, wanted: tuple[str, str], timeout_s: float) -> bool:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(wanted, set()).add(future)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look(), name="waiting for nodes")
        try:
            async with asyncio.timeout(timeout_s):
                await future
        except TimeoutError:
            return False
        finally:
            waiting = self._waiting[wanted]
            waiting.discard(future)
            if not waiting:
                del self._waiting[wanted]
        return True

    async def _look(self) -> None:
        while self._waiting:
            wanted = list(self._waiting)
            for start in range(0, len(wanted), _AT_ONCE):
                some = wanted[start : start + _AT_ONCE]
                for key in await self._record.do(lambda transaction, some=some: _standing(transaction, some)):  # type: ignore[misc]
                    for future in self._waiting.get(key, ()):
                        if not future.done():
                            future.set_result(None)
            await asyncio.sleep(_PAUSE_S)
            await self._record.database.changed(timeout_s=_AT_LEAST_EVERY_S)


def _standing(transaction: Transaction, wanted: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return which of `wanted` stand in the journal."""
    values: dict[str, Value] = {}
    for number, (run, key) in enumerate(wanted):
        values[f"r{number}"], values[f"k{number}"] = run, key
    one_of = ", ".join(f"(:r{number}, :k{number})" for number in range(len(wanted)))
    rows = transaction.execute(f"SELECT run, key FROM journal WHERE (run, key) IN (VALUES {one_of})", values)
    return [(run, key) for run, key in rows]
