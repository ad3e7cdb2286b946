"""`personae beats`: the heartbeats of this project, when they fire, what became of them, and switching them."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

import click

from personae.cli import out
from personae.cli.beats_run import run
from personae.cli.here import slug_argument
from personae.cli.runs_here import person
from personae.cli.serving import Served, moment_text, served
from personae.errors import UnknownNameError
from personae.run.record.database import Transaction
from personae.standing import table
from personae.standing.approvals import jobs, remove_job
from personae.standing.calendar import firings
from personae.standing.heartbeats import Recurring, recurring_of
from personae.standing.settings import standing_of
from personae.standing.switch import switch
from personae.standing.table import EVERYBODY, Beat
from personae.standing.timer import Held

__all__ = ["command"]

_MOST_UPCOMING = 1_000


@click.group("beats", invoke_without_command=True)
@out.json_option
@click.pass_context
def command(context: click.Context, as_json: bool) -> None:
    """Show the heartbeats of this project: when each fires next, and how its newest beat ended.

    \b
    personae beats next --days 7                       everything that will fire, in order
    personae beats history gtm-lead                    what became of each beat, and why
    personae beats run gtm-lead "Monday standup"       do one now; --dry-run shows it and spends nothing
    personae beats off gtm-lead "Monday standup"       changes one line of its file; on switches it back
    personae beats remove 1a2b3c4d                     takes a job away that was approved
    personae beats pause                               let nothing fire until: personae beats resume
    """
    if context.invoked_subcommand is None:
        with served() as here:
            _list(here, as_json=as_json)


command.add_command(run)


def _list(here: Served, *, as_json: bool) -> None:
    now = here.record.now()
    recurring, held, newest = here.record.database.run(lambda transaction: _state(transaction, here))
    shown = [(one, held.why(one), one.next_after(now, here.zone), newest.get(one.key)) for one in recurring.values()]
    if as_json:
        rows = [_row_json(one, why, moment, last) for one, why, moment, last in shown]
        out.as_json({"timezone": here.zone.key, "heartbeats": rows})
        return
    if not shown:
        out.note("no persona here has heartbeats")
        return
    lines = [
        [
            one.persona,
            f"{one.label} (job {one.job})" if one.job else one.label,
            one.cron,
            why or ("never" if moment is None else moment_text(moment, now, here.zone)),
            _last(last),
        ]
        for one, why, moment, last in shown
    ]
    out.data(out.table(lines, header=["PERSONA", "LABEL", "CRON", "NEXT", "LAST"]))
    out.note(f"time zone {here.zone.key}")


@command.command("next")
@click.option("--days", type=click.IntRange(1, 366), default=7, show_default=True, help="How far to look.")
@click.option("--most", type=click.IntRange(1, _MOST_UPCOMING), default=50, show_default=True, help="Of lines.")
@out.json_option
def _upcoming(days: int, most: int, as_json: bool) -> None:
    """Show everything that will fire, in order. What is off or paused does not stand there."""
    with served() as here:
        now = here.record.now()
        recurring, held, _ = here.record.database.run(lambda transaction: _state(transaction, here))
        firing = [one for one in recurring.values() if not held.why(one)]
        until = now + timedelta(days=days)
        found: list[tuple[datetime, Recurring]] = []
        for moment, _, one in heapq.merge(*(_moments(one, now, here) for one in firing), key=lambda item: item[:2]):
            if moment > until or len(found) == most:
                break
            found.append((moment, one))
        if as_json:
            out.as_json([{"at": at.isoformat(), "persona": one.persona, "label": one.label} for at, one in found])
        elif found:
            out.data(out.table([[moment_text(at, now, here.zone), one.persona, one.label] for at, one in found]))
        else:
            out.note(f"nothing fires within {days} days")


@command.command("history")
@slug_argument("name")
@click.option("--days", type=click.IntRange(1), default=30, show_default=True, help="How far back.")
@click.option("--most", type=click.IntRange(1), default=100, show_default=True, help="Of lines.")
@out.json_option
def _history(name: str | None, days: int, most: int, as_json: bool) -> None:
    """Show what became of every beat that came due, newest first: of persona NAME, or of all.

    Each is ran, quiet (it had nothing to report), skipped (and why), missed (nothing served it), failed, or running.
    """
    with served() as here:
        since = int(here.record.at) - days * 86_400
        beats = here.record.database.run(
            lambda transaction: table.history(transaction, persona=name, since=since, most=most)
        )
        if as_json:
            out.as_json([_as_json(beat) for beat in beats])
        elif beats:
            now = here.record.now()
            out.data(
                out.table(
                    [[_span(beat, now, here), beat.persona, beat.label, beat.status, _why(beat)] for beat in beats],
                    header=["DUE", "PERSONA", "LABEL", "BECAME", "RUN OR REASON"],
                )
            )
        else:
            out.note("no beat has come due yet")


_history.params[0].required = False


def _switch_command(word: str, *, enabled: bool) -> click.Command:
    @slug_argument("name")
    @click.argument("label", required=False)
    def do(name: str, label: str | None) -> None:
        with served() as here:
            for sentence in switch(here.folder, name, label, enabled=enabled):
                out.note(sentence)

    do.__doc__ = (
        f"Switch the heartbeat LABEL of persona NAME {word}, or all of them: one line of its file each.\n\n"
        "Comments, order and formatting of the file stay."
    )
    return click.command(word)(do)


command.add_command(_switch_command("on", enabled=True))
command.add_command(_switch_command("off", enabled=False))


@command.command("pause")
@slug_argument("name")
def _pause(name: str | None) -> None:
    """Let nothing of persona NAME fire, or nothing at all, until it is resumed. What runs goes on."""
    with served() as here:
        who = _known(here, name)
        done = here.record.database.run(
            lambda transaction: table.pause(transaction, who, who=person(), at=here.record.at)
        )
        out.note(f"{name or 'everybody'} is paused{'' if done else ' already'}; personae beats resume goes on")


_pause.params[0].required = False


@command.command("resume")
@slug_argument("name")
def _resume(name: str | None) -> None:
    """Let persona NAME, or everybody, fire again. What came due meanwhile stays skipped."""
    with served() as here:
        who = _known(here, name)
        done = here.record.database.run(lambda transaction: table.resume(transaction, who))
        out.note(f"{name or 'everybody'} {'fires again' if done else 'was not paused'}")


_resume.params[0].required = False


@command.command("remove")
@click.argument("id")
def _remove(id: str) -> None:
    """Let the job ID fire no more. It is the proposal that made it; `personae beats` shows it."""
    with served() as here:
        known = [job.job for job in here.record.database.run(jobs)]
        if id not in known:
            raise UnknownNameError("job", id, known)
        who, at = person(), here.record.at
        here.record.database.run(lambda transaction: remove_job(transaction, id, who=who, at=at))
        out.note(f"job {id} fires no more")


def _known(here: Served, name: str | None) -> str:
    if name is None:
        return EVERYBODY
    return here.folder.personas[name].name


def _state(
    transaction: Transaction, here: Served
) -> tuple[Mapping[tuple[str, str], Recurring], Held, Mapping[tuple[str, str], Beat]]:
    recurring = recurring_of(here.folder.personas.values(), jobs(transaction))
    held = Held(project=not standing_of(here.folder.project).enabled, paused=table.paused(transaction))
    newest: dict[tuple[str, str], Beat] = {}
    for beat in table.newest(transaction):
        newest[beat.persona, beat.label] = beat
    return recurring, held, newest


def _moments(one: Recurring, now: datetime, here: Served) -> Iterator[tuple[datetime, tuple[str, str], Recurring]]:
    for moment in firings(one.cron, now, here.zone):
        yield moment, one.key, one


def _last(beat: Beat | None) -> str:
    return "" if beat is None else f"{beat.status}: {beat.reason}" if beat.reason else beat.status


def _why(beat: Beat) -> str:
    return ": ".join(filter(None, (beat.run, beat.reason)))


def _span(beat: Beat, now: datetime, here: Served) -> str:
    first = moment_text(datetime.fromtimestamp(beat.due, UTC), now, here.zone)
    if beat.count == 1:
        return first
    return f"{beat.count:,} x {first} to {moment_text(datetime.fromtimestamp(beat.last, UTC), now, here.zone)}"


def _iso(moment_s: float) -> str:
    return datetime.fromtimestamp(moment_s, UTC).isoformat()


def _row_json(one: Recurring, why: str, moment: datetime | None, last: Beat | None) -> dict[str, object]:
    return {
        "persona": one.persona,
        "label": one.label,
        "cron": one.cron,
        "job": one.job,
        "next": None if why or moment is None else moment.isoformat(),
        "held": why,
        "last": None if last is None else {"due": _iso(last.due), "status": last.status, "reason": last.reason},
    }


def _as_json(beat: Beat) -> dict[str, object]:
    return {
        "persona": beat.persona,
        "label": beat.label,
        "due": _iso(beat.due),
        "last": _iso(beat.last),
        "count": beat.count,
        "status": beat.status,
        "reason": beat.reason,
        "run": beat.run,
        "ended": None if beat.ended is None else _iso(beat.ended),
    }
