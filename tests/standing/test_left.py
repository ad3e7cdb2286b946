"""Which runs of plans a server goes on with: those of the dead, and those in which there is something to do."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from standing_world import OFFER

from personae.adopt.world import World
from personae.errors import BlockedError, UsageError
from personae.library.project import Project
from personae.library.registry import Snapshot
from personae.library.roster import SnapshotShelf
from personae.run.lifetime import Lifetime
from personae.run.owners import Owner
from personae.run.record import inbox, runs
from personae.run.record.inbox import Decision, Item, ItemKind
from personae.run.record.record import Record
from personae.run.record.runs import Run, RunKind, RunStatus, Wish
from personae.run.record.sqlite import open_sqlite
from personae.standing.beat import Ending
from personae.standing.left import LeftRuns

LEFT_AT = 100.0


@pytest.fixture
def owner(tmp_path: Path) -> Iterator[Owner]:
    one = Owner(tmp_path)
    yield one
    one.close()


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return Record(database=open_sqlite(tmp_path / ".personae" / "record.db"))


def world(root: Path) -> World:
    return World(shelf=SnapshotShelf(Snapshot([])), project=Project(root=root), models=lambda wish: OFFER)


async def finishes(life: Lifetime, world: World) -> None:
    """A plan that is done at once."""


def left(
    record: Record, status: RunStatus = "waiting", *, owner: str = "", kind: RunKind = "run", wish: Wish = ""
) -> None:
    ended = LEFT_AT if status == "waiting" else None
    run = Run(id="r", kind=kind, title="t", persona="", spec={}, created=1.0, owner="x", wish=wish)
    record.database.run(lambda tx: runs.open_run(tx, run))
    values = {"status": status, "owner": owner, "ended": ended, "wish": wish}
    record.database.run(
        lambda tx: tx.execute("UPDATE runs SET status = :status, owner = :owner, ended = :ended, wish = :wish", values)
    )


def asks(record: Record, id: str, kind: ItemKind = "step", *, decided_at: float | None = None) -> None:
    item = Item(id=id, run="r", key=id, kind=kind, persona="p", title="may it?", body={}, created=50.0)
    record.database.run(lambda tx: inbox.post(tx, item))
    if decided_at is not None:
        yes = Decision(item=id, verdict="approved", body={}, who="ada", at=decided_at)
        record.database.run(lambda tx: inbox.decide(tx, yes))


def ready(keeper: LeftRuns, me: Owner, *working: str) -> list[str]:
    return [run.id for run in asyncio.run(keeper.ready(working, owner=me.id))]


@pytest.mark.parametrize("status", ["running", "waiting"])
def test_a_run_of_the_dead_is_gone_on_with_once(record: Record, owner: Owner, status: RunStatus) -> None:
    left(record, status, owner="1-gone")
    keeper = LeftRuns(record=record, conduct=finishes)
    assert ready(keeper, owner) == ["r"]
    assert ready(keeper, owner) == []


@pytest.mark.parametrize("status", ["done", "failed", "stopped", "cancelled", "paused"])
def test_what_is_over_or_a_person_holds_is_left_alone(record: Record, owner: Owner, status: RunStatus) -> None:
    left(record, status)
    assert ready(LeftRuns(record=record, conduct=finishes), owner) == []


def test_what_a_person_wants_paused_is_left_alone(record: Record, owner: Owner) -> None:
    left(record, "running", owner="1-gone", wish="pause")
    assert ready(LeftRuns(record=record, conduct=finishes), owner) == []


@pytest.mark.parametrize("kind", ["ask", "chat", "loop", "goal", "plan"])
def test_what_is_bound_to_a_terminal_is_left_alone(record: Record, owner: Owner, kind: RunKind) -> None:
    left(record, "running", owner="1-gone", kind=kind)
    assert ready(LeftRuns(record=record, conduct=finishes), owner) == []


def test_a_living_process_keeps_its_run(record: Record, owner: Owner, tmp_path: Path) -> None:
    other = Owner(tmp_path)
    left(record, "running", owner=other.id)
    keeper = LeftRuns(record=record, conduct=finishes)
    assert ready(keeper, owner) == []
    other.close()
    assert ready(keeper, owner, "r") == []
    assert ready(keeper, owner) == ["r"]


def test_a_waiting_run_goes_on_when_something_was_decided_since_it_was_left(record: Record, owner: Owner) -> None:
    left(record)
    keeper = LeftRuns(record=record, conduct=finishes)
    asks(record, "a", decided_at=LEFT_AT - 1)
    asks(record, "b")
    assert ready(keeper, owner) == []
    asks(record, "c", decided_at=LEFT_AT + 1)
    assert ready(keeper, owner) == ["r"]


def test_one_whose_every_question_is_decided_goes_on_though_proposals_wait(record: Record, owner: Owner) -> None:
    left(record)
    asks(record, "a", decided_at=LEFT_AT - 1)
    asks(record, "b", "proposal")
    assert ready(LeftRuns(record=record, conduct=finishes), owner) == ["r"]


@pytest.mark.parametrize(
    ("error", "ending", "status"),
    [
        (None, Ending(status="ran"), "done"),
        (BlockedError("may it?", item="a"), Ending(status="left", reason="waits for a person: may it?"), "waiting"),
        (UsageError("no such tool"), Ending(status="failed", reason="no such tool"), "failed"),
    ],
)
def test_how_it_ended_stands_in_the_record(
    record: Record, owner: Owner, tmp_path: Path, error: Exception | None, ending: Ending, status: RunStatus
) -> None:
    left(record, "running", owner="1-gone")

    async def conduct(life: Lifetime, world: World) -> None:
        assert life.run.owner == owner.id
        if error is not None:
            raise error

    async def play() -> Ending | None:
        keeper = LeftRuns(record=record, conduct=conduct)
        (run,) = await keeper.ready((), owner=owner.id)
        return await keeper.go_on(run, world(tmp_path), owner=owner.id)

    assert asyncio.run(play()) == ending
    assert record.database.run(lambda tx: runs.get_run(tx, "r")).status == status


def test_who_is_second_does_nothing(record: Record, owner: Owner, tmp_path: Path) -> None:
    left(record, "running", owner="1-gone")
    done: list[str] = []

    async def conduct(life: Lifetime, world: World) -> None:
        done.append(life.run.id)

    async def play() -> list[Ending | None]:
        keepers = [LeftRuns(record=record, conduct=conduct) for _ in range(2)]
        found = [(keeper, run) for keeper in keepers for run in await keeper.ready((), owner=owner.id)]
        return [await keeper.go_on(run, world(tmp_path), owner=owner.id) for keeper, run in found]

    assert asyncio.run(play()) == [Ending(status="ran"), None]
    assert done == ["r"]


def test_a_server_that_stops_leaves_it_for_the_next(record: Record, owner: Owner, tmp_path: Path) -> None:
    left(record, "running", owner="1-gone")

    async def conduct(life: Lifetime, world: World) -> None:
        await asyncio.sleep(60)

    async def play() -> None:
        keeper = LeftRuns(record=record, conduct=conduct)
        (run,) = await keeper.ready((), owner=owner.id)
        task = asyncio.create_task(keeper.go_on(run, world(tmp_path), owner=owner.id))
        while record.database.run(lambda tx: runs.get_run(tx, "r")).owner != owner.id:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(play())
    assert record.database.run(lambda tx: runs.get_run(tx, "r")).status == "running"
    assert ready(LeftRuns(record=record, conduct=finishes), owner) == ["r"]
