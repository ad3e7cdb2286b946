"""Units of work that are asked for at once share a commit, and each is still done whole or not at all."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from personae.run.record.database import Transaction
from personae.run.record.sqlite import SqliteDatabase, open_sqlite


@pytest.fixture
def database(tmp_path: Path) -> SqliteDatabase:
    database = open_sqlite(tmp_path / "record.db")
    database.run(lambda transaction: transaction.execute("CREATE TABLE kept (number INTEGER PRIMARY KEY)"))
    return database


def keep(number: int, *, fails: bool = False) -> object:
    def work(transaction: Transaction) -> int:
        transaction.execute("INSERT INTO kept (number) VALUES (:number)", {"number": number})
        if fails:
            raise ValueError(f"{number} is refused")
        return number

    return work


def kept(path: Path) -> list[int]:
    with sqlite3.connect(path / "record.db") as connection:
        return [row[0] for row in connection.execute("SELECT number FROM kept ORDER BY number")]


def test_what_fails_is_undone_and_takes_nothing_with_it(database: SqliteDatabase, tmp_path: Path) -> None:
    async def all_at_once() -> list[object]:
        works = [keep(1), keep(2, fails=True), keep(3)]
        return await asyncio.gather(*(database.do(work) for work in works), return_exceptions=True)  # type: ignore[arg-type]

    first, second, third = asyncio.run(all_at_once())
    assert (first, str(second), third) == (1, "2 is refused", 3)
    assert kept(tmp_path) == [1, 3]


def test_many_at_once_are_one_commit(database: SqliteDatabase, tmp_path: Path) -> None:
    commits: list[str] = []
    database._connection.set_trace_callback(lambda sql: commits.append(sql) if sql == "COMMIT" else None)

    async def all_at_once() -> None:
        await asyncio.gather(*(database.do(keep(number)) for number in range(100)))  # type: ignore[arg-type]

    asyncio.run(all_at_once())
    assert (len(commits), kept(tmp_path)) == (1, list(range(100)))


def test_nobody_is_told_before_the_commit(database: SqliteDatabase, tmp_path: Path) -> None:
    async def then_look(number: int) -> list[int]:
        await database.do(keep(number))  # type: ignore[arg-type]
        return kept(tmp_path)

    async def all_at_once() -> list[list[int]]:
        return await asyncio.gather(*(then_look(number) for number in range(3)))

    assert asyncio.run(all_at_once()) == [[0, 1, 2]] * 3


def test_who_is_cancelled_before_it_is_done_has_done_nothing(database: SqliteDatabase, tmp_path: Path) -> None:
    async def cancelled() -> None:
        task = asyncio.create_task(database.do(keep(1)))  # type: ignore[arg-type]
        other = asyncio.create_task(database.do(keep(2)))  # type: ignore[arg-type]
        asyncio.get_running_loop().call_soon(task.cancel)
        await other
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    assert kept(tmp_path) in ([2], [1, 2])
