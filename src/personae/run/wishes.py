"""What people want of the runs of this process: one look at the record for all of them, however many there are."""

from __future__ import annotations

import asyncio
from weakref import WeakKeyDictionary

from personae.run.record.database import Database
from personae.run.record.runs import Wish, wishes

__all__ = ["Wishes", "wishes_in"]

_AT_LEAST_EVERY_S = 5.0
_PAUSE_S = 0.02
"""After each look, so that a burst of writes is one."""

_known: WeakKeyDictionary[Database, Wishes] = WeakKeyDictionary()


class Wishes:
    """Who waits for wishes, in one event loop."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: dict[asyncio.Future[Wish], tuple[str, Wish]] = {}
        self._looking: asyncio.Task[None] | None = None

    async def another(self, run: str, than: Wish) -> Wish:
        """Return what is wanted of `run` once it is another than that."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Wish] = loop.create_future()
        self._waiting[future] = (run, than)
        if self._looking is None or self._looking.done() or self._looking.get_loop() is not loop:
            self._looking = loop.create_task(self._look(), name="watching for people")
        try:
            return await future
        finally:
            del self._waiting[future]
            if not self._waiting:
                self._looking.cancel()

    async def _look(self) -> None:
        while self._waiting:
            wanted = await self._database.do(wishes)
            for future, (run, than) in self._waiting.items():
                now = wanted.get(run, "")
                if now != than and not future.done():
                    future.set_result(now)
            await asyncio.sleep(_PAUSE_S)
            await self._database.changed(timeout_s=_AT_LEAST_EVERY_S)


def wishes_in(database: Database) -> Wishes:
    """Return the one that looks into `database` in this process."""
    if database not in _known:
        _known[database] = Wishes(database)
    return _known[database]
