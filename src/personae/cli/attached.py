"""A run that a fleet does: put it on the table, and wait for its end. Workers need nothing of this process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace

from personae.cli import out
from personae.cli.recording import record_of
from personae.cli.telling import Telling
from personae.errors import StorageError
from personae.library.project import Project
from personae.run.record.database import Transaction
from personae.run.record.inbox import Item, waiting
from personae.run.record.record import Record
from personae.run.record.runs import Run, claim, get_run, open_run
from personae.workflow.outcome import Event, PlanOutcome
from personae.workflow.plan import Voices
from personae.workflow.running import BEGUN, outcome_in
from personae.workflow.spec import spec_from

__all__ = ["attached"]

_LOOK_EVERY_S = 5.0
_REST_S = 0.1
"""Between two looks."""
_PAUSE_S = 10.0
"""How long a run may lie on the table before it is said that nobody takes it."""


async def attached(run: Run, project: Project, *, instead_of: str | None, wait: bool) -> tuple[Run, PlanOutcome | None]:
    """Let the fleet do `run`, or go on with it in place of its owner `instead_of`; return it when it is over.

    Without `wait` also when it waits for a person. Leaving this changes nothing in the run. Raises `StorageError`.
    """
    record = record_of(project)
    try:
        if not await record.do(lambda transaction: _put(transaction, run, instead_of)):
            raise StorageError("take over", f"the run {run.id}", "somebody does it", help="personae runs shows it.")
        return await _ended(record, run.id, wait=wait)
    finally:
        record.database.close()


async def _ended(record: Record, id: str, *, wait: bool) -> tuple[Run, PlanOutcome | None]:
    with ExitStack() as shown:
        return await _followed(record, id, _Follower(shown), wait=wait)


async def _followed(record: Record, id: str, follower: _Follower, *, wait: bool) -> tuple[Run, PlanOutcome | None]:
    began, told = record.at, False
    asked: set[str] = set()
    while True:
        found, items, outcome = await record.do(lambda transaction: _look(transaction, id))
        if outcome is not None:
            follower.take(outcome, spec_from(found.spec).voices)
        for item in items:
            if item.id not in asked:
                asked.add(item.id)
                out.progress(
                    "?", f"{item.title}: personae approve {item.id}, or personae reject {item.id}", color="yellow"
                )
        if found.over or (found.status == "waiting" and not wait):
            return found, outcome
        if not found.owner and not told and record.at - began > _PAUSE_S:
            told = True
            out.warn("no worker has taken the run yet: personae worker, in this project, starts one")
        await record.database.changed(timeout_s=_LOOK_EVERY_S)
        await asyncio.sleep(_REST_S)


def _look(transaction: Transaction, id: str) -> tuple[Run, Sequence[Item], PlanOutcome | None]:
    run = get_run(transaction, id)
    return run, waiting(transaction, run=id), outcome_in(transaction, run)


class _Follower:
    """Tells what the record has of the steps, as it changes. What it shows ends with `shown`."""

    def __init__(self, shown: ExitStack) -> None:
        self._shown = shown
        self._telling: Telling | None = None
        self._known: dict[str, tuple[str, float]] = {}
        """Of each step: what was told last, and when it was seen to begin."""

    def take(self, outcome: PlanOutcome, voices: Voices) -> None:
        if self._telling is None:
            self._telling = Telling()
            self._shown.enter_context(self._telling.showing(outcome.plan, voices))
        for step, result in zip(outcome.plan.steps, outcome.results, strict=True):
            what = "started" if result.error == BEGUN else result.status
            before, began = self._known.get(step.id, ("not-run", time.monotonic()))
            if what not in (before, "waiting"):
                result = replace(result, seconds=time.monotonic() - began)
                self._telling.event(
                    Event(step=step, persona=result.persona, what=what, detail=result.error, result=result)
                )
                self._known[step.id] = (what, time.monotonic() if what == "started" else began)


def _put(transaction: Transaction, run: Run, instead_of: str | None) -> bool:
    if instead_of is None:
        return open_run(transaction, run)
    return claim(transaction, run.id, owner="", instead_of=instead_of)
