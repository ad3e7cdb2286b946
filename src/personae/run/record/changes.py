"""Waiting for the record to change: one look at the database for all who wait, and each is told of what it missed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from weakref import WeakKeyDictionary

__all__ = ["Changes"]


class Changes:
    """Who waits, and how often something was written. `note` may come from any thread."""

    def __init__(self, look: Callable[[], bool], *, every_s: float) -> None:
        """`look` says whether another process has written since it was asked last; it is asked while somebody waits."""
        self._look, self._every_s = look, every_s
        self._count = 0
        self._seen: WeakKeyDictionary[asyncio.Task[object], int] = WeakKeyDictionary()
        self._waiting: set[asyncio.Future[None]] = set()
        self._looking_in: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()

    def note(self) -> None:
        """Say that something was written."""
        with self._lock:
            self._count += 1
            waiting = tuple(self._waiting)
        for future in waiting:
            loop = future.get_loop()
            if not loop.is_closed():
                loop.call_soon_threadsafe(_wake, future)

    async def wait(self, *, timeout_s: float) -> bool:
        """Return when something was written since this task asked last; False when the time is over before that.

        What a task missed before it asked for the first time is not known: it is told to look after a moment.
        """
        task = asyncio.current_task()
        assert task is not None
        with self._lock:
            missed = self._seen.get(task)
            current = self._count
        if missed is not None and missed != current:
            self._seen[task] = current
            await asyncio.sleep(0)
            return True
        is_first = missed is None
        woken = await self._wait(current, min(timeout_s, self._every_s) if is_first else timeout_s)
        with self._lock:
            self._seen[task] = self._count
        return woken or is_first

    async def _wait(self, current: int, timeout_s: float) -> bool:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        with self._lock:
            if self._count != current:
                return True
            self._waiting.add(future)
        if self._looking_in is not loop:
            self._looking_in = loop
            loop.call_later(self._every_s, self._look_again, loop)
        try:
            async with asyncio.timeout(timeout_s):
                await future
        except TimeoutError:
            return False
        finally:
            with self._lock:
                self._waiting.discard(future)
        return True

    def _look_again(self, loop: asyncio.AbstractEventLoop) -> None:
        """One look serves everybody: a thousand runs that wait cost what one does."""
        if self._looking_in is not loop:
            return
        if not self._waiting:
            self._looking_in = None
            return
        if self._look():
            self.note()
        loop.call_later(self._every_s, self._look_again, loop)


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
