"""`personae ask`: one task for a persona as a sub-agent."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import click

from personae.cli import out
from personae.cli.family import children_json
from personae.cli.here import slug_argument
from personae.cli.recording import began
from personae.cli.wearing import answerer_of, new_run, ready, tell_reflection, wear, world_for
from personae.cli.work import given_option, model_option, read_given
from personae.errors import UsageError
from personae.run.modes.wearing import Wearing
from personae.run.node import Outcome

__all__ = ["command"]


@click.command("ask")
@slug_argument("name")
@click.argument("task")
@given_option
@click.option("--warm", is_flag=True, help="Give it its own memory; it may add to it.")
@model_option
@out.json_option
def command(name: str, task: str, given: tuple[str, ...], warm: bool, override: str | None, as_json: bool) -> None:
    """Give persona NAME one TASK as a sub-agent. It starts cold: no memory, no session, a clean history.

    \b
    personae ask researcher "What does the report say about the pump?" --with report.md

    \b
    Exit code 0: done    1: it failed    2: no such name, or its modes exclude sub-agent    3: stopped by a limit
    """
    if not task.strip():
        raise UsageError("the task is empty", help='personae ask NAME "TASK".')
    world = world_for(name, override=override)
    adoption = wear(name, "sub-agent", world=world, task=task, materials=read_given(given), warm=warm)

    run = new_run()

    async def work() -> tuple[Wearing, Outcome, Sequence[dict[str, object]]]:
        async with began("ask", task, persona=adoption.slug, world=world, models=answerer_of(world), id=run) as begun:
            wearing = await ready(adoption, begun)
            answer = await wearing.ask(task)
            if warm:
                happened = f"Task: {task}\n\nAnswer: {answer.text}"
                tell_reflection(await wearing.reflect(happened, run=run, now=datetime.now(UTC)))
            return wearing, answer, children_json(begun.performer.seam.record, run)

    wearing, answer, children = asyncio.run(work())
    if as_json:
        out.as_json(
            {
                "run": run,
                "persona": adoption.slug,
                "answer": answer.text,
                "model": adoption.model.name,
                "because": adoption.model.because,
                "tools": wearing.granted.names,
                "degraded": adoption.degraded,
                "digest": adoption.digest,
                "input_tokens": answer.input_tokens,
                "output_tokens": answer.output_tokens,
                "exhausted": answer.exhausted,
                "children": children,
            }
        )
        return
    out.data(answer.text)
