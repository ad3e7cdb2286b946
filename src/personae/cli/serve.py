"""`personae serve`: the process that fires heartbeats and does what was approved."""

from __future__ import annotations

import asyncio
import os
import signal
from datetime import UTC, datetime
from functools import partial

import click

from personae.adopt.world import World
from personae.cli import out
from personae.cli.bench import Bench
from personae.cli.serving import Served, moment_text, served, station_of
from personae.cli.work import model_option
from personae.run.lifetime import Lifetime
from personae.run.local import LocalEngine
from personae.run.owners import sweep
from personae.run.record.database import Hold
from personae.run.record.opening import database_url
from personae.run.record.record import Record
from personae.standing.events import Event
from personae.standing.folder import Folder
from personae.standing.server import Server
from personae.standing.station import Station

__all__ = ["command"]

_SIGNS: dict[str, tuple[str, str]] = {
    "ran": ("✓", "green"),
    "quiet": ("·", "blue"),
    "skipped": ("-", "yellow"),
    "failed": ("✗", "red"),
    "left": ("…", "yellow"),
}


@click.command("serve")
@model_option
@click.option("--once", is_flag=True, help="Do what is due now and what was left, then end.")
def command(override: str | None, once: bool) -> None:
    """Fire the heartbeats of this project's personas, do what was approved, and go on with what was left, until Ctrl-C.

    \b
    personae serve              personae.toml says how: [standing] missed, windowMinutes, atOnce
    personae serve --once       from cron or a systemd timer
    personae beats              what is due next; personae beats history: what became of it

    Every file is checked first. While it serves it reads what you edit; an edit that breaks a file is shown, and the
    last good version goes on. Ctrl-C stops at once, and what was begun goes on at the next start.

    A run, a beat or a task whose process died goes on here, and so does one that waited for a person who has decided
    by now. A run that somebody stopped or paused, or that failed, waits for personae resume.

    \b
    Exit code 0: ended    6: a persona or the project file is broken
    """
    with served() as here:
        owner = here.record.database.hold()
        try:
            sweep(here.folder.root)
            asyncio.run(_serve(here, owner, override, once=once))
        finally:
            owner.close()


async def _serve(here: Served, owner: Hold, override: str | None, *, once: bool) -> None:
    def make_station(folder: Folder) -> Station:
        return station_of(folder, record=here.record, owner=owner, override=override)

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    if os.name != "nt":
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
    conduct = None if database_url() else partial(_conduct, here.record)  # a fleet's runs are its workers'
    server = Server(folder=here.folder, record=here.record, make_station=make_station, tell=_tell, conduct=conduct)
    await server.boot()
    _greet(server, here)
    if once:
        await server.turn()
        await server.settled()
        return
    await server.serve(stop)
    out.note("stopped; what was begun goes on at the next start")


async def _conduct(record: Record, life: Lifetime, world: World) -> None:
    bench = Bench(world, record, wait=False)
    try:
        await bench.conduct(life, LocalEngine(lambda node: bench.perform(node, life.gate), record))
    finally:
        await bench.servers.close()


def _greet(server: Server, here: Served) -> None:
    count = server.count
    out.note(f"serving {here.folder.root}: {count} heartbeat{'s' if count != 1 else ''}, time zone {here.zone.key}")
    if server.next_due is not None:
        due = datetime.fromtimestamp(server.next_due, UTC)
        out.note(f"next: {moment_text(due, here.record.now(), here.zone)}")


def _tell(event: Event) -> None:
    moment = datetime.now(UTC).astimezone().strftime("%H:%M:%S")
    who = event.persona or f"run {event.run}"
    match event.kind:
        case "begun":
            out.progress("▸", f"{moment} {who}: {event.text}", color="blue")
        case "ended" | "left":
            sign, color = _SIGNS.get(event.status, ("·", "blue"))
            out.progress(sign, f"{moment} {who}: {event.status}: {event.text}", color=color)
        case "files" if event.status == "broken":
            out.warn(f"{moment} the last good version goes on:\n{event.text}")
        case _:
            out.progress("·", f"{moment} {event.text}")
