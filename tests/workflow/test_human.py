"""A person's say over steps: asked once, waited for or told, and put into effect as they said."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from conduct_samples import RUN, record, replies, root, run, work_of

from personae.errors import BlockedError
from personae.run.record import inbox
from personae.run.record.inbox import Decision, Item, Verdict
from personae.run.record.record import Record
from personae.testing import record_in
from personae.workflow.conduct import Work, conduct
from personae.workflow.human import hold
from personae.workflow.outcome import PlanOutcome
from personae.workflow.plan import Step

__all__ = ["record", "root"]


def step(name: str, *needs: str, **fields: Any) -> Step:
    return Step(id=name, depends_on=needs, **{"task": f"Do {name}.", "persona": "writer", **fields})


def waiting(record: Record) -> list[Item]:
    return list(record.database.run(inbox.waiting))


def decide(record: Record, verdict: Verdict, **body: Any) -> None:
    (item,) = waiting(record)
    decision = Decision(item=item.id, verdict=verdict, body=body, who="ann", at=1.0)
    record.database.run(lambda transaction: inbox.decide(transaction, decision))


def asked_then(record: Record, work: Work, verdict: Verdict, **body: Any) -> PlanOutcome:
    """Conduct without waiting, decide, and conduct again."""
    first = run(work)
    assert isinstance(first.error(), BlockedError)
    decide(record, verdict, **body)
    return run(work)


def test_a_step_that_needs_a_person_waits_and_all_else_is_done(root: Path, record: Record) -> None:
    plan = (step("a", needs_human=True), step("b"), step("c", "a"))
    work = work_of(*plan, record=record, root=root, reply=replies(lambda user: "done"), wait=False)
    outcome = run(work)
    assert [(result.id, result.status) for result in outcome.results] == [
        ("a", "waiting"),
        ("b", "done"),
        ("c", "not-run"),
    ]
    (item,) = waiting(record)
    error = outcome.error()
    assert isinstance(error, BlockedError)
    assert error.item == outcome.results[0].item == item.id
    assert (item.kind, item.key, item.title) == ("step", "a/human", "may the step a run?")
    run(work)
    assert len(waiting(record)) == 1  # nobody is asked twice


@pytest.mark.parametrize(
    ("verdict", "body", "status", "output"),
    [
        ("approved", {}, "done", "did: Do a."),
        ("edited", {"task": "Do it well."}, "done", "did: Do it well."),
        ("edited", {"result": "by hand"}, "done", "by hand"),
        ("rejected", {"reason": "too dear"}, "stopped", ""),
    ],
)
def test_what_a_person_says_is_put_into_effect(
    root: Path, record: Record, verdict: Verdict, body: Mapping[str, Any], status: str, output: str
) -> None:
    plan = step("a", needs_human=True)
    work = work_of(plan, record=record, root=root, reply=replies(lambda user: f"did: {user}"), wait=False)
    (result,) = asked_then(record, work, verdict, **body).results
    assert (result.status, result.output) == (status, output)
    assert result.error == ("ann said no: too dear" if verdict == "rejected" else "")


def test_the_arguments_of_an_action_can_be_changed(root: Path, record: Record) -> None:
    (root / "other.md").write_text("Other.")
    plan = Step(id="a", persona="researcher", action="read", args={"path": "note.md"}, needs_human=True)
    work = work_of(plan, record=record, root=root, reply=replies(str), wait=False)
    (result,) = asked_then(record, work, "edited", args={"path": "other.md"}).results
    assert "Other." in result.output


def test_a_result_given_by_hand_must_hold_the_outputs_that_the_step_names(root: Path, record: Record) -> None:
    plan = step("a", needs_human=True, outputs=("what", "cost"))
    work = work_of(plan, record=record, root=root, reply=replies(str), wait=False)
    (result,) = asked_then(record, work, "edited", result='{"what": "pump"}').results
    assert (result.status, result.error) == ("failed", "ann gave no 'cost'")


def test_a_run_that_waits_goes_on_when_somebody_decides(root: Path, record: Record, tmp_path: Path) -> None:
    said: list[tuple[str, str]] = []

    async def say(status: str, reason: str) -> None:
        said.append((status, reason))

    plan = step("a", needs_human=True)
    work = work_of(plan, record=record, root=root, reply=replies(lambda user: "done"), say=say)

    async def both() -> PlanOutcome:
        conducting = asyncio.create_task(conduct(work))
        elsewhere = record_in(tmp_path)
        while not said:
            await asyncio.sleep(0.01)
        decide(elsewhere, "approved")
        return await conducting

    assert asyncio.run(both()).done
    assert said == [("waiting", "may the step a run?"), ("running", "")]


def test_a_person_may_ask_to_be_asked_before_a_step_that_has_not_begun(root: Path, record: Record) -> None:
    plan = (step("a"), step("b", "a"))
    work = work_of(*plan, record=record, root=root, reply=replies(lambda user: "done"), wait=False)
    assert record.database.run(lambda transaction: hold(transaction, RUN, "b", who="ann", at=1.0))
    assert [result.status for result in run(work).results] == ["done", "waiting"]
    assert not record.database.run(lambda transaction: hold(transaction, RUN, "a", who="ann", at=1.0))
