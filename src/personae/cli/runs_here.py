"""The runs of the working folder's project, for the commands about runs."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import closing, contextmanager

import click
from click.shell_completion import CompletionItem

from personae.cli.here import here
from personae.cli.recording import RECORD_FILE, record_of
from personae.errors import InvalidFileError, PersonaeError, UsageError
from personae.library.project import Project
from personae.library.store import find_root, load_project
from personae.run.record.record import Record
from personae.run.record.runs import list_runs

__all__ = ["complete_run", "opened_record", "person", "project_here"]


def project_here() -> Project:
    """Return the project of the working folder. Raises `UsageError` where nothing was ever run."""
    project, wrong = load_project(find_root(here()))
    if project is None:
        raise InvalidFileError(wrong)
    if not (project.root / RECORD_FILE).exists():
        raise UsageError("nothing has run in this project yet", help='personae run "GOAL" begins.')
    return project


@contextmanager
def opened_record() -> Iterator[tuple[Record, Project]]:
    """Open the record of the working folder's project. Raises `UsageError` where nothing was ever run."""
    project = project_here()
    record = record_of(project)
    with closing(record.database):
        yield record, project


def person() -> str:
    """Return who decides here, as the record names them."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "somebody"


def complete_run(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete ids of runs; silent about anything broken, as a shell wants."""
    try:
        with opened_record() as (record, _):
            runs = record.database.run(lambda transaction: list_runs(transaction, most=30))
    except PersonaeError:
        return []
    return [CompletionItem(run.id, help=f"{run.status}: {run.title}"[:80]) for run in runs if incomplete in run.id]
