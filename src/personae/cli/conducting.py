"""Doing the run of a plan in this process: begun, taken over or forked, until it ends, waits, or is interrupted."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import replace

import click

from personae.cli import out
from personae.cli.attached import attached
from personae.cli.failures import FAILED, INTERRUPTED, STOPPED
from personae.cli.interrupting import until_interrupted
from personae.cli.recording import Begun, doing
from personae.cli.telling import Telling
from personae.cli.wearing import answerer_of
from personae.cli.work import notes_on
from personae.cli.world import world_here
from personae.errors import PersonaeError, StoppedError
from personae.run.local import LocalEngine
from personae.run.record.opening import database_url
from personae.run.record.runs import Run
from personae.workflow.conduct import Work, check_work, conduct
from personae.workflow.outcome import PlanOutcome
from personae.workflow.plan import Plan, needs_of, persona_of
from personae.workflow.planfile import as_json as plan_as_json
from personae.workflow.running import work_of
from personae.workflow.spec import RunSpec, spec_from

__all__ = ["conducted", "show_outcome", "show_plan", "wait_option"]

wait_option = click.option(
    "--wait/--no-wait",
    "wait",
    default=None,
    help="Wait for people, or end with exit code 3 where one is needed. Waits if a terminal is there.",
)


def conducted(run: Run, *, instead_of: str | None = None, wait: bool | None = None, as_json: bool = False) -> None:
    """Do `run` (with `instead_of` in place of its dead owner), show how it ended, and exit with the code for it.

    Raises what keeps it from beginning. Interrupted, it says how to go on.
    """
    waits = sys.stdin.isatty() if wait is None else wait
    if database_url():
        _attached(run, instead_of=instead_of, wait=waits, as_json=as_json)
        return
    outcome, notes = until_interrupted(run.id, _conducted(run, instead_of=instead_of, wait=waits))
    show_outcome(run.id, outcome, notes, as_json=as_json)
    _exit_for(outcome.error())


def _attached(run: Run, *, instead_of: str | None, wait: bool, as_json: bool) -> None:
    """Leave `run` to the fleet, and with it wait for its end; leaving this command leaves the run going."""
    out.progress("·", f"run {run.id}, for the workers of the fleet", dim=True)
    try:
        ended, outcome = asyncio.run(attached(run, world_here().project, instead_of=instead_of, wait=wait))
    except KeyboardInterrupt:
        out.note(f"the fleet goes on with it; personae log {run.id} shows it, personae cancel {run.id} stops it")
        raise click.exceptions.Exit(INTERRUPTED) from None
    if outcome is None:
        raise StoppedError(f"run {run.id} is {ended.status}: {ended.reason}", reason="error")
    show_outcome(run.id, outcome, [], as_json=as_json)
    _exit_for(outcome.error())


def _exit_for(error: PersonaeError | None) -> None:
    if error is not None:
        raise click.exceptions.Exit(STOPPED if isinstance(error, StoppedError) else FAILED)


async def _conducted(run: Run, *, instead_of: str | None, wait: bool) -> tuple[PlanOutcome, list[str]]:
    spec = spec_from(run.spec)
    world = spec.world(world_here(override=spec.model))
    out.progress("·", f"run {run.id}", dim=True)
    outcome: PlanOutcome | None = None
    notes: list[str] = []
    telling = Telling()
    try:
        async with doing(
            run, world=world, models=answerer_of(world), instead_of=instead_of, wait=wait, on_step=telling.step
        ) as begun:
            engine = LocalEngine(begun.performer.perform, begun.performer.seam.record)
            work = await work_of(spec, begun.life, begun.performer, engine)
            work = replace(work, wait=wait, on_event=telling.event)
            show_plan(work.plan, spec)
            notes += await _models_of(work, begun)
            with telling.showing(work.plan, spec.voices):
                outcome = await conduct(work)
            if (error := outcome.error()) is not None:
                raise error
    except PersonaeError:
        if outcome is None:
            raise
    return outcome, notes


async def _models_of(work: Work, begun: Begun) -> list[str]:
    """Build every model before the first step: a missing key must not show up after an hour of work."""
    bindings = {node.model.name: node.model for node in check_work(work) if node.user}
    notes = notes_on(bindings.values())
    for note in notes:
        out.warn(note)
    for binding in bindings.values():
        await begun.performer.models.model(binding)
    return notes


def show_plan(plan: Plan, spec: RunSpec) -> None:
    """Print what will be done, by whom."""
    out.note("Plan:")
    for number, step in enumerate(plan.steps, 1):
        needs = needs_of(step)
        after = f" after {', '.join(needs)}" if needs else ""
        who = persona_of(step, spec.voices)[0]
        what = " ".join(part for part in (step.action, " ".join(step.task.split())) if part)
        asks = ", asks a person first" if step.needs_human else ""
        out.note(f"  {number}. {step.id}{f' ({who})' if who else ''}{after}{asks}: {what}")
    for gap in plan.gaps:
        out.warn(f"nobody here can: {gap}")


def show_outcome(run: str, outcome: PlanOutcome, notes: Sequence[str], *, as_json: bool) -> None:
    """Print the result, what is missing, and what waits for whom."""
    missing = [result for result in outcome.results if result.status != "done"]
    if as_json:
        out.as_json(
            {
                "run": run,
                "plan": plan_as_json(outcome.plan),
                "done": outcome.done,
                "notes": notes,
                "steps": outcome.results,
                "result": outcome.text,
            }
        )
        return
    if outcome.text:
        out.data(outcome.text)
    for result in missing:
        out.note(f"{result.id}: {result.error}" + (f"\n  {result.help}" if result.help else ""))
    waiting = [result for result in missing if result.status == "waiting"]
    for result in waiting:
        out.note(f"personae approve {result.item}, or reject or edit-item it; then personae resume {run}")
    if missing:
        done = [result.id for result in outcome.results if result.status == "done"]
        out.warn(f"{len(missing)} of {len(outcome.results)} steps not done; done: {', '.join(done) or 'none'}")
        if not waiting:
            out.note(f"personae log {run} has it all; personae resume {run} tries again what failed")
