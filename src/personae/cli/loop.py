"""`personae loop`: a persona again and again, on an interval or until a condition."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from personae.adopt.adoption import Adoption
from personae.adopt.compose import Material
from personae.adopt.world import World
from personae.cli import out
from personae.cli.here import here, slug_argument
from personae.cli.interrupting import until_interrupted
from personae.cli.recording import Begun, new_run_of
from personae.cli.wearing import answerer_of, attempting, duration_s, ready, tell_reflection, wear, world_of
from personae.cli.work import given_option, model_option, read_given
from personae.library.roots import find_root
from personae.run.modes.checks import check_of, done_check
from personae.run.modes.loop import LoopRound, loop
from personae.run.modes.rounds import Over, Rounds, path_of
from personae.run.modes.spec import LoopSpec, spec_in
from personae.run.modes.wearing import Reflection
from personae.run.node import Outcome
from personae.run.record.runs import Run
from personae.run.snapshot import pinned

__all__ = ["command", "looped"]

_STDIN = "-"


@click.command("loop")
@slug_argument("name")
@click.argument("task")
@click.option("--every", required=True, metavar="D", help="Rest between rounds: 30s, 10m, 2h, 1d.")
@click.option("--until", metavar="CMD", help="End when this command exits 0; it is given the answer on standard input.")
@click.option("--rounds", type=click.IntRange(1), help="End after so many rounds.")
@click.option("--no-reflect", is_flag=True, help="Remember nothing of the rounds.")
@given_option
@model_option
def command(
    name: str,
    task: str,
    every: str,
    until: str | None,
    rounds: int | None,
    no_reflect: bool,
    given: tuple[str, ...],
    override: str | None,
) -> None:
    """Give persona NAME the same TASK every D, until CMD passes or Ctrl-C. Each round starts fresh and remembers.

    What was stopped or killed goes on with personae resume, in the round it was in.

    \b
    personae loop operator "Which job failed since the last round?" --every 10m --with jobs.log
    """
    root = find_root(here())
    spec = LoopSpec(
        persona=name,
        task=task,
        materials=tuple(read_given([_STDIN]) if _STDIN in given else ()),
        model=override,
        given=tuple(file if file == _STDIN else str(Path(file).absolute()) for file in given),
        every_s=duration_s(every),
        until=None if until is None else done_check(command=until, root=root),
        most_rounds=rounds,
        reflects=not no_reflect,
    )
    if spec.until is not None:
        check_of(spec.until, root=root)
    adoption = _worn(spec, world_of(spec))
    looped(new_run_of("loop", task, persona=adoption.slug, spec=spec.as_json()))


def looped(run: Run, *, instead_of: str | None = None, wait: bool | None = None) -> None:
    """Do the rounds of `run` (with `instead_of` in place of its dead owner) and print each as it ends.

    Raises what keeps it from beginning, or from going on. Interrupted, it says how to go on.
    """
    spec = spec_in(run, LoopSpec)
    world = world_of(spec)

    async def work() -> None:
        models = answerer_of(world)
        async with attempting(run, world=world, models=models, instead_of=instead_of, wait=wait) as begun:
            rounds = Rounds(record=begun.performer.seam.record, run=run.id)
            await _Loop(spec=spec, world=world, begun=begun, rounds=rounds).go_on()

    until_interrupted(run.id, work())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Loop:
    """A loop that this command does."""

    spec: LoopSpec
    world: World
    begun: Begun
    rounds: Rounds

    async def go_on(self) -> None:
        """Do the rounds that are left, each printed before it is over: a kill in between may show one twice."""
        spec, over = self.spec, await self.rounds.newest_over()
        if over.last:
            return
        if over.number:
            await self._rest_of(over)
        done_rounds = loop(
            self._round,
            every_s=spec.every_s,
            rest=asyncio.sleep,
            until=None if spec.until is None else check_of(spec.until, root=self.world.project.root),
            most_rounds=spec.most_rounds,
            judged=self.rounds.judged,
            before=over.number,
        )
        async for done in done_rounds:
            _tell(done)
            await self.rounds.close(done.number, last=done.last or done.number == spec.most_rounds)

    async def _round(self, number: int) -> tuple[Outcome, Reflection]:
        # Adopted anew: what the last round remembered is recalled, and an edited persona counts from now on. A round
        # that was begun before goes on with the persona it was begun with.
        spec, worn = self.spec, await self.rounds.worn(number)
        world = self.world if worn is None else pinned(self.world, [worn], model=spec.model)
        wearing = await ready(_worn(spec, world), self.begun)
        answer = await wearing.ask(spec.task, path=path_of(number))
        if not spec.reflects:
            return answer, Reflection()
        happened = f"Task: {spec.task}\n\nAnswer: {answer.text}"
        return answer, await wearing.reflect(happened, run=f"{wearing.run}-{number}", now=datetime.now(UTC))

    async def _rest_of(self, over: Over) -> None:
        """Rest for what is left of the interval since the newest round that is over."""
        left_s = max(over.at + self.spec.every_s - self.rounds.record.at, 0.0)
        out.progress("·", f"rounds done before: {over.number}; the next begins in {left_s:.0f} s", dim=True)
        await asyncio.sleep(left_s)


def _worn(spec: LoopSpec, world: World) -> Adoption:
    return wear(spec.persona, "loop", world=world, task=spec.task, materials=_materials(spec))


def _materials(spec: LoopSpec) -> Sequence[Material]:
    """Return the texts given: files as they are now, and what came from standard input, which is there only once."""
    return [text for file in spec.given for text in (spec.materials if file == _STDIN else read_given([file]))]


def _tell(done: LoopRound) -> None:
    out.progress("●", f"round {done.number}, {datetime.now(UTC):%H:%M:%S} UTC", color="blue")
    out.data(done.answer.text)
    tell_reflection(done.remembered)
    if done.verdict is not None:
        out.progress("✓" if done.last else "·", done.verdict.said, dim=True)
