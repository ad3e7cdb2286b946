"""`personae resume`: go on with a run, from the record alone."""

from __future__ import annotations

from contextlib import closing

import click

from personae.cli import out
from personae.cli.conducting import conducted, wait_option
from personae.cli.recording import record_of
from personae.cli.runs_here import complete_run, project_here
from personae.errors import UsageError
from personae.library.project import Project
from personae.run.owners import is_alive, sweep
from personae.run.record.database import Database
from personae.run.record.runs import Run, get_run, list_runs, wish

__all__ = ["command"]


@click.command("resume")
@click.argument("run", required=False, shell_complete=complete_run)
@wait_option
@out.json_option
def command(run: str | None, wait: bool | None, as_json: bool) -> None:
    """Go on with RUN: paused, stopped, failed, waiting, or left by a process that died. The newest, if none is named.

    What is finished is not done again; steps that failed are tried again. A paused run of a living process just goes
    on there.

    \b
    personae resume              personae resume 3f9c1a   (the end of an id is enough)
    """
    project = project_here()
    with closing(record_of(project).database) as database:
        found = _named(database, project, run)
        if is_alive(project.root, found.owner):
            _let_go_on(database, found)
            return
        database.run(lambda transaction: wish(transaction, found.id, ""))
    sweep(project.root)
    if found.status in ("done", "cancelled"):
        help = f"personae log {found.id} shows it; personae fork {found.id} --from STEP tries it another way."
        raise UsageError(f"run {found.id} is {found.status}", help=help)
    if found.kind != "run":
        raise UsageError(
            f"{found.id} is a {found.kind}, and only runs of plans are resumed", help=f"personae log {found.id}"
        )
    conducted(found, instead_of=found.owner, wait=wait, as_json=as_json)


def _named(database: Database, project: Project, name: str | None) -> Run:
    if name is not None:
        return database.run(lambda transaction: get_run(transaction, name))
    runs = database.run(lambda transaction: list_runs(transaction, most=1_000))
    for run in runs:
        if run.kind == "run" and run.status not in ("done", "cancelled") and not is_alive(project.root, run.owner):
            return run
    raise UsageError("there is no run to go on with", help="personae runs lists what there is.")


def _let_go_on(database: Database, run: Run) -> None:
    """Take back the pause of a run that its process still does. Raises `UsageError` when nothing holds it."""
    if run.wish != "pause" and run.status != "paused":
        process = run.owner.partition("-")[0]
        raise UsageError(
            f"run {run.id} is being done by process {process}, which lives",
            help=f"Stop that process first, or personae cancel {run.id}.",
        )
    database.run(lambda transaction: wish(transaction, run.id, ""))
    out.note(f"run {run.id} goes on")
