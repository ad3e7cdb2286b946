"""What many ask of the record in one turn is written together, and each is undone alone."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from personae.run.record import journal
from personae.run.record.database import Transaction
from personae.run.record.journal import Entry
from personae.run.record.record import Record
from personae.testing import record_in


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return record_in(tmp_path)


def entry(key: str) -> Entry:
    return Entry(run="run-1", key=key, kind="note", body={}, at=1.0)


def keys(record: Record) -> list[str]:
    return [found.key for found in record.database.run(lambda transaction: journal.entries(transaction, "run-1"))]


def test_one_that_raises_undoes_itself_and_leaves_the_others(record: Record) -> None:
    def fails(transaction: Transaction) -> None:
        journal.add(transaction, entry("b"))
        raise KeyError("no")

    async def work() -> tuple[object, ...]:
        asked = (
            record.do(lambda transaction: journal.add(transaction, entry("a"))),
            record.do(fails),
            record.do(lambda transaction: len(journal.entries(transaction, "run-1"))),
        )
        return tuple(await asyncio.gather(*asked, return_exceptions=True))

    first, second, third = asyncio.run(work())
    assert first == entry("a")
    assert isinstance(second, KeyError)
    assert third == 1
    assert keys(record) == ["a"]


def test_what_nobody_waits_for_any_more_is_not_begun(record: Record) -> None:
    async def work() -> None:
        task = asyncio.create_task(record.do(lambda transaction: journal.add(transaction, entry("late"))))
        other = asyncio.create_task(record.do(lambda transaction: journal.add(transaction, entry("kept"))))
        asyncio.get_running_loop().call_soon(task.cancel)
        await asyncio.wait([task, other])

    asyncio.run(work())
    assert keys(record) == ["kept"]


def test_a_loop_that_ended_leaves_nothing_in_the_way_of_the_next(record: Record) -> None:
    async def leaves() -> None:
        task = asyncio.ensure_future(record.do(lambda transaction: journal.add(transaction, entry("left"))))
        del task

    asyncio.run(leaves())
    asyncio.run(record.do(lambda transaction: journal.add(transaction, entry("next"))))
    assert "next" in keys(record)
