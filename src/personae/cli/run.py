"""`personae run`: plan a goal, or take a plan, and run its steps under their personas, durably."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import click

from personae.adopt.select import select
from personae.cli import out
from personae.cli.conducting import conducted, show_plan, wait_option
from personae.cli.planning import made_plan, spec_of
from personae.cli.recording import new_run_of
from personae.cli.work import given_option, model_option, read_given, read_plan, sound_library
from personae.cli.world import world_here
from personae.errors import InvalidFileError, UsageError
from personae.library.project import FILE_NAME, Project
from personae.library.registry import Snapshot
from personae.persona import slug as slugs
from personae.run.node import NOBODY
from personae.run.record.ledger import nanos
from personae.workflow.nodes import Setting, adoption_of, node_of_step
from personae.workflow.plan import Plan, Step, persona_of
from personae.workflow.planfile import as_json as plan_as_json
from personae.workflow.problems import problems
from personae.workflow.spec import DEFAULT_AT_ONCE, RunSpec

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
@click.option("--max-cost", type=click.FloatRange(0), metavar="USD", help="Cap of the whole run in dollars.")
@click.option("--max-tokens", type=click.IntRange(1), metavar="N", help="Cap of the whole run in tokens.")
@wait_option
@out.json_option
def command(goal: str | None, plan_file: str | None, workflow_step: str | None, **options: Any) -> None:
    """Plan GOAL and run it, each step under its persona; the result is Markdown on standard output.

    Every finished request and tool call is kept: a run that was stopped or killed goes on with personae resume.

    \b
    personae run "Summarize the report for the board" --with report.md
    personae run --plan plan.yaml --with report.md
    personae run --step review "Read the change." --with change.diff

    \b
    Exit code 0: done     1: a step failed     2: wrong use     3: stopped by a limit, or waiting for a person
              6: a persona, plan or project file is broken    130: Ctrl-C    143: SIGTERM
    """
    if (goal is None) == (plan_file is None):
        raise UsageError("give a goal, or a plan with --plan", help='personae run "GOAL", or personae run --plan FILE.')
    if goal is not None and not goal.strip():
        raise UsageError("the goal is empty", help='Say what should be there in the end: personae run "GOAL".')
    library, personas = sound_library()
    plan = _given_plan(goal, plan_file, _worn_in(workflow_step, library.project), personas)
    spec = spec_of(goal or "", plan, personas, read_given(options["given"]), model=options["override"])
    cost = options["max_cost"]
    spec = replace(
        spec,
        at_once=options["at_once"],
        max_usd_nanos=None if cost is None else nanos(Decimal(str(cost))),
        max_tokens=options["max_tokens"],
    )
    if options["dry_run"]:
        _show_dry(replace(spec, plan=plan or made_plan(spec)), as_json=options["as_json"])
    else:
        run = new_run_of("run", spec.goal, spec=spec.as_json())
        conducted(run, wait=options["wait"], as_json=options["as_json"])


def _worn_in(step: str | None, project: Project) -> Step | None:
    """Return the step of `--step`, worn by whoever the project file names. Raises `UsageError` when it names nobody."""
    if step is None:
        return None
    selection = select(project, mode="sub-agent", step=step)
    if selection.name is None:
        raise UsageError(selection.because.removesuffix(": the brain alone"), help=selection.help)
    out.progress("·", f"{selection.name}: {selection.because}", dim=True)
    return Step(id=slugs.suggest(step), persona=selection.name, task="-")


def _given_plan(goal: str | None, plan_file: str | None, step: Step | None, personas: Snapshot) -> Plan | None:
    """Return the plan of `--plan` or `--step`; None where the run makes one."""
    if plan_file is not None:
        return read_plan(plan_file, personas)
    if step is None:
        return None
    plan = Plan(goal=goal or "", steps=(replace(step, task=goal or ""),))
    wrong = problems(plan, list(personas), file=FILE_NAME)
    if wrong:
        raise InvalidFileError(wrong)
    return plan


def _show_dry(spec: RunSpec, *, as_json: bool) -> None:
    plan = spec.plan
    assert plan is not None
    world = spec.world(world_here(override=spec.model))
    setting = Setting(run="dry", world=world, account=NOBODY, texts=spec.materials, voices=spec.voices)
    steps = []
    for step in plan.steps:
        slug, why = persona_of(step, spec.voices)
        node = node_of_step(step, setting, {})
        steps.append((slug, why, node, adoption_of(step, setting, {}).prompt))
    if as_json:
        prompts = [
            {
                "id": node.path,
                "persona": slug,
                "because": why,
                "model": node.model.name,
                "model_because": node.model.because,
                "action": node.action,
                "args": node.args,
                "tools": node.tools,
                "system": node.system,
                "user": node.user,
                "tokens": prompt.tokens,
                "digest": prompt.digest,
            }
            for slug, why, node, prompt in steps
        ]
        out.as_json({"plan": plan_as_json(plan), "prompts": prompts})
        return
    show_plan(plan, spec)
    for slug, why, node, prompt in steps:
        out.data(f"# {node.path}: {slug or 'nobody'} ({why})\n")
        if node.action:
            out.data(f"{node.action} {out.json_line(node.args)}\n")
        if node.user:
            out.data(f"{node.system}\n\n---\n\n{node.user}\n")
            out.note(f"  ~{prompt.tokens:,} tokens; {node.model.name or 'no model'}: {node.model.because}")
