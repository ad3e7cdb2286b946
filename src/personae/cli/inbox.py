"""`personae inbox`: all that waits for a person, in one queue."""

from __future__ import annotations

from dataclasses import asdict

import click

from personae.cli import out
from personae.cli.runs_here import opened_record
from personae.run.record.inbox import Item, waiting
from personae.tools.approve import quoted

__all__ = ["command", "shown"]


@click.command("inbox")
@click.option("--run", help="Only what waits in this run.")
@out.json_option
def command(run: str | None, as_json: bool) -> None:
    """Show what waits for you, oldest first: steps, questions of tools, calls whose outcome nobody knows, proposals."""
    with opened_record() as (record, _):
        items = record.database.run(lambda transaction: waiting(transaction, run=run))
    if as_json:
        out.as_json([asdict(item) for item in items])
        return
    if not items:
        out.note("nothing waits for you")
    for item in items:
        out.data(shown(item))


def shown(item: Item) -> str:
    """Return an item as text; what a model wrote is quoted, so that it cannot pass for ours."""
    lines = [f"{item.id}  {item.title}", f"  {item.kind} of {item.persona} in run {item.run} ({item.key})"]
    for name, value in item.body.items():
        text = value if isinstance(value, str) else out.json_line(value)
        if text:
            lines += [f"  {name}:", *(f"  {line}" for line in quoted(text))]
    return "\n".join([*lines, f"  personae approve {item.id} · reject {item.id} · edit-item {item.id}"])
