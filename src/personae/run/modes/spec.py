"""What a run of one persona was begun with, as plain JSON: all that another process needs to go on with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from personae.adopt.adoption import Adoption
from personae.adopt.compose import Material
from personae.adopt.world import World
from personae.errors import RecordError
from personae.run.modes.checks import DoneCheck
from personae.run.record.runs import Run
from personae.run.snapshot import PersonaSnapshot, freeze, pinned

__all__ = ["AskSpec", "GoalSpec", "LoopSpec", "ModeSpec", "spec_in", "worn_by"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeSpec:
    """What all modes have in common. It never changes."""

    persona: str
    task: str
    worn: tuple[PersonaSnapshot, ...] = ()
    """Who it was when the run began; nobody in a loop, whose rounds put on who it is by then."""
    materials: tuple[Material, ...] = ()
    """The texts given, as they were read when the run began."""
    model: str | None = None
    """`--model`: answers for everybody."""

    def as_json(self) -> dict[str, Any]:
        """Return it as plain JSON, which `spec_in` reads."""
        body: dict[str, Any] = TypeAdapter(type(self)).dump_python(self, mode="json")
        return body

    def world(self, here: World) -> World:
        """Return the world of the run. Raises `InvalidFileError` where this version refuses its persona."""
        return pinned(here, self.worn, model=self.model)


@dataclass(frozen=True, slots=True, kw_only=True)
class AskSpec(ModeSpec):
    """One task for a sub-agent."""

    warm: bool = False
    shows_json: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalSpec(ModeSpec):
    """Rounds towards a goal, which is the task."""

    check: DoneCheck
    target: str | None = None
    """The file that each answer is written to before the check."""
    most_rounds: int | None = None
    """None for the rounds that the persona allows."""
    reflects: bool = True
    shows_json: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopSpec(ModeSpec):
    """Rounds on an interval."""

    given: tuple[str, ...] = ()
    """Files that each round reads anew; `-` stands for the one of the materials, read from standard input."""
    every_s: float
    until: DoneCheck | None = None
    most_rounds: int | None = None
    reflects: bool = True


def worn_by(adoption: Adoption) -> tuple[PersonaSnapshot, ...]:
    """Return what a spec keeps of who is put on."""
    return () if adoption.persona is None else (freeze(adoption.persona),)


_Spec = TypeVar("_Spec", bound=ModeSpec)


def spec_in(run: Run, kind: type[_Spec]) -> _Spec:
    """Return what `run` was begun with. Raises `RecordError` for one that another version wrote in another way."""
    try:
        return TypeAdapter(kind).validate_python(run.spec)
    except ValidationError as error:
        reason = "another version of personae began it"
        raise RecordError("go on with", f"the run {run.id}", reason, help="Begin it anew.") from error
