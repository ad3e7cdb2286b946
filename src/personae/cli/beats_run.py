"""`personae beats run`: one beat now, or all that it would be, without spending anything."""

from __future__ import annotations

import asyncio
from dataclasses import asdict

import click

from personae.cli import out
from personae.cli.failures import FAILED, STOPPED
from personae.cli.here import slug_argument
from personae.cli.serving import Served, moment_text, served, station_of
from personae.cli.wearing import tell, tell_reflection
from personae.cli.work import model_option, notes_on
from personae.errors import STOP_REASONS, UsageError
from personae.standing import table
from personae.standing.approvals import jobs
from personae.standing.beat import Ending, beat_work, do_work, prompt_text, write_ending
from personae.standing.heartbeats import Recurring, find_recurring, recurring_of
from personae.standing.station import Station
from personae.standing.timer import begun_beat

__all__ = ["run"]


@click.command("run")
@slug_argument("name")
@click.argument("label")
@click.option("--dry-run", is_flag=True, help="Show the exact prompt, model, tools and limits; ask nobody.")
@model_option
@out.json_option
def run(name: str, label: str, dry_run: bool, override: str | None, as_json: bool) -> None:
    """Do the beat LABEL of persona NAME now, whether it is due or switched off.

    \b
    personae beats run gtm-lead "Monday standup" --dry-run

    \b
    Exit code 0: ran, or had nothing to report    1: it failed    3: stopped by a limit or waiting for a person
    """
    with served() as here:
        approved = here.record.database.run(jobs)
        every = recurring_of(here.folder.personas.values(), approved)
        recurring = find_recurring(every, here.folder.personas[name].name, label)
        owner = here.record.database.hold()
        try:
            station = station_of(here.folder, record=here.record, owner=owner, override=override)
            if dry_run:
                _show(recurring, station, here, as_json=as_json)
                return
            ending, id = asyncio.run(_run(recurring, station, here))
        finally:
            owner.close()
    _report(ending, id, as_json=as_json)


async def _run(recurring: Recurring, station: Station, here: Served) -> tuple[Ending, str]:
    now = here.record.now()
    due = int(now.timestamp())
    beat = begun_beat(recurring, due, here.zone, owner=station.owner, at=here.record.at)
    if not await here.record.do(lambda transaction: table.account_for(transaction, beat)):
        raise UsageError("this very beat was begun in this second", help="personae beats history shows it.")
    adoption = station.wear(recurring.persona, recurring.prompt, model=recurring.model, effort=recurring.effort)
    for note in notes_on([adoption.model]):
        out.warn(note)
    tell(adoption)
    ending = await do_work(beat_work(recurring, beat.run, due), station, now=now)
    await here.record.do(lambda transaction: write_ending(transaction, beat.run, ending, at=here.record.at))
    return ending, beat.run


def _show(recurring: Recurring, station: Station, here: Served, *, as_json: bool) -> None:
    work = beat_work(recurring, "dry-run", 0)
    adoption = station.wear(work.persona, prompt_text(work), model=work.model, effort=work.effort)
    prompt, budget = adoption.prompt, adoption.limits.budget
    project = here.folder.project.budget
    moment = recurring.next_after(here.record.now(), here.zone)
    if as_json:
        out.as_json(
            {
                "persona": recurring.persona,
                "label": recurring.label,
                "cron": recurring.cron,
                "next": None if moment is None else moment.isoformat(),
                "model": adoption.model.name,
                "because": adoption.model.because,
                "effort": adoption.model.effort,
                "tools": adoption.tools.granted,
                "left_out": [{"tool": tool, "because": why} for tool, why in adoption.tools.left_out],
                "visibility": adoption.persona.visibility if adoption.persona else "cabinet",
                "budget": {**asdict(budget), "project_daily_max_cost_usd": project.daily_max_cost_usd},
                "degraded": adoption.degraded,
                "system": prompt.system_text,
                "user": prompt.user_text,
                "tokens": prompt.tokens,
            }
        )
        return
    out.data(f"{prompt.system_text}\n\n---\n\n{prompt.user_text}")
    caps = {
        "a day": budget.daily_max_cost_usd,
        "a run": budget.per_run_max_cost_usd,
        "a day of the project": project.daily_max_cost_usd,
    }
    said = [f"${cap:f} {what}" for what, cap in caps.items() if cap is not None]
    said += [f"{budget.per_run_max_tokens:,} tokens a run"] if budget.per_run_max_tokens is not None else []
    out.note(f"\n~{prompt.tokens:,} tokens; {adoption.model.name}: {adoption.model.because}")
    out.note(f"tools: {', '.join(adoption.tools.granted) or 'none'} ({adoption.tools.because})")
    out.note(f"caps: {', '.join(said) or 'none'}")
    if moment is not None:
        out.note(f"next: {moment_text(moment, here.record.now(), here.zone)}")
    tell(adoption)


def _report(ending: Ending, id: str, *, as_json: bool) -> None:
    if as_json:
        kept = list(ending.remembered.kept)
        out.as_json(
            {"run": id, "became": ending.status, "reason": ending.reason, "answer": ending.text, "remembered": kept}
        )
    elif ending.status == "ran":
        out.data(ending.text)
        tell_reflection(ending.remembered)
    elif ending.status == "quiet":
        out.note("it has nothing to report")
    else:
        out.note(f"{ending.status}: {ending.reason}")
    if ending.status in ("skipped", "left"):
        raise click.exceptions.Exit(STOPPED)
    if ending.status == "failed":
        is_limit = ending.reason.partition(":")[0] in STOP_REASONS
        raise click.exceptions.Exit(STOPPED if is_limit else FAILED)
