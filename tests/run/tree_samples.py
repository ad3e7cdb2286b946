"""Personas that spawn each other, on disk, and a model that plays all of them by their stance."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeAlias

from node_samples import OFFER
from pydantic_ai.messages import ModelMessage, ModelRequest, ModelResponse, ToolCallPart, ToolReturnPart, UserPromptPart
from pydantic_ai.models.function import AgentInfo

from personae.adopt.adopt import adopt
from personae.adopt.adoption import Adoption
from personae.adopt.world import World
from personae.adopt.world_store import open_world
from personae.run.node import NOBODY, Node, Outcome, node_of
from personae.run.perform import Performer
from personae.run.record import journal
from personae.run.record.journal import Entry
from personae.run.record.ledger import Account
from personae.run.record.record import Record
from personae.testing import Reply, said

Part: TypeAlias = Callable[[list[ModelMessage], AgentInfo], ModelResponse | Awaitable[ModelResponse]]


def write_persona(root: Path, slug: str, *, tools: str = "none", more: str = "", stance: str = "") -> None:
    folder = root / ".agents" / slug
    folder.mkdir(parents=True, exist_ok=True)
    text = f"---\nname: {slug.title()}\nrole: {slug.title()} of the yard\ntype: specialist\ntools: {tools}\n{more}---\n"
    (folder / "persona.md").write_text(text + (stance or f"You are the {slug}.") + "\n")


def world_of(root: Path, toml: str = "", **tools: str) -> World:
    """A project with a persona for each keyword, its value its `tools`."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "personae.toml").write_text(toml)
    for slug, listed in tools.items():
        write_persona(root, slug, tools=listed)
    return open_world(root, models=lambda project, wish: OFFER)


def root_node(
    world: World, name: str, task: str = "Look at the pump.", *, within: Account = NOBODY, path: str = "ask"
) -> Node:
    adoption = adopt(name, "sub-agent", world=world, task=task)
    assert isinstance(adoption, Adoption), adoption
    return node_of(adoption, run="run-1", path=path, within=within)


def played(**parts: Part) -> Reply:
    """A model that answers for each persona by its own function: whose turn it is, the stance says."""

    def reply(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse | Awaitable[ModelResponse]:
        who = next(name for name in parts if f"You are the {name}." in str(info.instructions))
        return parts[who](messages, info)

    return reply


def spawns(*tasks: tuple[str, str], then: str = "Done.") -> Part:
    """Somebody who lets others do `tasks` at once, then answers with what came back."""

    def part(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        if len(messages) == 1:
            return ModelResponse(parts=[ToolCallPart("agent", {"name": name, "task": task}) for name, task in tasks])
        return said("\n".join([then, *returned(messages)]))

    return part


def says(text: str) -> Part:
    return lambda messages, info: said(text)


def returned(messages: list[ModelMessage]) -> list[str]:
    """What the tools gave, in order."""
    parts = [part for message in messages if isinstance(message, ModelRequest) for part in message.parts]
    return [str(part.content) for part in parts if isinstance(part, ToolReturnPart)]


def asked(messages: list[ModelMessage]) -> str:
    """The task, as the model was given it."""
    (first,) = [part for part in messages[0].parts if isinstance(part, UserPromptPart)]
    return str(first.content)


def perform(performer: Performer, node: Node) -> Outcome:
    return asyncio.run(performer.perform(node))


def entries(record: Record, run: str = "run-1") -> list[Entry]:
    return list(record.database.run(lambda transaction: journal.entries(transaction, run)))


def keys(record: Record) -> list[str]:
    return [entry.key for entry in entries(record)]
