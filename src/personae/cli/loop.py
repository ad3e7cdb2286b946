"""`personae loop`: a persona again and again, on an interval or until a condition."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from functools import partial

import click

from personae.cli import out
from personae.cli.here import slug_argument
from personae.cli.recording import Begun, began
from personae.cli.wearing import answerer_of, duration_s, new_run, ready, tell_reflection, wear, world_for
from personae.cli.work import given_option, model_option, read_given
from personae.run.modes.checks import command_check
from personae.run.modes.loop import LoopRound, loop
from personae.run.modes.wearing import Reflection
from personae.run.node import Outcome

__all__ = ["command"]


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

    \b
    personae loop operator "Which job failed since the last round?" --every 10m --with jobs.log
    """
    world = world_for(name, override=override)
    check = command_check(until, root=world.project.root) if until is not None else None
    answerer = answerer_of(world)
    run = new_run()

    async def one_round(number: int, begun: Begun) -> tuple[Outcome, Reflection]:
        # Adopted anew: what the last round remembered is recalled, and an edited persona counts from now on.
        adoption = wear(name, "loop", world=world, task=task, materials=read_given(given))
        wearing = await ready(adoption, begun)
        answer = await wearing.ask(task, path=f"round.{number}")
        if no_reflect:
            return answer, Reflection()
        happened = f"Task: {task}\n\nAnswer: {answer.text}"
        return answer, await wearing.reflect(happened, run=f"{run}-{number}", now=datetime.now(UTC))

    async def all_rounds() -> None:
        every_s = duration_s(every)
        async with began("loop", task, persona=name, world=world, models=answerer, id=run) as begun:
            each = partial(one_round, begun=begun)
            async for done in loop(each, every_s=every_s, rest=asyncio.sleep, until=check, most_rounds=rounds):
                _tell(done)

    asyncio.run(all_rounds())


def _tell(done: LoopRound) -> None:
    out.progress("●", f"round {done.number}, {datetime.now(UTC):%H:%M:%S} UTC", color="blue")
    out.data(done.answer.text)
    tell_reflection(done.remembered)
    if done.verdict is not None:
        out.progress("✓" if done.last else "·", done.verdict.said, dim=True)
