"""`personae ask`: one task for a persona as a sub-agent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import click

from personae.adopt.adoption import Adoption
from personae.adopt.world import World
from personae.cli import out
from personae.cli.family import children_json
from personae.cli.here import slug_argument
from personae.cli.interrupting import until_interrupted
from personae.cli.recording import new_run_of
from personae.cli.wearing import answerer_of, attempting, ready, tell_reflection, wear, world_of
from personae.cli.work import given_option, model_option, read_given
from personae.errors import UsageError
from personae.run.modes.spec import AskSpec, spec_in, worn_by
from personae.run.modes.wearing import Wearing
from personae.run.node import Outcome
from personae.run.record import journal
from personae.run.record.journal import Entry
from personae.run.record.runs import Run

__all__ = ["asked", "command"]


@click.command("ask")
@slug_argument("name")
@click.argument("task")
@given_option
@click.option("--warm", is_flag=True, help="Give it its own memory; it may add to it.")
@model_option
@out.json_option
def command(name: str, task: str, given: tuple[str, ...], warm: bool, override: str | None, as_json: bool) -> None:
    """Give persona NAME one TASK as a sub-agent. It starts cold: no memory, no session, a clean history.

    Every finished request and tool call is kept: what was stopped or killed goes on with personae resume.

    \b
    personae ask researcher "What does the report say about the pump?" --with report.md

    \b
    Exit code 0: done    1: it failed    2: no such name, or its modes exclude sub-agent    3: stopped by a limit
              130: Ctrl-C    143: SIGTERM
    """
    if not task.strip():
        raise UsageError("the task is empty", help='personae ask NAME "TASK".')
    materials = tuple(read_given(given))
    spec = AskSpec(persona=name, task=task, materials=materials, model=override, warm=warm, shows_json=as_json)
    adoption = _worn(spec, world_of(spec))
    spec = replace(spec, worn=worn_by(adoption))
    asked(new_run_of("ask", task, persona=adoption.slug, spec=spec.as_json()))


def asked(run: Run, *, instead_of: str | None = None, wait: bool | None = None, as_json: bool = False) -> None:
    """Do `run` (with `instead_of` in place of its dead owner) and print the answer. Interrupted, it says how to go on.

    Raises the refusal of its persona, and the error of a task that is not done.
    """
    spec = spec_in(run, AskSpec)
    world = world_of(spec)
    adoption = _worn(spec, world)

    async def work() -> _Answered:
        models = answerer_of(world)
        async with attempting(run, world=world, models=models, instead_of=instead_of, wait=wait) as begun:
            wearing = await ready(adoption, begun)
            worn = await _as_begun(wearing)
            outcome = await wearing.ask(spec.task)
            if spec.warm:
                happened = f"Task: {spec.task}\n\nAnswer: {outcome.text}"
                tell_reflection(await wearing.reflect(happened, run=run.id, now=datetime.now(UTC)))
            children = children_json(begun.performer.seam.record, run.id)
            return _Answered(outcome=outcome, worn=worn, children=children)

    answered = until_interrupted(run.id, work())
    if as_json or spec.shows_json:
        out.as_json(answered.as_json(run.id))
    else:
        out.data(answered.outcome.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answered:
    outcome: Outcome
    worn: Mapping[str, Any]
    children: Sequence[Mapping[str, object]]

    def as_json(self, run: str) -> Mapping[str, object]:
        worn, outcome = self.worn, self.outcome
        return {
            "run": run,
            "persona": worn["persona"],
            "answer": outcome.text,
            "model": worn["model"],
            "because": worn["because"],
            "tools": worn["tools"],
            "degraded": worn["degraded"],
            "digest": worn["digest"],
            "input_tokens": outcome.input_tokens,
            "output_tokens": outcome.output_tokens,
            "exhausted": outcome.exhausted,
            "children": self.children,
        }


def _worn(spec: AskSpec, world: World) -> Adoption:
    return wear(spec.persona, "sub-agent", world=world, task=spec.task, materials=spec.materials, warm=spec.warm)


async def _as_begun(wearing: Wearing) -> Mapping[str, Any]:
    """Return what was put on when the run began: its memory, and files that it reads, may be others by now."""
    adoption, record = wearing.adoption, wearing.performer.seam.record
    body = {
        "persona": adoption.slug,
        "model": adoption.model.name,
        "because": adoption.model.because,
        "tools": list(wearing.granted.names),
        "degraded": list(adoption.degraded),
        "digest": adoption.digest,
    }
    entry = Entry(run=wearing.run, key="adoption", kind="note", body=body, at=record.at)
    return (await record.do(lambda transaction: journal.add(transaction, entry))).body
