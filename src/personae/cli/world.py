"""The world of the working folder, with the models of this machine."""

from __future__ import annotations

import os
from dataclasses import replace

from personae.adopt.world import World
from personae.adopt.world_store import open_world
from personae.cli.here import here
from personae.cli.servers import with_pinned
from personae.library.project import Project
from personae.library.tiers import ModelOffer, ModelWish
from personae.library.wishes import rungs_of
from personae.run.models.offer import look
from personae.tools.plugin import plugins_here

__all__ = ["models_of", "with_plugins", "world_here"]


def world_here(*, override: str | None = None) -> World:
    """Return what adoptions in the working folder read. Raises `InvalidFileError` for a broken project file."""
    return with_plugins(with_pinned(open_world(here(), models=models_of, model_override=override)))


def with_plugins(world: World) -> World:
    """Return `world` with the tools that installed plugins bring."""
    brought = plugins_here().tools
    return replace(world, tools=world.tools | brought.keys()) if brought else world


def models_of(project: Project, wish: ModelWish) -> ModelOffer:
    """Return what this machine has to meet `wish`."""
    return look(os.environ, wish=wish, rungs=rungs_of(project))
