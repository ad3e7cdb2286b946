"""Cancelling a root stops everything beneath it, requests that are under way too; what is detached goes on."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from node_samples import granted
from pydantic_ai.messages import ModelMessage, ModelResponse, ToolCallPart
from pydantic_ai.models.function import AgentInfo
from tree_samples import entries, perform, played, root_node, says, spawns, world_of

from hang import a_hang_fails
from personae.errors import StoppedError
from personae.run.detached import Detached, detach
from personae.run.local import LocalEngine
from personae.run.perform import Performer
from personae.run.record.record import Record
from personae.run.record.runs import Run, find_run, wish
from personae.testing import record_in, said, scripted_performer

guarded = pytest.fixture(autouse=True)(a_hang_fails)


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return record_in(tmp_path)


class Slow:
    """Models that never answer; who was asked, and who was told to stop."""

    def __init__(self, expected: int) -> None:
        self.begun: list[str] = []
        self.ended: list[str] = []
        self.all_begun = asyncio.Event()
        self.expected = expected

    def part(self, name: str) -> Callable[[list[ModelMessage], AgentInfo], Awaitable[ModelResponse]]:
        async def answer(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
            self.begun.append(name)
            if len(self.begun) == self.expected:
                self.all_begun.set()
            try:
                await asyncio.sleep(60)
            finally:
                self.ended.append(name)
            return said("Red.")

        return answer


def deep_performer(tmp_path: Path, record: Record, slow: Slow) -> Performer:
    world = world_of(tmp_path / "yard", boss="[agent(chief)]", chief="[agent(scout)]", scout="none")
    reply = played(
        boss=spawns(("chief", "One."), ("chief", "Two.")),
        chief=spawns(("scout", "Left."), ("scout", "Right.")),
        scout=slow.part("scout"),
    )
    return scripted_performer(world, reply, record)


def test_cancelling_a_root_stops_every_request_that_is_under_way(tmp_path: Path, record: Record) -> None:
    async def work() -> Slow:
        slow = Slow(expected=4)
        performer = deep_performer(tmp_path, record, slow)
        task = asyncio.create_task(performer.perform(root_node(performer.world, "boss")))
        await slow.all_begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return slow

    slow = asyncio.run(work())
    assert slow.begun == slow.ended == ["scout"] * 4
    assert not [entry.key for entry in entries(record) if entry.kind == "end"]


def test_the_engine_cancels_a_run_with_all_its_descendants(tmp_path: Path, record: Record) -> None:
    async def work() -> Slow:
        slow = Slow(expected=4)
        performer = deep_performer(tmp_path, record, slow)
        engine = LocalEngine(performer.perform, record)
        node = root_node(performer.world, "boss")
        await engine.start(node)
        await slow.all_begun.wait()
        await engine.cancel(node.run)
        return slow

    assert asyncio.run(work()).ended == ["scout"] * 4


def test_a_caller_is_released_at_once_though_a_tool_sits_in_a_thread(tmp_path: Path, record: Record) -> None:
    world = world_of(tmp_path / "yard", boss="[agent(scout)]", scout="none")
    sits = asyncio.Event()

    def boss(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        return ModelResponse(parts=[ToolCallPart("sit", {})])

    async def work() -> bool:
        loop, stand_up = asyncio.get_running_loop(), threading.Event()

        def sit() -> str:
            loop.call_soon_threadsafe(sits.set)
            stand_up.wait(60)
            return "up"

        performer = scripted_performer(world, played(boss=boss), record)
        task = asyncio.create_task(performer.perform(root_node(world, "boss"), granted=granted(sit=sit)))
        await sits.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        released_before_it_stood_up = not stand_up.is_set()
        stand_up.set()
        return released_before_it_stood_up

    assert asyncio.run(work())


def test_a_child_that_fails_leaves_its_siblings_alone(tmp_path: Path, record: Record) -> None:
    from pydantic_ai.exceptions import ModelHTTPError

    world = world_of(tmp_path / "yard", boss='["agent(scout, clerk)"]', scout="none", clerk="none")

    def clerk(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        raise ModelHTTPError(500, "scripted")

    async def scout(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        await asyncio.sleep(0.05)
        return said("Red.")

    reply = played(boss=spawns(("clerk", "File it."), ("scout", "Look.")), clerk=clerk, scout=scout)
    outcome = perform(scripted_performer(world, reply, record), root_node(world, "boss"))
    assert "clerk did not finish (it failed): scripted answered with HTTP status 500." in outcome.text
    assert "Red." in outcome.text


def detached_run(record: Record) -> Run:
    return Run(id="run-2", kind="task", title="Look.", persona="scout", spec={}, created=record.at, owner="me")


def test_a_detached_child_goes_on_when_its_parent_is_cancelled_and_is_a_run_of_its_own(
    tmp_path: Path, record: Record
) -> None:
    world = world_of(tmp_path / "yard", boss="[agent(scout)]", scout="none")
    go = asyncio.Event()

    async def scout(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        await go.wait()
        return said("Red.")

    async def work() -> str:
        performer = scripted_performer(world, played(scout=scout), record)
        made: list[Detached] = []

        async def parent() -> None:
            made.append(detach(detached_run(record), root_node(world, "scout"), performer))
            await asyncio.sleep(60)

        task = asyncio.create_task(parent())
        while not made:
            await asyncio.sleep(0)
        task.cancel()
        go.set()
        return (await made[0].task).text

    assert asyncio.run(work()) == "Red."
    run = record.database.run(lambda transaction: find_run(transaction, "run-2"))
    assert run is not None
    assert (run.status, run.kind) == ("done", "task")
    assert [entry.key for entry in entries(record, "run-2")] == ["ask/start", "ask/1", "ask/end"]


def test_a_detached_run_is_cancelled_by_its_name(tmp_path: Path, record: Record) -> None:
    world = world_of(tmp_path / "yard", scout="none")

    async def work() -> None:
        slow = Slow(expected=1)
        performer = scripted_performer(world, played(scout=slow.part("scout")), record)
        found = detach(detached_run(record), root_node(world, "scout"), performer)
        await slow.all_begun.wait()
        record.database.run(lambda transaction: wish(transaction, "run-2", "cancel"))
        with pytest.raises(StoppedError) as caught:
            await found.task
        assert caught.value.reason == "cancelled"
        assert slow.ended == ["scout"]

    asyncio.run(work())


def test_nothing_but_a_host_detaches(tmp_path: Path, record: Record) -> None:
    """The tool has no argument for it, and a child that was begun by a call ends with it: see above."""
    world = world_of(tmp_path / "yard", boss="[agent(scout)]", scout="none")
    reply = played(boss=spawns(("scout", "Look.")), scout=says("Red."))
    performer = scripted_performer(world, reply, record)
    assert perform(performer, root_node(world, "boss")).done
    assert {entry.run for entry in entries(record)} == {"run-1"}
