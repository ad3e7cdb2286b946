"""What the record promises, on SQLite and on a real PostgreSQL: the same suite, with other processes at work."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest
from record_samples import ACCOUNT, DAY, Place, charge, dollars, place

from personae.errors import OverBudgetError, StorageError, UnknownNameError
from personae.run.record import inbox, journal, ledger, runs
from personae.run.record.database import Database, Transaction
from personae.run.record.inbox import Decision, Item
from personae.run.record.journal import Entry
from personae.run.record.runs import Run

__all__ = ["place"]

pytest_plugins = ["postgres_fixtures"]


@pytest.fixture
def database(place: Place) -> Iterator[Database]:
    database = place.open()
    yield database
    database.close()


def entry(key: str, **body: object) -> Entry:
    return Entry(run="run-1", key=key, kind="note", body=body, at=1.5)


def run(id: str = "run-1", *, owner: str = "me", created: float = 1.0) -> Run:
    return Run(id=id, kind="run", title="Paint it", persona="", spec={"plan": [1]}, created=created, owner=owner)


def item(id: str = "item-1") -> Item:
    return Item(id=id, run="run-1", key="a", kind="step", persona="scout", title="Go?", body={"x": 1}, created=2.0)


def test_an_entry_is_kept_as_it_was_written_and_never_changed(database: Database) -> None:
    first = entry("a/1", text='ü "x" % :name\x00\n', many=[1, 2.5, None, True])
    assert database.run(lambda transaction: journal.add(transaction, first)) is first
    assert database.run(lambda transaction: journal.add(transaction, entry("a/1", text="other"))) == first
    assert database.run(lambda transaction: journal.find(transaction, "run-1", "a/1")) == first
    assert database.run(lambda transaction: journal.find(transaction, "run-2", "a/1")) is None


def test_half_a_character_from_a_model_does_not_break_the_record(database: Database) -> None:
    half = entry("a/1", text="ü \ud83d")
    database.run(lambda transaction: journal.add(transaction, half))
    assert database.run(lambda transaction: journal.find(transaction, "run-1", "a/1")) == half


def test_entries_come_in_the_order_they_were_written_in_and_only_those_beneath(database: Database) -> None:
    for key in ("b/1", "a/2", "a/1", "a_/1", "a/2/tool.0"):
        database.run(lambda transaction, key=key: journal.add(transaction, entry(key)))  # type: ignore[misc]
    found = database.run(lambda transaction: journal.entries(transaction, "run-1", beneath="a/"))
    assert [one.key for one in found] == ["a/2", "a/1", "a/2/tool.0"]
    assert len(database.run(lambda transaction: journal.entries(transaction, "run-1"))) == 5


def test_a_unit_of_work_that_fails_leaves_nothing(database: Database) -> None:
    def half(transaction: Transaction) -> None:
        journal.add(transaction, entry("a"))
        raise UnknownNameError("step", "b", [])

    with pytest.raises(UnknownNameError):
        database.run(half)
    assert database.run(lambda transaction: journal.find(transaction, "run-1", "a")) is None


def test_wrong_sql_is_a_storage_error_and_the_next_work_is_done(database: Database) -> None:
    with pytest.raises(StorageError, match="cannot use"):
        database.run(lambda transaction: transaction.execute("SELECT nothing FROM nowhere"))
    assert database.run(lambda transaction: transaction.execute("SELECT 1")) == [(1,)]


def test_a_unit_of_work_does_not_begin_another(database: Database) -> None:
    with pytest.raises(AssertionError, match="does not begin another"):
        database.run(lambda transaction: database.run(lambda inner: None))


def is_gone(database: Database, id: str) -> bool:
    """A server learns from a closed connection, a moment later, that a process is gone."""
    deadline = time.monotonic() + 20
    while database.lives(id) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not database.lives(id)


def test_of_many_processes_that_add_one_key_one_is_right_and_all_agree(place: Place) -> None:
    place.open().close()
    script = """
from personae.run.record import journal
for number in range(30):
    mine = journal.Entry(run="r", key=f"k/{number}", kind="note", body={"by": name}, at=1.0)
    print(database.run(lambda transaction: journal.add(transaction, mine)).body["by"], end=" ")
"""
    said = place.in_processes(script, ["a", "b", "c"])
    assert len(said[0].split()) == 30
    assert said[0] == said[1] == said[2]


def test_many_processes_never_spend_past_a_cap(place: Place) -> None:
    database = place.open()
    script = """
from personae.errors import OverBudgetError
from personae.run.record import ledger
spent = 0
for number in range(60):
    def reserve(transaction):
        return ledger.reserve(transaction, charge(f"{name}/{number}"), dollars(20), ACCOUNT, at=1.0)
    try:
        made = database.run(reserve)
    except OverBudgetError:
        continue
    real = number % 20
    database.run(lambda transaction: ledger.settle(
        transaction, made, dollars(real), input_tokens=real, output_tokens=0, at=2.0))
    spent += real
print(spent)
"""
    said = place.in_processes(script, ["a", "b", "c"])
    held = database.run(lambda transaction: ledger.balance(transaction, ACCOUNT.caps[0], DAY))
    assert held.committed.usd_nanos == sum(map(int, said))
    assert 1_000 - 20 < held.committed.usd_nanos <= 1_000
    assert held.reserved.usd_nanos == 0
    by_line = database.run(lambda transaction: ledger.spending(transaction))
    assert sum(line.usd_nanos for line in by_line) == held.committed.usd_nanos
    database.close()


def test_two_processes_at_the_same_request_are_both_counted(place: Place) -> None:
    """The one has lost the node and does not know it yet: what both may have paid is counted, and let go of."""
    database = place.open()
    script = """
from personae.run.record import ledger
made = database.run(lambda transaction: ledger.reserve(transaction, charge("one"), dollars(100), ACCOUNT, at=1.0))
sys.stdin.readline()
database.run(lambda transaction: ledger.settle(transaction, made, dollars(7), input_tokens=7, output_tokens=0, at=2.0))
print(made.attempt)
"""
    attempts = place.in_processes(script, ["a", "b", "c"])
    assert sorted(attempts) == ["1", "2", "3"]
    held = database.run(lambda transaction: ledger.balance(transaction, ACCOUNT.caps[0], DAY))
    # 7 for each that settled before the next came; 100 for one that was taken for dead.
    assert held.reserved.usd_nanos == 0
    assert held.committed.usd_nanos in (21, 21 + 93, 21 + 2 * 93)
    database.close()


def test_a_reservation_past_a_cap_takes_nothing_from_any_scope(database: Database) -> None:
    database.run(lambda transaction: ledger.reserve(transaction, charge("a"), dollars(900), ACCOUNT, at=1.0))
    with pytest.raises(OverBudgetError, match="scout today has"):
        database.run(lambda transaction: ledger.reserve(transaction, charge("b"), dollars(101), ACCOUNT, at=1.0))
    for cap in ACCOUNT.caps:
        held = database.run(lambda transaction, cap=cap: ledger.balance(transaction, cap, DAY))  # type: ignore[misc]
        assert (held.committed.usd_nanos, held.reserved.usd_nanos) == (900, 900)


def test_a_run_is_opened_once_and_a_second_try_by_the_same_is_the_same(database: Database) -> None:
    assert database.run(lambda transaction: runs.open_run(transaction, run()))
    assert database.run(lambda transaction: runs.open_run(transaction, run()))
    assert not database.run(lambda transaction: runs.open_run(transaction, run(owner="you")))
    assert not database.run(lambda transaction: runs.open_run(transaction, run(created=2.0)))
    assert database.run(lambda transaction: runs.get_run(transaction, "n-1")) == run()


def test_one_of_many_processes_takes_a_dead_owners_run(place: Place) -> None:
    database = place.open()
    for number in range(20):
        database.run(lambda transaction, name=f"r{number}": runs.open_run(transaction, run(name, owner="dead")))  # type: ignore[misc]
    script = """
from personae.run.record import runs
for number in range(20):
    if database.run(lambda transaction: runs.claim(transaction, f"r{number}", owner=name, instead_of="dead")):
        print(number, end=" ")
"""
    said = place.in_processes(script, ["a", "b", "c"])
    assert sorted(int(number) for one in said for number in one.split()) == list(range(20))
    owners = {found.id: found.owner for found in database.run(lambda transaction: runs.list_runs(transaction))}
    for name, one in zip("abc", said, strict=True):
        assert all(owners[f"r{number}"] == name for number in one.split())
    database.close()


def test_only_who_does_a_run_ends_it(database: Database) -> None:
    database.run(lambda transaction: runs.open_run(transaction, run()))
    for owner, is_it in (("you", False), ("me", True)):
        done = database.run(
            lambda transaction, owner=owner: runs.close(  # type: ignore[misc]
                transaction, "run-1", owner=owner, status="done", reason="", at=9.0
            )
        )
        assert done is is_it
    ended = database.run(lambda transaction: runs.get_run(transaction, "run-1"))
    assert (ended.status, ended.owner, ended.ended, ended.over) == ("done", "", 9.0, True)
    (listed,) = database.run(lambda transaction: runs.list_runs(transaction, statuses=("done", "failed")))
    assert listed == ended


def test_what_was_decided_first_holds(place: Place) -> None:
    database = place.open()
    assert database.run(lambda transaction: inbox.post(transaction, item())) == item()
    assert database.run(lambda transaction: inbox.waiting(transaction, run="run-1")) == [item()]
    script = """
from personae.run.record import inbox
mine = inbox.Decision(item="item-1", verdict="approved", body={"by": name}, who=name, at=3.0)
print(database.run(lambda transaction: inbox.decide(transaction, mine)).who)
"""
    said = place.in_processes(script, ["a", "b", "c"])
    assert len(set(said)) == 1
    assert database.run(lambda transaction: inbox.waiting(transaction)) == []
    standing = database.run(lambda transaction: inbox.decision_on(transaction, "item-1"))
    assert standing == Decision(item="item-1", verdict="approved", body={"by": said[0]}, who=said[0], at=3.0)
    database.close()


def test_an_item_that_stands_is_not_asked_twice(database: Database) -> None:
    database.run(lambda transaction: inbox.post(transaction, item()))
    again = Item(id="item-1", run="run-1", key="a", kind="step", persona="scout", title="Other?", body={}, created=5.0)
    assert database.run(lambda transaction: inbox.post(transaction, again)) == item()


def test_whoever_waits_is_told_when_another_process_writes(place: Place) -> None:
    database, other = place.open(), place.open()

    async def wait() -> bool:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if database.run(lambda transaction: journal.find(transaction, "run-1", "a")):
                return True
            await database.changed(timeout_s=20)
        return False

    async def both() -> list[bool]:
        waiting = [asyncio.create_task(wait()) for _ in range(5)]
        await asyncio.sleep(0.3)
        await other.do(lambda transaction: journal.add(transaction, entry("a")))
        return await asyncio.gather(*waiting)

    assert asyncio.run(both()) == [True] * 5
    database.close()
    other.close()


def test_nobody_is_told_of_a_change_when_nobody_writes(database: Database) -> None:
    async def wait() -> list[bool]:
        await database.changed(timeout_s=1)
        database.run(lambda transaction: journal.find(transaction, "run-1", "a"))
        while await database.changed(timeout_s=0.5):  # what making the tables left to tell
            pass
        return [await database.changed(timeout_s=0.1) for _ in range(2)]

    assert asyncio.run(wait()) == [False, False]


def test_who_lives_is_known_and_who_died_or_let_go_is_not(place: Place) -> None:
    database = place.open()
    me = database.hold()
    assert database.lives(me.id)
    assert not database.lives("")
    script = """
import os, signal
hold = database.hold()
print(hold.id, database.lives(hold.id), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    (dead,) = place.in_processes(script, ["a"])
    id, was_alive = dead.split()
    assert was_alive == "True"
    assert is_gone(database, id)
    me.close()
    assert is_gone(database, me.id)
    database.close()


def test_a_newer_database_is_refused(place: Place) -> None:
    database = place.open()
    database.run(lambda transaction: transaction.execute("UPDATE personae_schema SET version = 99"))
    database.close()
    with pytest.raises(StorageError, match="it has version 99, and this personae knows") as caught:
        place.open()
    assert caught.value.help == "Update personae."


def test_many_processes_open_an_empty_database_at_once(place: Place) -> None:
    script = "print(database.run(lambda t: t.execute('SELECT version FROM personae_schema'))[0][0])"
    # Each has opened it before it says that it is ready.
    assert len(set(place.in_processes(script, ["a", "b", "c"]))) == 1
