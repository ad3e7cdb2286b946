"""What `torture.py` runs: a plan with parallel branches, tools of the three classes, sub-agents and an approval.

The model, the tools and the prices are of the library's own seams (`ModelAnswerer`, `Performer.tools`, `Seam.prices`);
nothing in the product knows of them.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from outside import line_to
from pydantic_ai.messages import ModelMessage, ModelRequest, ModelResponse, TextPart, ToolCallPart, ToolReturnPart
from pydantic_ai.models import Model
from pydantic_ai.models.function import AgentInfo, FunctionModel
from pydantic_ai.usage import RequestUsage

from personae.adopt.adopt import adopt
from personae.adopt.adoption import Adoption
from personae.adopt.world import World
from personae.adopt.world_store import open_world
from personae.library.project import Project
from personae.library.tiers import ModelBinding, ModelOffer
from personae.run.answerer import ModelAnswerer
from personae.run.durable import Seam, idempotency_key
from personae.run.engine import Engine
from personae.run.lifetime import Lifetime
from personae.run.node import Node, Outcome, node_of
from personae.run.perform import Performer
from personae.run.prices import Cost
from personae.run.record import inbox
from personae.run.record.inbox import Item
from personae.run.record.ledger import Account, Cap
from personae.run.record.record import Record
from personae.tools.declared import Declared, Effect, Legs
from personae.tools.live import LiveTool

MODEL = ModelBinding(provider="acme", model="one", effort="medium", because="the bench says so")
TOOLS: dict[str, Effect] = {"look": "none", "put": "idempotent", "send": "once"}
TOKENS = 60
NANOS_A_TOKEN = 1_000
STEPS: dict[str, tuple[str, ...]] = {"begin": (), "left": ("begin",), "right": ("begin",), "deep": ("begin",)}
STEPS |= {"gate": ("left", "right"), "end": ("gate", "deep")}
_SECONDS = 0.02


def write_project(root: Path) -> None:
    for slug, tools in {"worker": "[look, put, send, agent(helper)]", "helper": "[look, put, send]"}.items():
        folder = root / ".agents" / slug
        folder.mkdir(parents=True, exist_ok=True)
        head = f"---\nname: {slug.title()}\nrole: {slug.title()} of the yard\ntype: specialist\ntools: {tools}\n---\n"
        (folder / "persona.md").write_text(head + f"You are the {slug}.\n")


def world_of(root: Path) -> World:
    offer = ModelOffer(embedded=True, embedded_model="smollm2-135m")
    world = open_world(root, models=lambda project, wish: offer)
    return replace(world, tools=world.tools | set(TOOLS))


class Outside:
    """Asks the process that does what is done outside."""

    def __init__(self, place: Path) -> None:
        self.place = place

    async def ask(self, kind: str, key: str, text: str, tokens: int = 0) -> str:
        line = await line_to(self.place)
        try:
            answer: str = await line.ask(
                what="do", kind=kind, key=key, text=text, tokens=tokens, pid=os.getpid(), seconds=_SECONDS
            )
            return answer
        finally:
            line.writer.close()


class YardModels(ModelAnswerer):
    """A model that plays everybody: what it says follows from what it was asked."""

    def __init__(self, project: Project, outside: Outside) -> None:
        super().__init__(project=project)
        self.outside = outside

    async def model(self, binding: ModelBinding) -> Model[Any]:
        async def reply(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
            task = task_of(messages)
            turn = 1 + sum(isinstance(message, ModelResponse) for message in messages)
            await self.outside.ask("model", f"{task}|{turn}", f"{task}|{turn}", TOKENS)
            helper = "You are the helper." in str(info.instructions)
            parts = parts_of(task, turn, helper=helper, returned=returned(messages))
            usage = RequestUsage(input_tokens=TOKENS - 10, output_tokens=10)
            return ModelResponse(parts=parts, usage=usage)

        return FunctionModel(reply, model_name="one")


def parts_of(task: str, turn: int, *, helper: bool, returned: list[str]) -> list[Any]:
    step = task.split("/")[1].split(" ")[0]

    def call(tool: str, number: int = 0, **more: str) -> ToolCallPart:
        args = {"text": f"{task}.{turn}.{number}"} | more
        return ToolCallPart(tool, args, tool_call_id=f"{tool}-{turn}-{number}")

    if turn == 1 and (helper or step in ("left", "end")):
        return [call("look", 0), call("put", 1), call("send", 2)]
    if turn == 1 and step == "right":
        return [call("send", 0)]
    if turn == 2 and step == "right":
        return [call("put", 0)]
    if turn == 1 and step == "deep" and not helper:
        return [
            ToolCallPart("agent", {"name": "helper", "task": f"{task} child {n}"}, tool_call_id=f"agent-{n}")
            for n in (1, 2)
        ]
    return [TextPart(f"[{task}: {' & '.join(returned) or 'nothing'}]")]


def task_of(messages: list[ModelMessage]) -> str:
    (first, *_) = [part for part in messages[0].parts if part.part_kind == "user-prompt"]
    return str(first.content).strip().splitlines()[-1]


def returned(messages: list[ModelMessage]) -> list[str]:
    parts = [part for message in messages if isinstance(message, ModelRequest) for part in message.parts]
    return [str(part.content).replace("\n", " ") for part in parts if isinstance(part, ToolReturnPart)]


def tool_of(name: str, outside: Outside) -> Callable[..., Any]:
    async def tool(text: str) -> str:
        return await outside.ask(TOOLS[name], idempotency_key.get(), text)

    tool.__name__ = name
    tool.__doc__ = f"Do {name}.\n\nArgs:\n    text: What."
    return tool


def price(provider: str, model: str) -> Cost:
    return lambda usage: (usage.input_tokens + usage.output_tokens) * NANOS_A_TOKEN


def performer(root: Path, record: Record, place: Path, gate: Callable[[], Awaitable[None]]) -> Performer:
    world, outside = world_of(root), Outside(place)
    live = {
        name: LiveTool(name=name, call=tool_of(name, outside), declared=Declared(effect=effect, legs=Legs()))
        for name, effect in TOOLS.items()
    }
    seam = Seam(record=record, prices=price, gate=gate)
    return Performer(world=world, models=YardModels(world.project, outside), seam=seam, live=live)


def account_of(run: str, cap_nanos: int) -> Account:
    return Account(
        caps=(
            Cap(scope="project", whose="the project today", daily=True, max_usd_nanos=10**15),
            Cap(scope=f"run:{run}", whose="the run", max_usd_nanos=cap_nanos),
        )
    )


def node_for(world: World, run: str, step: str, before: list[str], cap_nanos: int) -> Node:
    adoption = adopt("worker", "sub-agent", world=world, task=f"{run}/{step}")
    assert isinstance(adoption, Adoption), adoption
    node = node_of(adoption, run=run, path=step, within=account_of(run, cap_nanos))
    user = "\n".join([*before, node.user])
    return replace(node, user=user, model=replace(MODEL))


async def conduct(life: Lifetime, engine: Engine, root: Path) -> None:
    """Do the steps as soon as what they need is done; one asks a person first, and any may be blocked by a call."""
    record, run, world = life.record, life.run.id, world_of(root)
    ended: dict[str, asyncio.Task[str]] = {}

    async def step(name: str) -> str:
        before = [await ended[need] for need in STEPS[name]]
        if name == "gate":
            item = Item(
                id=inbox.item_id(run, name), run=run, key=name, kind="step", persona="worker",
                title="Go on?", body={}, created=record.at,
            )  # fmt: skip
            await record.do(lambda transaction: inbox.post(transaction, item))
            await decided(record, item.id)
        node = node_for(world, run, name, before, int(life.run.spec["cap_nanos"]))
        while True:
            await engine.start(node)
            outcome: Outcome = await engine.wait(node)
            if outcome.done:
                return outcome.text
            if outcome.reason != "blocked":
                raise outcome.error_of()
            await decided(record, outcome.item)

    try:
        async with asyncio.TaskGroup() as group:
            for name in STEPS:
                ended[name] = group.create_task(step(name))
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None


async def decided(record: Record, item: str) -> None:
    while await record.do(lambda transaction: inbox.decision_on(transaction, item)) is None:
        await record.database.changed(timeout_s=5)
