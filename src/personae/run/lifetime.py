"""A run from its first line in the record to its last: who does it, who holds or stops it, how it ended."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from personae.errors import BlockedError, PersonaeError, StoppedError, StorageError
from personae.run.record.database import Transaction
from personae.run.record.record import Record
from personae.run.record.runs import Run, RunStatus, Wish, claim, close, mark, open_run
from personae.run.wishes import wishes_in

__all__ = ["Lifetime", "lived"]


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
    watching = asyncio.create_task(_watch(life, task), name=f"{run.id}: watching for people")
    status: RunStatus = "done"
    reason, is_left = "", False
    try:
        yield life
    except asyncio.CancelledError:
        if not life._cancelled:
            is_left = leaves()
            status, reason = "stopped", "interrupted; personae resume goes on"
            raise
        task.uncancel()
        status, reason = "cancelled", "a person cancelled it"
        raise StoppedError(f"run {run.id} was cancelled", reason="cancelled") from None
    except BlockedError as error:
        status, reason = "waiting", error.message
        raise
    except StoppedError as error:
        status, reason = "stopped", error.message
        raise
    except PersonaeError as error:
        status, reason = "failed", error.message
        raise
    except BaseException as error:
        status, reason = "failed", f"{type(error).__name__}: {error}"
        raise
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
        # Without a wait in between, so that a second Ctrl-C cannot lose it.
        if not is_left:
            record.database.run(
                lambda transaction: close(
                    transaction, run.id, owner=run.owner, status=status, reason=reason, at=record.at
                )
            )


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


async def _watch(life: Lifetime, task: asyncio.Task[object]) -> None:
    """Do what people ask of the run, at once: they write it in its row."""
    wanted: Wish = ""
    while True:
        wanted = await wishes_in(life.record.database).another(life.run.id, wanted)
        if wanted == "cancel":
            life._cancelled = True
            task.cancel()
            return
        if wanted == "pause":
            life._open.clear()
        else:
            life._open.set()
        await life.say("paused" if wanted == "pause" else "running")
