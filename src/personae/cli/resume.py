"""`personae resume`: go on with a run, from the record alone."""

from __future__ import annotations

from contextlib import closing

import click

from personae.cli import out
from personae.cli.ask import asked
from personae.cli.conducting import conducted, wait_option
from personae.cli.goal import pursued
from personae.cli.loop import looped
from personae.cli.recording import record_of
from personae.cli.runs_here import complete_run, project_here
from personae.errors import UsageError
from personae.run.owners import sweep
from personae.run.record.database import Database
from personae.run.record.runs import RESUMED_KINDS, Run, get_run, list_runs, wish

__all__ = ["command"]


@click.command("resume")
@click.argument("run", required=False, shell_complete=complete_run)
@wait_option
@out.json_option
def command(run: str | None, wait: bool | None, as_json: bool) -> None:
    """Go on with RUN: paused, stopped, failed, waiting, or left by a process that died. The newest, if none is named.

    RUN is a run of a plan, or what ask, loop or goal began. What is finished is not done again; steps that failed are
    tried again. A paused run of a living process just goes on there.

    \b
    personae resume              personae resume 3f9c1a   (the end of an id is enough)

    \b
    Exit code: that of the command that began it.
    """
    project = project_here()
    with closing(record_of(project).database) as database:
        found = _named(database, run)
        if database.lives(found.owner):
            _let_go_on(database, found)
            return
        _refuse_unresumable(found, as_json=as_json)
        database.run(lambda transaction: wish(transaction, found.id, ""))
    sweep(project.root)
    _go_on(found, wait=wait, as_json=as_json)


def _go_on(run: Run, *, wait: bool | None, as_json: bool) -> None:
    """Do the rest of `run`, as the command that began it would have."""
    match run.kind:
        case "ask":
            asked(run, instead_of=run.owner, wait=wait, as_json=as_json)
        case "goal":
            pursued(run, instead_of=run.owner, wait=wait, as_json=as_json)
        case "loop":
            looped(run, instead_of=run.owner, wait=wait)
        case _:
            conducted(run, instead_of=run.owner, wait=wait, as_json=as_json)


def _named(database: Database, name: str | None) -> Run:
    if name is not None:
        return database.run(lambda transaction: get_run(transaction, name))
    runs = database.run(lambda transaction: list_runs(transaction, most=1_000))
    for run in runs:
        if run.resumable and not database.lives(run.owner):
            return run
    raise UsageError("there is no run to go on with", help="personae runs lists what there is.")


def _refuse_unresumable(run: Run, *, as_json: bool) -> None:
    """Raise `UsageError` for a run that nobody can go on with, or not so."""
    log = f"personae log {run.id} shows it"
    if run.settled:
        help = f"{log}; personae fork {run.id} --from STEP tries it another way." if run.kind == "run" else f"{log}."
        raise UsageError(f"run {run.id} is {run.status}", help=help)
    if run.kind == "chat":
        help = f"personae chat begins another; {log}."
        raise UsageError(f"{run.id} is a chat: it needs the person who talked, and is not resumed", help=help)
    if run.kind not in RESUMED_KINDS:
        kinds = "runs of plans, asks, loops and goals"
        raise UsageError(f"{run.id} is a {run.kind}, and only {kinds} are resumed", help=f"{log}.")
    if not run.resumable:
        reason = "was begun by an older version of personae, which kept nothing to go on with"
        raise UsageError(f"run {run.id} {reason}", help=f"{log}; begin it anew.")
    if run.kind == "loop" and as_json:
        raise UsageError("a loop prints no JSON", help=f"personae resume {run.id}")


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
