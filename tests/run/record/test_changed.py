"""Waiting for what others write: everybody who waits is told, and nobody of what was there before they asked."""

from __future__ import annotations

import asyncio
from pathlib import Path

from personae.run.record import journal
from personae.run.record.journal import Entry
from personae.run.record.record import Record
from personae.testing import record_in


def write(record: Record, key: str) -> None:
    entry = Entry(run="run-1", key=key, kind="note", body={}, at=1.0)
    record.database.run(lambda transaction: journal.add(transaction, entry))


def test_everybody_who_waits_is_told_of_a_write_of_this_process_or_another(tmp_path: Path) -> None:
    record, other = record_in(tmp_path), record_in(tmp_path)
    told: list[str] = []

    async def waiter(name: str) -> None:
        await record.database.changed(timeout_s=0)
        for _ in range(2):
            assert await record.database.changed(timeout_s=60)
            told.append(name)

    async def work() -> None:
        waiters = [asyncio.create_task(waiter(name)) for name in ("one", "two")]
        await asyncio.sleep(0.05)
        write(record, "here")
        while len(told) < 2:
            await asyncio.sleep(0.01)
        write(other, "there")
        await asyncio.gather(*waiters)

    asyncio.run(work())
    assert sorted(told) == ["one", "one", "two", "two"]


def test_without_a_write_the_wait_ends_with_no(tmp_path: Path) -> None:
    record = record_in(tmp_path)

    async def work() -> list[bool]:
        return [await record.database.changed(timeout_s=0.01) for _ in range(3)]

    assert asyncio.run(work()) == [True, False, False]
