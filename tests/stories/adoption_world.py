"""A small world to adopt in: personas in memory or a project on disk, the embedded model, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from personae.adopt.adopt import adopt
from personae.adopt.adoption import Adoption, Refusal
from personae.adopt.world import World
from personae.adopt.world_store import open_world
from personae.library.project import Project
from personae.library.registry import Snapshot
from personae.library.roster import SnapshotShelf
from personae.library.tiers import ModelOffer, ModelWish
from personae.persona.model import Persona

EMBEDDED = ModelOffer(embedded=True)
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def world_of(*personas: Persona, project: Project | None = None, offer: ModelOffer = EMBEDDED) -> World:
    return World(
        shelf=SnapshotShelf(Snapshot(personas)),
        project=project or Project(root=Path("nowhere")),
        models=lambda wish: offer,
    )


def world_in(folder: Path, files: Mapping[str, str]) -> World:
    """Write a project and open it."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return open_world(folder, models=_embedded, now=lambda: NOW)


def _embedded(project: Project, wish: ModelWish) -> ModelOffer:
    return EMBEDDED


def adopted(name: str, mode: str, *, world: World, task: str | None = None, warm: bool = False) -> Adoption:
    found = adopt(name, mode, world=world, task=task, warm=warm)
    assert isinstance(found, Adoption), found
    return found


def refused(name: str, mode: str, *, world: World) -> Refusal:
    found = adopt(name, mode, world=world)
    assert isinstance(found, Refusal), found
    return found


def with_tools(world: World, *tools: str) -> World:
    return replace(world, tools=frozenset(tools))
