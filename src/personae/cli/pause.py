"""`personae pause`: let a run rest, or have it ask before a step."""

from __future__ import annotations

import click

from personae.cli import out
from personae.cli.runs_here import complete_run, opened_record, person
from personae.errors import UnknownNameError, UsageError
from personae.run.owners import is_alive
from personae.run.record.database import Transaction
from personae.run.record.runs import Run, get_run, wish
from personae.workflow.human import hold
from personae.workflow.running import plan_in

__all__ = ["command"]


@click.command("pause")
@click.argument("run", shell_complete=complete_run)
@click.option("--before", "step", metavar="STEP", help="Ask me before this step runs, and let all else go on.")
def command(run: str, step: str | None) -> None:
    """Let RUN rest: what it has begun is finished, nothing new begins until personae resume RUN.

    With --before it does not rest; the step asks you first, and you may change it (personae edit-item).
    """
    with opened_record() as (record, project):

        def ask(transaction: Transaction) -> Run:
            found = get_run(transaction, run)
            if step is not None:
                _hold(transaction, found, step, at=record.at)
            elif not is_alive(project.root, found.owner):
                message = f"run {found.id} is {found.status}, and no process does it"
                raise UsageError(message, help=f"personae resume {found.id} goes on with it.")
            else:
                wish(transaction, found.id, "pause")
            return found

        found = record.database.run(ask)
    if step is None:
        out.note(f"run {found.id} rests; personae resume {found.id} lets it go on")
    else:
        out.note(f"{step} will ask first; personae inbox shows the question when it is its turn")


def _hold(transaction: Transaction, run: Run, step: str, *, at: float) -> None:
    plan = plan_in(transaction, run)
    if plan is None:
        raise UsageError(f"run {run.id} has no plan yet", help="Wait until it has one: personae log shows it.")
    steps = [one.id for one in plan.steps]
    if step not in steps:
        raise UnknownNameError("step", step, steps)
    if not hold(transaction, run.id, step, who=person(), at=at):
        raise UsageError(f"{step} has begun already", help=f"personae fork {run.id} --from {step} does it again.")
