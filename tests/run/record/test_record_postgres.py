"""What only PostgreSQL does: threads, deadlocks, a server that goes away, a process that freezes."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from personae.errors import StorageError, UsageError
from personae.run.record import journal
from personae.run.record.database import Database, Transaction
from personae.run.record.journal import Entry
from personae.run.record.opening import database_url, open_database
from postgres_server import postgres_server

pytest_plugins = ["postgres_fixtures"]


def entry(key: str) -> Entry:
    return Entry(run="run-1", key=key, kind="note", body={}, at=1.5)


@pytest.fixture
def database(postgres_url: str, tmp_path: Path) -> Iterator[Database]:
    database = open_database(tmp_path, postgres_url)
    yield database
    database.close()


def test_two_that_wait_for_each_other_both_get_done(database: Database) -> None:
    for scope in "ab":
        database.run(
            lambda transaction, scope=scope: transaction.execute(  # type: ignore[misc]
                "INSERT INTO totals VALUES (:scope, 0, 0, 0, 0, 0)", {"scope": scope}
            )
        )
    both_hold_one = threading.Barrier(2)

    def take(first: str, second: str) -> None:
        tries: list[int] = []

        def work(transaction: Transaction) -> None:
            tries.append(1)
            for scope in (first, second):
                transaction.execute("UPDATE totals SET tokens = tokens + 1 WHERE scope = :scope", {"scope": scope})
                if len(tries) == 1 and scope == first:
                    both_hold_one.wait(timeout=20)

        database.run(work)

    threads = [threading.Thread(target=take, args=names) for names in (("a", "b"), ("b", "a"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert database.run(lambda transaction: transaction.execute("SELECT scope, tokens FROM totals ORDER BY scope")) == [
        ("a", 2),
        ("b", 2),
    ]


def test_a_cancelled_wait_leaves_its_work_whole(database: Database) -> None:
    started = threading.Event()

    def slow(transaction: Transaction) -> None:
        journal.add(transaction, entry("a"))
        started.set()
        time.sleep(0.3)
        journal.add(transaction, entry("b"))

    async def cancelled() -> int:
        task = asyncio.create_task(database.do(slow))
        await asyncio.to_thread(started.wait)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return len(database.run(lambda transaction: journal.entries(transaction, "run-1")))

    assert asyncio.run(cancelled()) == 2


def test_the_event_loop_goes_on_while_the_database_works(database: Database) -> None:
    async def both() -> list[str]:
        order: list[str] = []

        async def slow() -> None:
            await database.do(lambda transaction: transaction.execute("SELECT pg_sleep(0.3)"))
            order.append("slow")

        async def quick() -> None:
            await asyncio.sleep(0.01)
            order.append("quick")

        await asyncio.gather(slow(), quick())
        return order

    assert asyncio.run(both()) == ["quick", "slow"]


def test_a_server_that_restarts_is_waited_for(tmp_path: Path) -> None:
    with postgres_server() as server:
        database = open_database(tmp_path, server.new_database())
        database.run(lambda transaction: journal.add(transaction, entry("a")))
        server.restart()
        database.run(lambda transaction: journal.add(transaction, entry("b")))
        assert len(database.run(lambda transaction: journal.entries(transaction, "run-1"))) == 2
        database.close()


def test_a_process_that_freezes_inside_a_transaction_loses_it(database: Database) -> None:
    setting = database.run(lambda transaction: transaction.execute("SHOW idle_in_transaction_session_timeout"))
    assert setting == [("10s",)]


def test_a_server_that_is_not_there_is_said_without_the_password(tmp_path: Path) -> None:
    url = "postgresql://scout:geheim@127.0.0.1:1/harbor"
    with pytest.raises(StorageError) as caught:
        open_database(tmp_path, url)
    assert caught.value.path == "harbor on 127.0.0.1"
    assert "geheim" not in str(caught.value)
    assert caught.value.help == "Is PERSONAE_DATABASE_URL right, and does the server run?"


def test_only_postgresql_makes_a_fleet() -> None:
    assert database_url({}) == ""
    assert database_url({"PERSONAE_DATABASE_URL": "postgres://me@here/it"}) == "postgres://me@here/it"
    with pytest.raises(UsageError) as caught:
        database_url({"PERSONAE_DATABASE_URL": "mysql://me:geheim@here/it"})
    assert str(caught.value) == "PERSONAE_DATABASE_URL names mysql, and a fleet works on PostgreSQL"
