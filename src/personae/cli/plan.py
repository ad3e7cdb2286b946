"""`personae plan`: make a plan and print it as a file."""

from __future__ import annotations

import asyncio

import click

from personae.cli import out
from personae.cli.work import answerer_for, given_option, model_option, plan_for, read_given, sound_library
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
    library, personas = sound_library()
    materials = read_given(given)
    plan = asyncio.run(plan_for(goal, personas, answerer_for(library, override), materials))
    if as_json:
        out.as_json(plan_as_json(plan))
    else:
        out.data(render_plan(plan).rstrip())
