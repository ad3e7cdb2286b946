"""Opens the world of a project on disk: what adoptions there read, each part looked at when it is needed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from personae.adopt.world import World
from personae.errors import InvalidFileError
from personae.library.offers_store import find_skill, read_capabilities, read_opinion
from personae.library.project import Project
from personae.library.roster import open_roster
from personae.library.substrate_store import read_substrate
from personae.library.tiers import ModelOffer, ModelWish
from personae.memory.place import index_path, memory_path
from personae.memory.recall import Recall, recall
from personae.persona.model import Persona

__all__ = ["RECALL_TOKENS", "open_world"]

RECALL_TOKENS = 1_000
"""What memory may take of a prompt, estimated."""


def open_world(
    start: Path,
    *,
    models: Callable[[Project, ModelWish], ModelOffer],
    model_override: str | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> World:
    """Return the world of the project that `start` lies in. It reads the project file and names, and no persona.

    Raises `InvalidFileError` for a broken project file, `StorageError` for a folder that cannot be read.
    """
    roster = open_roster(start)
    substrate = read_substrate(roster.project)
    errors = [item for item in (*roster.diagnostics, *substrate.diagnostics) if item.severity == "error"]
    if errors:
        raise InvalidFileError(errors)
    project = roster.project

    def from_memory(persona: Persona | None, task: str) -> Recall:
        place, index = memory_path(persona, project.root), index_path(persona, project.root)
        return recall(place, task, budget_tokens=RECALL_TOKENS, now=now(), index=index)

    return World(
        shelf=roster,
        project=project,
        models=partial(models, project),
        substrate=substrate.names,
        opinions=read_opinion(project.root),
        skills=find_skill(project.root),
        capabilities=partial(read_capabilities, project),
        recall=from_memory,
        model_override=model_override,
    )
