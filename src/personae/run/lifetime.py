"""A run from its first line in the record to its last: who does it, who holds or stops it, how it ended."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from weakref import WeakKeyDictionary

from personae.errors import BlockedError, PersonaeError, StoppedError, StorageError
from personae.run.record.database import Database, Transaction
from personae.run.record.record import Record
from personae.run.record.runs import Run, RunStatus, Wish, claim, close, find_run, mark, open_run, wishes
from personae.run.tracing import run_span

__all__ = ["Lifetime", "lived"]

_LOOK_AT_LEAST_EVERY_S = 5.0
_REST_S = 0.03
"""Between two looks."""


@dataclass(slots=True, kw_only=True)
class Lifetime:
    """A run while this process does it."""

    run: Run
    record: Record
    _open: asyncio.Event = field(default_factory=asyncio.Event)
    """Set while nobody holds it."""
    _cancelled: bool = False

    async def gate(self) -> None:
        """Wait while a person has paused the run."""
        await self._open.wait()

    async def say(self, status: RunStatus, reason: str = "") -> None:
        """Write down where the run stands while it goes on: running, or waiting for what."""
        run = self.run
        await self.record.do(
            lambda transaction: mark(transaction, run.id, owner=run.owner, status=status, reason=reason)
        )


@asynccontextmanager
async def lived(
    run: Run, record: Record, *, instead_of: str | None = None, leaves: Callable[[], bool] = lambda: False
) -> AsyncIterator[Lifetime]:
    """Open `run`, or with `instead_of` (its dead owner, empty for nobody) take it over; close it as the body ends.

    Another process may ask for it to be paused or cancelled; a cancelled body ends with `StoppedError`. A body that
    raises `BlockedError` leaves the run waiting. Cancelling the body from outside (Ctrl-C, the end of the process)
    leaves it as it is, to be resumed; where `leaves` says so then, it is not closed at all, and others go on with it.
    Raises `StorageError` when somebody else does the run.
    """
    await record.do(lambda transaction: _take(transaction, run, instead_of))
    life = Lifetime(run=run, record=record)
    life._open.set()
    task = asyncio.current_task()
    assert task is not None
    watch = _watch_over(record)
    watch.add(life, task)
    end = _End("done")
    is_left = False
    try:
        with run_span(run):
            yield life
    except asyncio.CancelledError:
        if not life._cancelled:
            end = _End("stopped", "interrupted; personae resume goes on" if run.resumable else "interrupted")
            is_left = leaves() and record.database.run(lambda transaction: _wish_of(transaction, run)) != "cancel"
            raise
        end = _CANCELLED
        task.uncancel()
        raise StoppedError(f"run {run.id} was cancelled", reason="cancelled") from None
    except BlockedError as error:
        end = _End("waiting", error.message)
        raise
    except StoppedError as error:
        end = _End("stopped", error.message)
        raise
    except PersonaeError as error:
        end = _End("failed", error.message)
        raise
    except BaseException as error:
        end = _End("failed", f"{type(error).__name__}: {error}", is_bug=True)
        raise
    finally:
        await watch.remove(life)
        if not is_left:
            await _close(run, record, end)


@dataclass(frozen=True, slots=True)
class _End:
    status: RunStatus
    reason: str = ""
    is_bug: bool = False
    """Whether nothing that a person wished explains it."""


_CANCELLED = _End("cancelled", "a person cancelled it")


async def _close(run: Run, record: Record, end: _End) -> None:
    """Close the run, whatever comes meanwhile: a second Ctrl-C cannot lose it."""

    def closing(transaction: Transaction) -> None:
        # In a fleet its steps may be cancelled, and it end of that, before this process has seen the wish.
        is_cancelled = end.status != "done" and not end.is_bug and _wish_of(transaction, run) == "cancel"
        told = _CANCELLED if is_cancelled else end
        close(transaction, run.id, owner=run.owner, status=told.status, reason=told.reason, at=record.at)

    if end.status != "done":  # somebody is in a hurry to leave
        record.database.run(closing)
        return
    try:
        await record.do(closing)  # with all that end in this moment
    except asyncio.CancelledError:
        record.database.run(closing)
        raise


def _wish_of(transaction: Transaction, run: Run) -> Wish:
    found = find_run(transaction, run.id)
    return "" if found is None else found.wish


def _take(transaction: Transaction, run: Run, instead_of: str | None) -> None:
    taken = (
        open_run(transaction, run)
        if instead_of is None
        else claim(transaction, run.id, owner=run.owner, instead_of=instead_of)
    )
    if not taken:
        raise StorageError(
            "take over", f"the run {run.id}", "another process does it", help="personae runs shows which."
        )


class _Watch:
    """Looks what people ask of all runs of one process at once: a thousand runs are one look, not a thousand."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._lives: dict[str, tuple[Lifetime, asyncio.Task[object]]] = {}
        self._looking: asyncio.Task[None] | None = None

    def add(self, life: Lifetime, task: asyncio.Task[object]) -> None:
        self._lives[life.run.id] = (life, task)
        if self._looking is None:
            self._looking = asyncio.create_task(self._look(), name="watching for people")

    async def remove(self, life: Lifetime) -> None:
        del self._lives[life.run.id]
        if not self._lives and self._looking is not None:
            looking, self._looking = self._looking, None
            _watches.pop(self._record.database, None)
            looking.cancel()
            with suppress(asyncio.CancelledError):
                await looking

    async def _look(self) -> None:
        while True:
            owners = {life.run.owner for life, _ in self._lives.values()}
            wanted: dict[str, Wish] = {}
            for owner in owners:
                wanted.update(await self._record.do(partial(wishes, owner=owner)))
            for life, task in list(self._lives.values()):
                await _do(life, task, wanted.get(life.run.id, ""))
            await self._record.database.changed(timeout_s=_LOOK_AT_LEAST_EVERY_S)
            # A run writes often and people seldom: what this process wrote itself needs no look of its own.
            await asyncio.sleep(_REST_S)


async def _do(life: Lifetime, task: asyncio.Task[object], wish: Wish) -> None:
    """Do what people ask of the run, at once: they write it in its row."""
    if wish == "cancel":
        if not life._cancelled:
            life._cancelled = True
            task.cancel()
    elif (wish == "pause") is life._open.is_set():
        if wish == "pause":
            life._open.clear()
        else:
            life._open.set()
        await life.say("paused" if wish == "pause" else "running")


_watches: WeakKeyDictionary[Database, _Watch] = WeakKeyDictionary()


def _watch_over(record: Record) -> _Watch:
    return _watches.setdefault(record.database, _Watch(record))
