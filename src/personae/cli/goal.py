"""`personae goal`: a persona works until a check of yours passes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click

from personae.adopt.adoption import Adoption
from personae.adopt.world import World
from personae.cli import out
from personae.cli.failures import DONE, STOPPED
from personae.cli.family import children_json
from personae.cli.here import here, slug_argument
from personae.cli.interrupting import until_interrupted
from personae.cli.recording import new_run_of
from personae.cli.wearing import answerer_of, attempting, ready, tell_reflection, wear, world_of
from personae.cli.work import given_option, model_option, read_given
from personae.errors import UsageError
from personae.library.roots import find_root
from personae.persona.store import write_bytes
from personae.run.modes.checks import Check, Verdict, check_of, done_check
from personae.run.modes.goal import GoalOutcome, GoalRound, pursue
from personae.run.modes.rounds import Rounds, path_of
from personae.run.modes.spec import GoalSpec, spec_in, worn_by
from personae.run.node import Outcome
from personae.run.record.runs import Run

__all__ = ["command", "pursued"]


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

    Every finished request and tool call is kept: what was stopped or killed goes on with personae resume.

    \b
    personae goal writer "A haiku about rain" --out haiku.md --check "grep -qi rain haiku.md"

    \b
    Exit code 0: reached    3: blocked or out of budget    130: stopped by Ctrl-C    143: by SIGTERM
    """
    if (check_command is None) == (check_file is None):
        raise UsageError("give one check: --check or --check-file", help='--check "CMD", or --check-file PATH~REGEX.')
    root = find_root(here())
    spec = GoalSpec(
        persona=name,
        task=goal,
        materials=tuple(read_given(given)),
        model=override,
        check=done_check(command=check_command, file=check_file, root=root),
        target=None if target is None else str(target.absolute()),
        most_rounds=rounds,
        reflects=not no_reflect,
        shows_json=as_json,
    )
    check_of(spec.check, root=root)
    adoption = _worn(spec, world_of(spec))
    spec = replace(spec, worn=worn_by(adoption))
    pursued(new_run_of("goal", goal, persona=adoption.slug, spec=spec.as_json()))


def pursued(run: Run, *, instead_of: str | None = None, wait: bool | None = None, as_json: bool = False) -> None:
    """Do `run` (with `instead_of` in place of its dead owner), show how it ended, and exit with the code for it.

    Raises what keeps it from beginning, or from going on. Interrupted, it says how to go on.
    """
    spec = spec_in(run, GoalSpec)
    world = world_of(spec)
    adoption = _worn(spec, world)
    check = _written_first(check_of(spec.check, root=world.project.root), spec.target)

    async def work() -> tuple[GoalOutcome, Sequence[dict[str, object]]]:
        models = answerer_of(world)
        async with attempting(run, world=world, models=models, instead_of=instead_of, wait=wait) as begun:
            wearing = await ready(adoption, begun)
            rounds = Rounds(record=begun.performer.seam.record, run=run.id)
            before = await rounds.newest_judged()

            async def ask(number: int, text: str) -> Outcome:
                return await wearing.ask(text, path=path_of(number))

            outcome = await pursue(
                spec.task,
                ask,
                check,
                most_rounds=spec.most_rounds or adoption.limits.max_steps,
                judged=rounds.judged,
                on_round=lambda done: _tell(done, done_before=done.number <= before),
            )
            if spec.reflects:
                happened = f"Goal: {spec.task}\n\nEnded: {outcome.exit}: {outcome.reason}\n\nAnswer: {outcome.answer}"
                tell_reflection(await wearing.reflect(happened, run=run.id, now=datetime.now(UTC)))
            return outcome, children_json(begun.performer.seam.record, run.id)

    outcome, children = until_interrupted(run.id, work())
    _show(run.id, outcome, children, as_json=as_json or spec.shows_json)
    raise click.exceptions.Exit(DONE if outcome.exit == "reached" else STOPPED)


def _worn(spec: GoalSpec, world: World) -> Adoption:
    return wear(spec.persona, "goal", world=world, task=spec.task, materials=spec.materials)


def _written_first(check: Check, target: str | None) -> Check:
    if target is None:
        return check

    async def checked(answer: str) -> Verdict:
        write_bytes(Path(target), f"{answer}\n".encode())
        return await check(answer)

    return checked


def _tell(done: GoalRound, *, done_before: bool) -> None:
    sign, color = ("✓", "green") if done.verdict.passed else ("·", "yellow")
    said = "was done before" if done_before else " ".join(done.verdict.said.split())[:200]
    out.progress(sign, f"round {done.number}: {said}", color=color, dim=done_before)


def _show(run: str, outcome: GoalOutcome, children: Sequence[dict[str, object]], *, as_json: bool) -> None:
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
        return
    if outcome.answer:
        out.data(outcome.answer)
    out.note(f"{outcome.exit} after {len(outcome.rounds)} rounds: {outcome.reason}")
