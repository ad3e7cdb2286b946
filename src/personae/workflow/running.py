"""A run of a plan as the record has it: its plan, and the spec of a new run that takes over what is finished."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from personae.errors import UnknownNameError
from personae.run.record import journal, whole
from personae.run.record.database import Transaction
from personae.run.record.runs import Run
from personae.workflow.plan import Plan, needs_of
from personae.workflow.planfile import plan_from
from personae.workflow.planning import PLAN
from personae.workflow.spec import RunSpec, spec_from

__all__ = ["adopt_steps", "forked_spec", "kept_steps", "plan_in"]


def plan_in(transaction: Transaction, run: Run) -> Plan | None:
    """Return the plan of `run`; None for one that has not made it yet, or is no run of a plan."""
    if run.kind != "run":
        return None
    spec = spec_from(run.spec)
    if spec.plan is not None:
        return spec.plan
    ended = journal.find(transaction, run.id, f"{PLAN}/end")
    return plan_from(ended.body["plan"]) if ended is not None else None


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
