"""`personae fork`: try the rest of a run again, with an edited plan or edited personas."""

from __future__ import annotations

from dataclasses import replace

import click

from personae.cli import out
from personae.cli.conducting import conducted, wait_option
from personae.cli.recording import new_run_of
from personae.cli.runs_here import complete_run, opened_record
from personae.cli.work import read_plan, sound_library
from personae.errors import UsageError
from personae.library.registry import Snapshot
from personae.run.record.database import Transaction
from personae.run.record.runs import Run, get_run, open_run
from personae.workflow.plan import Plan
from personae.workflow.running import adopt_steps, forked_spec, kept_steps, plan_in
from personae.workflow.spec import worn_in

__all__ = ["command"]


@click.command("fork")
@click.argument("run", shell_complete=complete_run)
@click.option(
    "--from", "step", required=True, metavar="STEP", help="The first step to do anew, with all that needs it."
)
@click.option("--plan", "plan_file", metavar="FILE", help="An edited plan; steps that changed are done anew too.")
@wait_option
@out.json_option
def command(run: str, step: str, plan_file: str | None, wait: bool | None, as_json: bool) -> None:
    """Begin a new run with what RUN finished before STEP, and do the rest again, by the personas as they are now.

    \b
    personae fork 3f9c1a --from write
    personae fork 3f9c1a --from write --plan edited.yaml
    """
    _, personas = sound_library()
    edited = read_plan(plan_file, personas) if plan_file is not None else None
    with opened_record() as (record, _):
        new = record.database.run(lambda transaction: _fork(transaction, run, step, personas, edited))
    conducted(new, instead_of="", wait=wait, as_json=as_json)


def _fork(transaction: Transaction, name: str, step: str, personas: Snapshot, edited: Plan | None) -> Run:
    before = get_run(transaction, name)
    plan = plan_in(transaction, before)
    if plan is None:
        raise UsageError(f"run {before.id} has no plan to fork", help="Only runs of plans have steps.")
    after = edited or plan
    spec = forked_spec(before, after)
    spec = replace(spec, personas=worn_in(after, personas, spec.voices))
    keep = kept_steps(plan, after, step)
    reason = f"forked from {before.id}; personae resume begins it"
    new = replace(new_run_of("run", before.title, spec=spec.as_json()), status="stopped", reason=reason)
    open_run(transaction, new)
    kept = adopt_steps(transaction, before, keep, into=new.id)
    out.progress("·", f"kept from {before.id}: {', '.join(kept) or 'nothing'}", dim=True)
    return new
