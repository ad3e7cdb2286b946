"""`personae run`: plan a goal, or take a plan, and run its steps under their personas."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import asdict, dataclass, replace

import click

from personae.adopt.adopt import step_sections
from personae.adopt.compose import Material
from personae.adopt.select import select
from personae.cli import out
from personae.cli.failures import FAILED, STOPPED
from personae.cli.work import (
    answerer_for,
    given_option,
    model_option,
    notes_on,
    plan_for,
    read_given,
    read_plan,
    sound_library,
)
from personae.cli.world import world_here
from personae.errors import InvalidFileError, UsageError
from personae.library.project import FILE_NAME, Project
from personae.library.registry import Snapshot
from personae.persona import slug as slugs
from personae.run.answerer import ModelAnswerer
from personae.workflow.executor import DEFAULT_AT_ONCE, Beneath, Event, Outcome, execute, prompt_of
from personae.workflow.plan import Plan, Step, needs_of, persona_of, problems
from personae.workflow.planfile import as_json as plan_as_json

__all__ = ["command"]


@click.command("run")
@click.argument("goal", required=False)
@click.option("--plan", "plan_file", metavar="FILE", help="Run this plan instead of making one; - is standard input.")
@click.option("--step", "workflow_step", metavar="STEP", help="Let whoever [workflow.STEP] names do GOAL, as one step.")
@given_option
@model_option
@click.option("--dry-run", is_flag=True, help="Show the plan and each exact prompt; run no step.")
@click.option(
    "--at-once", type=click.IntRange(1, 64), default=DEFAULT_AT_ONCE, show_default=True, help="Steps at once."
)
@out.json_option
def command(
    goal: str | None,
    plan_file: str | None,
    workflow_step: str | None,
    given: tuple[str, ...],
    override: str | None,
    dry_run: bool,
    at_once: int,
    as_json: bool,
) -> None:
    """Plan GOAL and run it, each step under its persona; the result is Markdown on standard output.

    \b
    personae run "Summarize the report for the board" --with report.md
    personae run --plan plan.yaml --with report.md
    personae run --step review "Read the change." --with change.diff

    \b
    Exit code 0: done     1: a step failed     2: wrong use     3: stopped by a limit
              6: a persona, plan or project file is broken    130: Ctrl-C
    """
    if (goal is None) == (plan_file is None):
        raise UsageError("give a goal, or a plan with --plan", help='personae run "GOAL", or personae run --plan FILE.')
    library, personas = sound_library()
    world = world_here(override=override)
    work = _Work(
        personas=personas,
        answerer=answerer_for(library, override),
        materials=read_given(given),
        beneath=lambda persona: step_sections(persona, world),
    )
    make = _make_plan(work, goal, plan_file, _worn_in(workflow_step, library.project))
    if dry_run:
        _show_dry(asyncio.run(make), work, as_json=as_json)
        return
    outcome, notes = asyncio.run(_run(make, work, at_once=at_once))
    _show(outcome, notes, as_json=as_json)
    if not outcome.done:
        only_stopped = all(result.status in ("done", "stopped", "not-run") for result in outcome.results)
        raise click.exceptions.Exit(STOPPED if only_stopped else FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """What a run works with."""

    personas: Snapshot
    answerer: ModelAnswerer
    materials: Sequence[Material]
    beneath: Beneath


def _worn_in(step: str | None, project: Project) -> Step | None:
    """Return the step of `--step`, worn by whoever the project file names. Raises `UsageError` when it names nobody."""
    if step is None:
        return None
    selection = select(project, mode="sub-agent", step=step)
    if selection.name is None:
        raise UsageError(selection.because.removesuffix(": the brain alone"), help=selection.help)
    out.progress("·", f"{selection.name}: {selection.because}", dim=True)
    return Step(id=slugs.suggest(step), persona=selection.name, task="-")


async def _make_plan(work: _Work, goal: str | None, plan_file: str | None, step: Step | None) -> Plan:
    if plan_file is not None:
        return read_plan(plan_file, work.personas)
    if step is None:
        return await plan_for(goal or "", work.personas, work.answerer, work.materials)
    plan = Plan(goal=goal or "", steps=(replace(step, task=goal or ""),))
    wrong = problems(plan, list(work.personas), file=FILE_NAME)
    if wrong:
        raise InvalidFileError(wrong)
    return plan


async def _run(make: Coroutine[None, None, Plan], work: _Work, *, at_once: int) -> tuple[Outcome, list[str]]:
    plan = await make
    _show_plan(plan)
    slugs_of_plan = dict.fromkeys(persona_of(step)[0] for step in plan.steps)
    bindings = [work.answerer.bind(work.personas[slug]) for slug in slugs_of_plan]
    notes = notes_on(bindings)
    for note in notes:
        out.warn(note)
    for binding in bindings:
        # Every model is built before the first step: a missing key must not show up after an hour of work.
        await work.answerer.model(binding)
    outcome = await execute(
        plan,
        work.personas,
        work.answerer,
        given=work.materials,
        beneath=work.beneath,
        at_once=at_once,
        on_event=_tell,
    )
    return outcome, notes


def _show_plan(plan: Plan) -> None:
    out.note("Plan:")
    for number, step in enumerate(plan.steps, 1):
        needs = needs_of(step)
        after = f" after {', '.join(needs)}" if needs else ""
        out.note(f"  {number}. {step.id} ({persona_of(step)[0]}){after}: {' '.join(step.task.split())}")


def _tell(event: Event) -> None:
    name = f"{event.step.id} ({event.persona})"
    if event.what == "started":
        out.progress("▸", f"{name} started", color="blue")
    elif event.what == "done" and event.result is not None:
        result = event.result
        tokens = f"{result.input_tokens:,} + {result.output_tokens:,} tokens"
        out.progress("✓", f"{name} done in {result.seconds:.1f} s, {tokens}", color="green")
    else:
        out.progress("✗", f"{name} {event.what.replace('-', ' ')}: {event.detail}", color="red")


def _show(outcome: Outcome, notes: Sequence[str], *, as_json: bool) -> None:
    if as_json:
        steps = [asdict(result) for result in outcome.results]
        plan = plan_as_json(outcome.plan)
        out.as_json({"plan": plan, "done": outcome.done, "notes": notes, "steps": steps, "result": outcome.text})
        return
    if outcome.text:
        out.data(outcome.text)
    missing = [result for result in outcome.results if result.status != "done"]
    for result in missing:
        out.note(f"{result.id}: {result.error}" + (f"\n  {result.help}" if result.help else ""))
    if missing:
        done = [result.id for result in outcome.results if result.status == "done"]
        out.warn(f"{len(missing)} of {len(outcome.results)} steps not done; done: {', '.join(done) or 'none'}")


def _show_dry(plan: Plan, work: _Work, *, as_json: bool) -> None:
    steps = []
    for step in plan.steps:
        slug, why = persona_of(step)
        persona = work.personas[slug]
        prompt = prompt_of(step, persona, work.materials, {}, beneath=work.beneath(persona))
        steps.append((step, slug, why, prompt, work.answerer.bind(persona)))
    if as_json:
        prompts = [
            {
                "id": step.id,
                "persona": slug,
                "because": why,
                "model": binding.name,
                "model_because": binding.because,
                "system": prompt.system_text,
                "user": prompt.user_text,
                "tokens": prompt.tokens,
                "digest": prompt.digest,
            }
            for step, slug, why, prompt, binding in steps
        ]
        out.as_json({"plan": plan_as_json(plan), "prompts": prompts})
        return
    _show_plan(plan)
    for step, slug, why, prompt, binding in steps:
        out.data(f"# {step.id}: {slug} ({why})\n")
        out.data(f"{prompt.system_text}\n\n---\n\n{prompt.user_text}\n")
        out.note(f"  ~{prompt.tokens:,} tokens; {binding.name or 'no model'}: {binding.because}")
