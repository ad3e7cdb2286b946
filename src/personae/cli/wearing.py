"""What the commands that run a persona share: put it on or say why not, and tell what it lacks."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from personae.adopt.adopt import adopt
from personae.adopt.adoption import Adoption, Refusal, as_error
from personae.adopt.compose import Material
from personae.adopt.spawning import tree_problems
from personae.adopt.world import World
from personae.cli import out
from personae.cli.recording import Begun, doing
from personae.cli.servers import met
from personae.cli.work import notes_on
from personae.cli.world import world_here
from personae.errors import InvalidFileError, PersonaeError, StorageError, UsageError
from personae.persona.model import Mode
from personae.run.answerer import ModelAnswerer
from personae.run.models.progress import ProgressBar
from personae.run.modes.spec import ModeSpec
from personae.run.modes.wearing import Reflection, Wearing, put_on
from personae.run.record.runs import Run

__all__ = [
    "answerer_of",
    "attempting",
    "duration_s",
    "ready",
    "tell",
    "tell_reflection",
    "wear",
    "world_for",
    "world_of",
]

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def wear(
    name: str,
    mode: Mode,
    *,
    world: World,
    task: str | None = None,
    materials: Sequence[Material] = (),
    warm: bool = False,
    runs: bool = True,
) -> Adoption:
    """Return the adoption. Raises the refusal as the error of its kind.

    Where it is not run, only looked at, it needs no model.
    """
    found = adopt(name, mode, world=world, task=task, materials=materials, warm=warm)
    if isinstance(found, Refusal) and found.would_be is not None and not runs:
        found = found.would_be
    if isinstance(found, Refusal):
        raise as_error(found)
    if wrong := tree_problems(name, world):
        raise InvalidFileError(wrong)
    return found


def world_for(name: str | None, *, override: str | None) -> World:
    """Return the world here for a run of `name`, with the tools of MCP servers that it asks for."""
    return met(world_here(override=override), name)


def world_of(spec: ModeSpec) -> World:
    """Return the world here for a run that is begun, or was begun, with `spec`."""
    return met(spec.world(world_here(override=spec.model)), spec.persona)


def answerer_of(world: World) -> ModelAnswerer:
    """Return who builds the models here; weights that must be fetched show their progress."""
    return ModelAnswerer(project=world.project, override=world.model_override, progress=ProgressBar(sys.stderr))


@asynccontextmanager
async def attempting(
    run: Run, *, world: World, models: ModelAnswerer, instead_of: str | None, wait: bool | None
) -> AsyncIterator[Begun]:
    """Do `run` as `doing` does; where something stops it, say how to go on."""
    async with doing(run, world=world, models=models, instead_of=instead_of, wait=wait) as begun:
        try:
            yield begun
        except StorageError:
            raise  # what cannot go on says so itself
        except PersonaeError:
            out.note(f"run {run.id} is not done; personae resume {run.id} goes on with it")
            raise


async def ready(adoption: Adoption, begun: Begun) -> Wearing:
    """Return `adoption` ready to be asked in a run, after saying who answers and what is missing."""
    for note in notes_on([adoption.model]):
        out.warn(note)
    wearing = await put_on(adoption, begun.performer, run=begun.run, within=begun.account)
    tell(adoption, wearing.granted.not_yet)
    if wearing.trust.guarded:
        out.warn(f"guarded: {wearing.trust.verdict.sentence}; each call that carries data out waits for a person")
        out.note(f"  personae trust {adoption.slug} shows it all, and allows it.")
    return wearing


def tell(adoption: Adoption, not_yet: Sequence[str] = ()) -> None:
    """Say on standard error what the adoption does without."""
    for lack in adoption.degraded:
        out.progress("·", f"degraded: {lack}", dim=True)
    if not_yet:
        out.progress("·", f"tools this version does not have yet: {', '.join(not_yet)}", dim=True)


def tell_reflection(reflection: Reflection) -> None:
    """Say what a run left in memory."""
    for text in reflection.kept:
        out.progress("+", f"remembered: {text}", color="green", dim=True)
    if reflection.fault:
        out.progress("·", f"nothing remembered: {reflection.fault}", dim=True)


def duration_s(text: str) -> float:
    """Return the seconds of `30s`, `10m`, `2h`, `1d` or a plain number. Raises `UsageError`."""
    number, unit = (text[:-1], text[-1]) if text[-1:] in _UNITS else (text, "s")
    try:
        seconds = float(number) * _UNITS[unit]
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < 366 * 86400:
        raise UsageError(f"{text!r} is not a duration", help="Write 30s, 10m, 2h or 1d.")
    return seconds
