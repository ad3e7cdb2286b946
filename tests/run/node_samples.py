"""Nodes, tools and performers for tests of the run room."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from personae.adopt.world import World
from personae.adopt.world_store import open_world
from personae.library.tiers import ModelBinding, ModelOffer
from personae.run.node import Node
from personae.run.record.ledger import Account
from personae.tools.declared import Declared, Effect, Legs
from personae.tools.granted import Granted

MODEL = ModelBinding(provider="function", model="scripted", effort="medium", because="a test says so")
OFFER = ModelOffer(embedded=True, embedded_model="smollm2-135m")


def node(path: str = "look", *, account: Account | None = None, max_steps: int = 20) -> Node:
    return Node(
        run="run-1",
        path=path,
        persona="scout",
        system="You are the scout.",
        user="Look at the pump.",
        model=MODEL,
        max_steps=max_steps,
        account=account or Account(),
    )


def granted(effect: Effect = "none", **tools: Callable[..., Any]) -> Granted:
    for name, tool in tools.items():
        tool.__name__ = name
    return Granted(tools=tools, declared={name: Declared(effect=effect, legs=Legs()) for name in tools})


def bare_world(root: Path) -> World:
    root.mkdir(parents=True, exist_ok=True)
    return open_world(root, models=lambda project, wish: OFFER)
