"""How a run is closed: by the end of its body, by what a person wished of it, or by the end of the process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from personae.errors import BlockedError, PersonaeError, StoppedError
from personae.run.lifetime import lived
from personae.run.record.record import Record
from personae.run.record.runs import Run, find_run, wish
from personae.testing import record_in


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return record_in(tmp_path)


def run_of() -> Run:
    return Run(id="run-1", kind="run", title="", persona="", spec={}, created=1.0, owner="me")


def stands(record: Record) -> Run:
    standing = record.database.run(lambda transaction: find_run(transaction, "run-1"))
    assert standing is not None
    return standing


def ends(record: Record, error: BaseException, *, wished: bool, leaves: Callable[[], bool] = lambda: False) -> Run:
    """Return the run whose body raised `error`, and which a person had wished to cancel unseen."""

    async def work() -> None:
        async with lived(run_of(), record, leaves=leaves):
            if wished:
                record.database.run(lambda transaction: wish(transaction, "run-1", "cancel"))
            raise error

    with pytest.raises(type(error)):
        asyncio.run(work())
    return stands(record)


@pytest.mark.parametrize(
    "error", [StoppedError("step facts stopped"), BlockedError("step facts waits", item="1"), PersonaeError("no")]
)
def test_a_run_that_ends_of_a_cancel_it_has_not_seen_yet_is_cancelled(record: Record, error: PersonaeError) -> None:
    run = ends(record, error, wished=True)
    assert (run.status, run.reason, run.owner) == ("cancelled", "a person cancelled it", "")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (StoppedError("the cap"), "stopped"),
        (BlockedError("a person", item="1"), "waiting"),
        (PersonaeError("no"), "failed"),
    ],
)
def test_a_run_that_nobody_cancelled_ends_as_its_body_does(record: Record, error: PersonaeError, status: str) -> None:
    run = ends(record, error, wished=False)
    assert (run.status, run.reason) == (status, error.message)


def test_a_fault_of_ours_is_told_even_of_a_run_that_was_to_be_cancelled(record: Record) -> None:
    run = ends(record, ZeroDivisionError("by zero"), wished=True)
    assert (run.status, run.reason) == ("failed", "ZeroDivisionError: by zero")


def test_a_worker_that_leaves_closes_only_what_was_to_be_cancelled(record: Record) -> None:
    run = ends(record, asyncio.CancelledError(), wished=True, leaves=lambda: True)
    assert (run.status, run.owner) == ("cancelled", "")


def test_a_worker_that_leaves_leaves_the_run_as_it_is(record: Record) -> None:
    run = ends(record, asyncio.CancelledError(), wished=False, leaves=lambda: True)
    assert (run.status, run.owner) == ("running", "me")


@pytest.mark.parametrize("turns", range(8))
def test_a_run_that_is_cancelled_in_any_turn_after_its_body_is_closed(record: Record, turns: int) -> None:
    async def whole(ended: asyncio.Event) -> None:
        async with lived(run_of(), record):
            ended.set()

    async def work() -> None:
        ended = asyncio.Event()
        task = asyncio.create_task(whole(ended))
        await ended.wait()
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(work())
    run = stands(record)
    assert (run.status, run.owner) == ("done", "")
    assert run.ended is not None
