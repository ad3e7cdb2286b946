"""personae: with its record on disk, as every run has."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from common import LINE, Waiting, cancelled, described, many, overhead, tell
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo

from personae.adopt.adopt import adopt
from personae.adopt.adoption import Adoption
from personae.adopt.world import World
from personae.library.project import Project, TreeLimits
from personae.library.registry import Registry
from personae.library.roster import SnapshotShelf
from personae.library.tiers import ModelOffer
from personae.persona.model import Persona
from personae.run.node import node_of
from personae.run.perform import Performer
from personae.testing import Reply, record_in, scripted_performer

CHILD = Persona(name="scout", description=LINE, system_prompt="You are the scout.", tools=["none"][:0])
BOSS = Persona(name="boss", system_prompt="You are the boss.", tools=["agent(scout)"])
CHIEF = Persona(name="chief", system_prompt="You are the chief.", tools=["agent(scout)"])
ROOT = Persona(name="root", system_prompt="You are the root.", tools=["agent(chief)"])


def made(folder: Path, reply: Reply, *personas: Persona) -> Performer:
    world = World(
        shelf=SnapshotShelf(Registry(personas or [BOSS, CHILD, CHIEF, ROOT]).snapshot()),
        project=Project(root=folder, limits=TreeLimits(at_once=5_000, spawns=100_000)),
        models=lambda wish: ModelOffer(embedded=True, embedded_model="smollm2-135m"),
    )
    return scripted_performer(world, reply, record_in(folder))


async def perform(performer: Performer, name: str, number: int) -> str:
    adoption = adopt(name, "sub-agent", world=performer.world, task="Look.")
    assert isinstance(adoption, Adoption)
    return (await performer.perform(node_of(adoption, run=f"run-{number}", path="ask"))).text


def calls(count: int, name: str = "scout") -> ModelResponse:
    return ModelResponse(parts=[ToolCallPart("agent", {"name": name, "task": f"Part {at}."}) for at in range(count)])


def playing(count: int, child: Any) -> Reply:
    def reply(messages: list[ModelMessage], info: AgentInfo) -> Any:
        if info.instructions and "the scout" in info.instructions:
            return child()
        name = "chief" if info.instructions and "the root" in info.instructions else "scout"
        return calls(count, name) if len(messages) == 1 else ModelResponse(parts=[TextPart("Done.")])

    return reply


async def slow() -> ModelResponse:
    await asyncio.sleep(1)
    return ModelResponse(parts=[TextPart("Red.")])


def at_once() -> ModelResponse:
    return ModelResponse(parts=[TextPart("Red.")])


def characters(folder: Path, count: int) -> int:
    """All that a parent's first call carries, beside its own prompt and task."""
    personas = [Persona(name=described(at)[0], description=described(at)[1], system_prompt="K.") for at in range(count)]
    boss = Persona(name="boss", system_prompt="You are the boss.", tools=["list", "read", "grep", "agent"])
    seen: list[int] = []

    def reply(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        tools = [
            json.dumps({"name": tool.name, "description": tool.description, "parameters": tool.parameters_json_schema})
            for tool in info.function_tools
        ]
        seen.append(len(info.instructions or "") + sum(map(len, tools)))
        return at_once()

    asyncio.run(perform(made(folder, reply, boss, *personas), "boss", 1))
    return seen[0]


async def start(waiting: Waiting, number: int) -> None:
    async def wait() -> ModelResponse:
        await waiting.wait()
        return at_once()

    with tempfile.TemporaryDirectory() as folder:
        performer = made(Path(folder), playing(4, wait))
        await perform(performer, "root", number)


def main() -> None:
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        performer = made(Path(folder), playing(1, at_once))
        found["overhead_ms"] = asyncio.run(overhead(lambda number: perform(performer, "boss", number), 10))
    with tempfile.TemporaryDirectory() as folder:
        performer = made(Path(folder), playing(1_000, slow))
        found["thousand"] = asyncio.run(many(lambda: perform(performer, "boss", 1)))
    found["cancel"] = asyncio.run(cancelled(start, int(sys.argv[1]), 16))
    counts = {}
    for count in (0, 10, 100, 300):
        with tempfile.TemporaryDirectory() as folder:
            counts[count] = characters(Path(folder), count)
    found["characters"] = counts
    assert replace(BOSS) == BOSS
    tell(found)


if __name__ == "__main__":
    main()
