"""`personae export`: a run as JSON lines."""

from __future__ import annotations

import click

from personae.cli import out
from personae.cli.runs_here import complete_run, opened_record
from personae.run.record import whole

__all__ = ["command"]


@click.command("export")
@click.argument("run", shell_complete=complete_run)
def command(run: str) -> None:
    """Print all that the record holds of RUN as JSON lines: the run, its entries, charges, questions and decisions.

    \b
    personae export 3f9c1a > run.jsonl
    """
    with opened_record() as (record, _):
        everything = record.database.run(lambda transaction: whole.read(transaction, run))
    for line in whole.lines(everything):
        out.data(out.json_line(line))
