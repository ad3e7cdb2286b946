"""`personae gc`: remove the records of runs that are long over."""

from __future__ import annotations

import click

from personae.cli import out
from personae.cli.runs_here import opened_record
from personae.cli.wearing import duration_s
from personae.run.record import whole
from personae.run.record.database import Transaction

__all__ = ["command"]


@click.command("gc")
@click.option("--older-than", "age", required=True, metavar="D", help="Remove what ended so long ago: 12h, 30d.")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@out.json_option
def command(age: str, dry_run: bool, as_json: bool) -> None:
    """Remove runs that are over, with their journal and their part of the inbox. What they cost stays in the ledger.

    Runs that wait or rest are never removed.
    """
    with opened_record() as (record, _):
        before = record.at - duration_s(age)

        def remove(transaction: Transaction) -> list[tuple[str, int]]:
            found = list(whole.over_before(transaction, before))
            if not dry_run:
                for id, _ in found:
                    whole.remove(transaction, id)
            return found

        found = record.database.run(remove)
    size = sum(bytes for _, bytes in found)
    if as_json:
        out.as_json({"runs": [id for id, _ in found], "bytes": size, "removed": not dry_run})
        return
    for id, _ in found:
        out.data(id)
    verb = "would go" if dry_run else "removed"
    out.note(f"{len(found)} runs {verb}, {size:,} bytes of journal")
