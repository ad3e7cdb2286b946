"""`personae cancel`: stop a run for good, whoever does it."""

from __future__ import annotations

import asyncio
import time

import click

from personae.cli import out
from personae.cli.runs_here import complete_run, opened_record
from personae.errors import StorageError, UsageError
from personae.run.record.database import Transaction
from personae.run.record.record import Record
from personae.run.record.runs import Run, claim, close, get_run, wish

__all__ = ["command"]

_PATIENCE_S = 30.0


@click.command("cancel")
@click.argument("run", shell_complete=complete_run)
def command(run: str) -> None:
    """Stop RUN for good, with all that it started; wait until it has ended. What is finished stays in the record."""
    with opened_record() as (record, _):
        found = record.database.run(lambda transaction: get_run(transaction, run))
        if found.settled:
            raise UsageError(f"run {found.id} is {found.status}", help=f"personae log {found.id} shows it.")
        if record.database.lives(found.owner):
            record.database.run(lambda transaction: wish(transaction, found.id, "cancel"))
            asyncio.run(_ended(record, found))
        else:
            record.database.run(lambda transaction: _close(transaction, found, record))
    out.note(f"run {found.id} is cancelled")


async def _ended(record: Record, run: Run) -> None:
    """Return when the process that does the run has stopped it. Raises `StorageError` when it does not."""
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until:
        if record.database.run(lambda transaction: get_run(transaction, run.id)).over:
            return
        await record.database.changed(timeout_s=1.0)
    process = run.owner.partition("-")[0]
    raise StorageError("stop", f"the run {run.id}", f"process {process} does not answer", help="End that process.")


def _close(transaction: Transaction, run: Run, record: Record) -> None:
    owner = "personae-cancel"
    if claim(transaction, run.id, owner=owner, instead_of=run.owner):
        close(transaction, run.id, owner=owner, status="cancelled", reason="a person cancelled it", at=record.at)
