"""`personae worker`: one more process of the fleet that does this project's runs."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from personae.adopt.world import World
from personae.cli import out
from personae.cli.bench import Bench
from personae.cli.failures import INTERRUPTED
from personae.cli.world import world_here
from personae.errors import UsageError
from personae.run.queues import queues_of
from personae.run.record.opening import DATABASE_URL, database_url, open_database
from personae.run.record.record import Record

if TYPE_CHECKING:
    from personae.run.fleet import FleetEngine

__all__ = ["command"]

_LOOK_EVERY_S = 0.5


@click.command("worker")
@click.option("--once", is_flag=True, help="End when nothing is left to do.")
def command(once: bool) -> None:
    """Do this project's runs as one of any number of workers, on any number of machines.

    All have PERSONAE_DATABASE_URL set to one PostgreSQL database and stand in a checkout of the same project; one
    database serves one project. personae run then leaves its run to them. What a worker does when it dies, others go on
    with from the last finished step. Ctrl-C or SIGTERM leaves the fleet: what is in flight stops, and others take it.

    \b
    export PERSONAE_DATABASE_URL=postgresql://me@host/harbor
    personae worker &  personae worker &
    personae run "Summarize the report for the board" --with report.md

    \b
    [queues] in personae.toml limits what runs at once, over all workers:
      worker = 16                       nodes at once in one worker
      providers.anthropic.atOnce = 20   providers.anthropic.perMinute = 300   personas.researcher.atOnce = 2
    """
    url = database_url()
    if not url:
        raise UsageError(
            f"{DATABASE_URL} is not set, and a fleet meets in a PostgreSQL database",
            help=f"export {DATABASE_URL}=postgresql://USER@HOST/DATABASE; without a fleet, personae run needs none.",
        )
    stopped_by = asyncio.run(_work(url, world_here(), once=once))
    if stopped_by == signal.SIGINT:
        raise click.exceptions.Exit(INTERRUPTED)


async def _work(url: str, here: World, *, once: bool) -> signal.Signals | None:
    # 600 ms that only a worker needs, and a package that only a fleet has.
    from personae.run.fleet import Crew, FleetEngine  # noqa: PLC0415 - see above

    project = here.project
    record = Record(database=open_database(project.root, url), zone=ZoneInfo(project.timezone))
    bench = Bench(here, record, wait=True)
    engine = FleetEngine(
        url, record, queues=queues_of(project), crew=Crew(perform=bench.perform, conduct=bench.conduct)
    )
    signals: asyncio.Queue[signal.Signals] = asyncio.Queue()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):  # Windows has no such handlers
            asyncio.get_running_loop().add_signal_handler(number, signals.put_nowait, number)
    await engine.launch()
    out.note(f"worker {engine.id} is there")
    try:
        return await _until_over(engine, signals, once=once)
    finally:
        await engine.leave()
        await bench.servers.close()
        record.database.close()
        out.note(f"worker {engine.id} has left; others go on with what it did")


async def _until_over(
    engine: FleetEngine, signals: asyncio.Queue[signal.Signals], *, once: bool
) -> signal.Signals | None:
    """Return the signal that ends this worker, or None when all is done; raises what keeps it from going on."""
    stopping = asyncio.create_task(signals.get())
    failing = asyncio.create_task(engine.failed())
    try:
        while True:
            await asyncio.wait([stopping, failing], timeout=_LOOK_EVERY_S, return_when=asyncio.FIRST_COMPLETED)
            if failing.done():
                failing.result()
            if stopping.done():
                return stopping.result()
            if once and await engine.idle():
                return None
    finally:
        stopping.cancel()
        failing.cancel()
