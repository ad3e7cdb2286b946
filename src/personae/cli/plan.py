"""`personae plan`: make a plan and print it as a file."""

from __future__ import annotations

import click

from personae.cli import out
from personae.cli.planning import made_plan, spec_of
from personae.cli.work import given_option, model_option, read_given, sound_library
from personae.errors import UsageError
from personae.workflow.planfile import as_json as plan_as_json
from personae.workflow.planfile import render_plan

__all__ = ["command"]


@click.command("plan")
@click.argument("goal")
@given_option
@model_option
@out.json_option
def command(goal: str, given: tuple[str, ...], override: str | None, as_json: bool) -> None:
    """Make a plan for GOAL and print it; run it with personae run --plan FILE.

    \b
    personae plan "Summarize the report for the board" --with report.md > plan.yaml
    """
    if not goal.strip():
        raise UsageError("the goal is empty", help='Say what should be there in the end: personae plan "GOAL".')
    _, personas = sound_library()
    materials = read_given(given)
    plan = made_plan(spec_of(goal, None, personas, materials, model=override))
    if as_json:
        out.as_json(plan_as_json(plan))
    else:
        out.data(render_plan(plan).rstrip())
