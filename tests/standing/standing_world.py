"""A project with heartbeats on disk, a server over it with a scripted model, and a clock that is moved by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.models.function import AgentInfo

from personae.adopt.world_store import open_world
from personae.library.tiers import ModelOffer
from personae.run.prices import PriceOf, price_of
from personae.run.record.database import Hold
from personae.run.record.opening import open_database
from personae.run.record.record import Record
from personae.standing import table
from personae.standing.events import Event
from personae.standing.folder import Folder
from personae.standing.server import Server
from personae.standing.settings import standing_of
from personae.standing.station import Station
from personae.standing.table import Beat
from personae.testing import ManualClock, Reply, ScriptedModels, said

OFFER = ModelOffer(embedded=True, embedded_model="smollm2-135m")
WITH_KEY = ModelOffer(providers=frozenset(["anthropic"]), embedded=True, embedded_model="smollm2-135m")
MONDAY_0859 = datetime(2026, 11, 30, 8, 59, tzinfo=UTC)
LEAD = """---
name: Lead
role: Launch lead
type: lead
heartbeats:
  - cron: "0 9 * * 1"   # before the meeting
    label: "Monday standup"
    prompt: "What changed since Friday?"
---
You lead launches.
"""


OPEN: list[Served] = []
"""Closed at the end of each test."""


@pytest.fixture(autouse=True)
def nothing_stays_open() -> Iterator[None]:
    """Imported by each module of tests, which makes it one of its fixtures."""
    yield
    while OPEN:
        OPEN.pop().stop()


def answers(text: str = "The page is late.") -> Reply:
    """A model that answers so, and remembers nothing."""

    def reply(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        return said('{"entries": []}' if info.model_request_parameters.output_object is not None else text)

    return reply


@dataclass
class World:
    """One project and whoever serves it, as a test sees it."""

    root: Path
    clock: ManualClock
    reply: Reply = field(default_factory=answers)
    prices: PriceOf = price_of
    has_key: bool = False
    """Of Anthropic."""
    url: str = ""
    """Of a PostgreSQL that keeps the record; empty for SQLite."""
    events: list[Event] = field(default_factory=list)

    def write(self, slug: str, text: str) -> Path:
        path = self.root / ".agents" / slug / "persona.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    def settings(self, text: str) -> None:
        (self.root / "personae.toml").write_text(text, "utf-8")

    def open(self) -> Served:
        folder = Folder(self.root)
        record = Record(
            database=open_database(self.root, self.url),
            now=self.clock,
            zone=standing_of(folder.project).zone,
        )
        served = Served(self, folder, record, record.database.hold())
        OPEN.append(served)
        return served


@dataclass(eq=False)
class Served:
    """A server that was started, and may be stopped or killed."""

    world: World
    folder: Folder
    record: Record
    owner: Hold
    server: Server = field(init=False)

    def __post_init__(self) -> None:
        self.server = Server(
            folder=self.folder, record=self.record, make_station=self.station, tell=self.world.events.append
        )

    def station(self, folder: Folder) -> Station:
        offer = WITH_KEY if self.world.has_key else OFFER
        world = open_world(folder.root, models=lambda project, wish: offer, now=self.world.clock)

        def reply(messages: list[ModelMessage], info: AgentInfo) -> object:
            return self.world.reply(messages, info)

        return Station(
            world=world,
            personas=folder.personas,
            models=ScriptedModels(world.project, reply),  # type: ignore[arg-type]
            record=self.record,
            owner=self.owner.id,
            prices=self.world.prices,
        )

    async def at(self, moment: datetime) -> None:
        """Let it be `moment`, and everything that is to be done then be done."""
        self.world.clock.moment = moment
        self.server._looked_at = self.server._recovered_at = -1e9  # the clock of the test has moved, not the machine's
        await self.server.turn()
        await self.server.settled()

    def stop(self) -> None:
        """Let go of its runs, as the end of a process does."""
        self.owner.close()
        self.record.database.close()
        if self in OPEN:
            OPEN.remove(self)

    @property
    def beats(self) -> list[Beat]:
        return list(reversed(self.record.database.run(lambda transaction: table.history(transaction))))

    @property
    def became(self) -> list[tuple[str, str, str]]:
        """Of each line of the ledger: when it was due, what it became, and why."""
        return [(f"{datetime.fromtimestamp(beat.due, UTC):%a %H:%M}", beat.status, beat.reason) for beat in self.beats]


def world_in(tmp_path: Path, *, toml: str = "", lead: str = LEAD, now: datetime = MONDAY_0859) -> World:
    root = tmp_path / "project"
    root.mkdir()
    world = World(root=root, clock=ManualClock(now))
    world.settings(toml)
    world.write("gtm-lead", lead)
    return world


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def serving(world: World, script: Callable[[Served], Awaitable[None]]) -> Served:
    """Start a server, let `script` play, and stop it."""
    served = world.open()

    async def play() -> None:
        await served.server.boot()
        await script(served)
        await served.server.close()

    asyncio.run(play())
    return served
