"""A run that a fleet does: put it on the table, and wait for its end. Workers need nothing of this process."""

from __future__ import annotations

from functools import partial

from personae.cli import out
from personae.cli.recording import record_of
from personae.errors import StorageError
from personae.library.project import Project
from personae.run.record.database import Transaction
from personae.run.record.inbox import waiting
from personae.run.record.record import Record
from personae.run.record.runs import Run, claim, get_run, open_run
from personae.workflow.outcome import PlanOutcome
from personae.workflow.running import outcome_in

__all__ = ["attached"]

_LOOK_EVERY_S = 5.0
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
    began, told = record.at, False
    asked: set[str] = set()
    while True:
        found, items = await record.do(lambda transaction: (get_run(transaction, id), waiting(transaction, run=id)))
        for item in items:
            if item.id not in asked:
                asked.add(item.id)
                out.progress(
                    "?", f"{item.title}: personae approve {item.id}, or personae reject {item.id}", color="yellow"
                )
        if found.over or (found.status == "waiting" and not wait):
            return found, await record.do(partial(outcome_in, run=found))
        if not found.owner and not told and record.at - began > _PAUSE_S:
            told = True
            out.warn("no worker has taken the run yet: personae worker, in this project, starts one")
        await record.database.changed(timeout_s=_LOOK_EVERY_S)


def _put(transaction: Transaction, run: Run, instead_of: str | None) -> bool:
    if instead_of is None:
        return open_run(transaction, run)
    return claim(transaction, run.id, owner="", instead_of=instead_of)
