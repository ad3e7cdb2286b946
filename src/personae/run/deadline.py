"""The wall time a node may take. It stands still while a person is waited for: nobody's rest costs a step its life."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar

__all__ = ["standing_still", "within"]


class _Deadline:
    def __init__(self, timeout: asyncio.Timeout) -> None:
        self._timeout, self._waits, self._left_s = timeout, 0, 0.0

    def hold(self) -> None:
        self._waits += 1
        when = self._timeout.when()
        if self._waits == 1 and when is not None:
            self._left_s = when - asyncio.get_running_loop().time()
            self._timeout.reschedule(None)

    def let_go(self) -> None:
        self._waits -= 1
        if not self._waits and not self._timeout.expired():
            self._timeout.reschedule(asyncio.get_running_loop().time() + self._left_s)


_deadline: ContextVar[_Deadline | None] = ContextVar("_deadline", default=None)


@asynccontextmanager
async def within(seconds: float | None) -> AsyncIterator[None]:
    """Cancel the body after so many seconds (None: never), and raise `TimeoutError` for it."""
    if seconds is None:
        yield
        return
    async with asyncio.timeout(seconds) as timeout:
        token = _deadline.set(_Deadline(timeout))
        try:
            yield
        finally:
            _deadline.reset(token)


@contextmanager
def standing_still() -> Iterator[None]:
    """Let the time of the node stand still during the body. Several bodies at once count as one."""
    deadline = _deadline.get()
    if deadline is None:
        yield
        return
    deadline.hold()
    try:
        yield
    finally:
        deadline.let_go()
