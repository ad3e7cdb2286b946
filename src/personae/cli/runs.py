"""`personae runs`: what ran and runs here, and where each stands."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import click

from personae.cli import out
from personae.cli.runs_here import opened_record
from personae.library.project import Project
from personae.run.owners import is_alive
from personae.run.record.database import Transaction
from personae.run.record.ledger import spending, usd
from personae.run.record.runs import Run, list_runs

__all__ = ["command", "standing"]


@click.command("runs")
@click.option("-n", "most", type=click.IntRange(1), default=50, show_default=True, help="At most so many.")
@out.json_option
def command(most: int, as_json: bool) -> None:
    """List runs, newest first: where each stands, what it cost, and what would go on with it."""
    with opened_record() as (record, project):

        def read(transaction: Transaction) -> list[tuple[Run, int]]:
            found = list_runs(transaction, most=most)
            return [(run, sum(one.usd_nanos for one in spending(transaction, run=run.id))) for run in found]

        rows = record.database.run(read)
    if as_json:
        out.as_json([_as_data(run, cost, project) for run, cost in rows])
        return
    zone = ZoneInfo(project.timezone)
    out.data(out.table([_row(run, cost, project, zone) for run, cost in rows], header=_HEADER))


_HEADER = ("run", "stands", "kind", "begun", "cost", "what")


def standing(run: Run, project: Project) -> str:
    """Return where `run` stands in a word; `died` for one whose process is gone in the middle of it."""
    if run.status in ("running", "paused", "waiting") and run.owner and not is_alive(project.root, run.owner):
        return "died"
    return run.status


def _row(run: Run, cost_nanos: int, project: Project, zone: ZoneInfo) -> tuple[str, ...]:
    begun = datetime.fromtimestamp(run.created, zone)
    what = run.title if not run.reason else f"{run.title}: {run.reason}"
    cost = f"${usd(cost_nanos):.4f}" if cost_nanos else "-"
    return run.id, standing(run, project), run.kind, f"{begun:%Y-%m-%d %H:%M}", cost, what


def _as_data(run: Run, cost_nanos: int, project: Project) -> dict[str, object]:
    return {
        "run": run.id,
        "status": run.status,
        "stands": standing(run, project),
        "kind": run.kind,
        "title": run.title,
        "persona": run.persona,
        "reason": run.reason,
        "created": run.created,
        "ended": run.ended,
        "owner": run.owner,
        "cost_usd": usd(cost_nanos),
    }
