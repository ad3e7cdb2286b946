"""Several processes serve one project, with its record in SQLite and in a real PostgreSQL."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.models.function import AgentInfo
from standing_world import LEAD, MONDAY_0859, World, answers, minutes, nothing_stays_open, world_in

__all__ = ["nothing_stays_open"]

pytest_plugins = ["postgres_fixtures"]
NINE = MONDAY_0859 + minutes(1)
HOURLY = LEAD.replace("0 9 * * 1", "0 * * * *")


@pytest.fixture(params=["sqlite", "postgres"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    world = world_in(tmp_path, lead=HOURLY)
    world.url = request.getfixturevalue("postgres_url") if request.param == "postgres" else ""
    return world


def test_two_processes_serve_one_project_and_each_beat_is_done_once(world: World) -> None:
    one, other = world.open(), world.open()

    async def play() -> None:
        await one.server.boot()
        await other.server.boot()
        for hour in range(5):
            world.clock.moment = NINE + timedelta(hours=hour)
            await asyncio.gather(one.server.turn(), other.server.turn())
            await one.server.settled()
            await other.server.settled()

    asyncio.run(play())
    assert [status for _, status, _ in one.became] == ["ran"] * 5
    assert len([event for event in world.events if event.kind == "begun"]) == 5


def test_what_another_process_does_is_left_to_it_until_it_is_gone(world: World) -> None:
    hold = asyncio.Event()

    def reply(messages: list[ModelMessage], info: AgentInfo) -> object:
        async def never() -> ModelResponse:
            await hold.wait()
            raise AssertionError

        return never()

    world.reply = reply  # type: ignore[assignment]
    first, second = world.open(), world.open()

    async def begins() -> None:
        await first.server.boot()
        await first.server.turn()
        world.clock.moment = NINE
        await first.server.turn()
        while [status for _, status, _ in first.became] != ["running"]:
            await asyncio.sleep(0.01)
        await first.server.close()

    async def looks() -> None:
        await second.server.boot()
        await second.at(NINE + minutes(1))

    asyncio.run(begins())
    world.reply = answers("The page is late.")
    asyncio.run(looks())
    assert second.became == [("Mon 09:00", "running", "")]
    (beat,) = second.beats
    assert beat.owner == first.owner.id
    first.owner.close()
    asyncio.run(looks())
    assert second.became == [("Mon 09:00", "ran", "")]
