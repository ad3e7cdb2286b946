"""How many children work at a time. A child that waits for children of its own gives its place to others meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

__all__ = ["Slots"]


@dataclass(slots=True)
class _Held:
    """The place of one child."""

    free: asyncio.Semaphore
    waiting: int = 0
    """Children of its own that it waits for."""
    held: bool = True

    def lend(self) -> None:
        self.waiting += 1
        if self.held:
            self.held = False
            self.free.release()

    async def back(self) -> None:
        self.waiting -= 1
        if self.waiting == 0:
            await self.free.acquire()
            self.held = True


_mine: ContextVar[_Held | None] = ContextVar("_mine", default=None)


@dataclass(slots=True)
class Slots:
    """The places of one run."""

    at_once: int
    _free: asyncio.Semaphore = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Make the places."""
        self._free = asyncio.Semaphore(self.at_once)

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[None]:
        """Hold a place while the body runs, and wait for one first."""
        parent = _mine.get()
        if parent is not None:
            parent.lend()
        try:
            await self._free.acquire()
            mine = _Held(self._free)
            token = _mine.set(mine)
            try:
                yield
            finally:
                _mine.reset(token)
                if mine.held:
                    self._free.release()
        finally:
            if parent is not None:
                await parent.back()
