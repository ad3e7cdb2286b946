"""`personae goal`: a persona works until a check of yours passes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from personae.cli import out
from personae.cli.failures import DONE, STOPPED
from personae.cli.family import children_json
from personae.cli.here import slug_argument
from personae.cli.recording import began
from personae.cli.wearing import answerer_of, new_run, ready, tell_reflection, wear, world_for
from personae.cli.work import given_option, model_option, read_given
from personae.errors import UsageError
from personae.persona.store import write_bytes
from personae.run.modes.checks import Check, Verdict, command_check, file_check
from personae.run.modes.goal import GoalOutcome, GoalRound, pursue
from personae.run.node import Outcome

__all__ = ["command"]


@click.command("goal")
@slug_argument("name")
@click.argument("goal")
@click.option(
    "--check", "check_command", metavar="CMD", help="Done when it exits 0; the answer is on its standard input."
)
@click.option("--check-file", metavar="PATH[~REGEX]", help="Done when this file is there (and its text matches).")
@click.option(
    "--out", "target", type=click.Path(path_type=Path), help="Write each answer to this file before the check."
)
@click.option("--rounds", type=click.IntRange(1), help="At most so many rounds; the persona's maxSteps if absent.")
@click.option("--no-reflect", is_flag=True, help="Remember nothing of it.")
@given_option
@model_option
@out.json_option
def command(
    name: str,
    goal: str,
    check_command: str | None,
    check_file: str | None,
    target: Path | None,
    rounds: int | None,
    no_reflect: bool,
    given: tuple[str, ...],
    override: str | None,
    as_json: bool,
) -> None:
    """Let persona NAME work towards GOAL until your check passes; the model cannot change the check.

    \b
    personae goal writer "A haiku about rain" --out haiku.md --check "grep -qi rain haiku.md"

    \b
    Exit code 0: reached    3: blocked or out of budget    130: stopped by Ctrl-C
    """
    if (check_command is None) == (check_file is None):
        raise UsageError("give one check: --check or --check-file", help='--check "CMD", or --check-file PATH~REGEX.')
    world = world_for(name, override=override)
    root = world.project.root
    check = (
        command_check(check_command, root=root)
        if check_command is not None
        else file_check(check_file or "", root=root)
    )
    adoption = wear(name, "goal", world=world, task=goal, materials=read_given(given))

    most_rounds = rounds or adoption.limits.max_steps
    run = new_run()

    async def work() -> tuple[GoalOutcome, Sequence[dict[str, object]]]:
        async with began("goal", goal, persona=adoption.slug, world=world, models=answerer_of(world), id=run) as begun:
            wearing = await ready(adoption, begun)

            async def ask(number: int, text: str) -> Outcome:
                return await wearing.ask(text, path=f"round.{number}")

            outcome = await pursue(goal, ask, _written_first(check, target), most_rounds=most_rounds, on_round=_tell)
            if not no_reflect:
                happened = f"Goal: {goal}\n\nEnded: {outcome.exit}: {outcome.reason}\n\nAnswer: {outcome.answer}"
                tell_reflection(await wearing.reflect(happened, run=run, now=datetime.now(UTC)))
            return outcome, children_json(begun.performer.seam.record, run)

    outcome, children = asyncio.run(work())
    if as_json:
        out.as_json(
            {
                "run": run,
                "exit": outcome.exit,
                "reason": outcome.reason,
                "answer": outcome.answer,
                "rounds": len(outcome.rounds),
                "children": children,
            }
        )
    else:
        if outcome.answer:
            out.data(outcome.answer)
        out.note(f"{outcome.exit} after {len(outcome.rounds)} rounds: {outcome.reason}")
    raise click.exceptions.Exit(DONE if outcome.exit == "reached" else STOPPED)


def _written_first(check: Check, target: Path | None) -> Check:
    if target is None:
        return check

    async def checked(answer: str) -> Verdict:
        write_bytes(target, f"{answer}\n".encode())
        return await check(answer)

    return checked


def _tell(done: GoalRound) -> None:
    sign, color = ("✓", "green") if done.verdict.passed else ("·", "yellow")
    out.progress(sign, f"round {done.number}: {' '.join(done.verdict.said.split())[:200]}", color=color)
