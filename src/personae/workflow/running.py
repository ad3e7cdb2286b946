"""A run of a plan as the record has it: its plan, and the spec of a new run that takes over what is finished."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from personae.adopt.adoption import BRAIN
from personae.errors import UnknownNameError
from personae.run.engine import Engine
from personae.run.lifetime import Lifetime
from personae.run.node import node_from, outcome_from, project_account
from personae.run.perform import Performer
from personae.run.record import journal, whole
from personae.run.record.database import Transaction
from personae.run.record.inbox import waiting
from personae.run.record.runs import Run
from personae.workflow.conduct import Work, result_of
from personae.workflow.nodes import Setting
from personae.workflow.outcome import PlanOutcome, StepResult
from personae.workflow.plan import Plan, Step, Voices, needs_of, persona_of
from personae.workflow.planfile import plan_from
from personae.workflow.planning import PLAN, plan_of
from personae.workflow.spec import RunSpec, spec_from

__all__ = ["BEGUN", "adopt_steps", "forked_spec", "kept_steps", "outcome_in", "plan_in", "work_of"]

BEGUN = "it was begun and did not end"
"""Of a step that has no end yet: while its run goes on, it is being done."""


def plan_in(transaction: Transaction, run: Run) -> Plan | None:
    """Return the plan of `run`; None for one that has not made it yet, or is no run of a plan."""
    if run.kind != "run":
        return None
    spec = spec_from(run.spec)
    if spec.plan is not None:
        return spec.plan
    ended = journal.find(transaction, run.id, f"{PLAN}/end")
    return plan_from(ended.body["plan"]) if ended is not None else None


async def work_of(spec: RunSpec, life: Lifetime, performer: Performer, engine: Engine) -> Work:
    """Return the plan of the run that `life` is, made now where there is none yet, with all that conducting it takes.

    Raises as `plan_of` does.
    """
    run, world = life.run.id, performer.world
    account = spec.account(run, project_account(world.project))
    plan = await plan_of(spec, run, performer, account)
    setting = Setting(
        run=run, world=world, account=account, texts=spec.materials, voices=spec.voices, tools=performer.tools
    )
    return Work(plan=plan, setting=setting, engine=engine, record=life.record, at_once=spec.at_once, say=life.say)


def outcome_in(transaction: Transaction, run: Run) -> PlanOutcome | None:
    """Return how the steps of `run` ended, or where they stand, as the record has it; None while it has no plan."""
    plan = plan_in(transaction, run)
    if plan is None:
        return None
    voices = spec_from(run.spec).voices
    return PlanOutcome(plan=plan, results=tuple(_result_in(transaction, run.id, step, voices) for step in plan.steps))


def _result_in(transaction: Transaction, run: str, step: Step, voices: Voices) -> StepResult:
    persona = persona_of(step, voices)[0] or BRAIN
    begun = journal.find(transaction, run, f"{step.id}/start")
    if begun is None:
        asked = [item for item in waiting(transaction, run=run) if item.key.partition("/")[0] == step.id]
        if asked:
            return StepResult(id=step.id, persona=persona, status="waiting", error=asked[0].title, item=asked[0].id)
        return StepResult(id=step.id, persona=persona, status="not-run", error="it was never begun")
    because = node_from(begun.body).because
    ended = journal.find(transaction, run, f"{step.id}/end")
    if ended is None:
        stops = journal.entries(transaction, run, beneath=f"{step.id}/stopped.")
        stops = stops or journal.entries(transaction, run, beneath=f"{step.id}/ended.")
        if not stops:
            return StepResult(id=step.id, persona=persona, status="stopped", error=BEGUN)
        ended = stops[-1]
    return result_of(step, persona, outcome_from(ended.body), because=because)


def kept_steps(before: Plan, after: Plan, step: str) -> Sequence[str]:
    """Return the steps that a fork from `step` may keep: those that neither are it nor need it, written as they were.

    Raises `UnknownNameError` when the new plan has no such step.
    """
    new = {one.id: one for one in after.steps}
    old = {one.id: one for one in before.steps}
    if step not in new:
        raise UnknownNameError("step", step, new)
    fresh = {step, *(id for id, one in new.items() if old.get(id) != one)}
    while more := {id for id, one in new.items() if id not in fresh and fresh & set(needs_of(one))}:
        fresh |= more
    return [one.id for one in after.steps if one.id not in fresh]


def forked_spec(run: Run, plan: Plan) -> RunSpec:
    """Return the spec of a fork of `run` that does `plan`."""
    return replace(spec_from(run.spec), plan=plan, forked_from=run.id)


def adopt_steps(transaction: Transaction, run: Run, steps: Sequence[str], *, into: str) -> Sequence[str]:
    """Let the run `into` begin with what `run` finished of `steps`; return which those are."""
    finished = [step for step in steps if journal.find(transaction, run.id, f"{step}/end")]
    for step in finished:
        whole.copy_entries(transaction, run.id, step, into=into)
    return finished
