"""What a persona, its project and the command line ask of a model, put together for the one lookup."""

from __future__ import annotations

from typing import Protocol

from personae.library.project import Project
from personae.library.tiers import ModelWish, Rung

__all__ = ["AsksForModel", "model_wish", "rungs_of"]


class AsksForModel(Protocol):
    """A persona, or the head of one."""

    @property
    def model(self) -> str | None: ...

    @property
    def effort(self) -> str | None: ...

    @property
    def tier(self) -> str | None: ...


def model_wish(persona: AsksForModel | None, project: Project, *, override: str | None = None) -> ModelWish:
    """Return what is wished for `persona`, or for work that no persona does; `override` is `--model`."""
    return ModelWish(
        model=persona.model if persona else None,
        effort=persona.effort if persona else None,
        tier=persona.tier if persona else None,
        default_model=project.defaults.model,
        override=override,
        substitute=project.defaults.substitute,
    )


def rungs_of(project: Project) -> dict[str, Rung]:
    """Return the project's own `[tiers]`."""
    return {tier: Rung(model=rung.get("model"), effort=rung.get("effort")) for tier, rung in project.tiers.items()}
