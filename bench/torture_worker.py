"""One process of `torture.py`: a worker of a fleet, or one that takes runs out of an SQLite file with the local engine.

    python torture_worker.py ROOT SOCKET [URL]

It forks one for each line it reads, so that a hundred of them import everything once, and prints its process id.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

from torture_yard import conduct, performer

from personae.errors import PersonaeError
from personae.run.desk import Gate
from personae.run.fleet import Crew, FleetEngine
from personae.run.lifetime import Lifetime, lived
from personae.run.local import LocalEngine
from personae.run.node import Node, Outcome
from personae.run.queues import Limit, Queues
from personae.run.record.opening import open_database
from personae.run.record.record import Record
from personae.run.record.runs import Run


async def fleet(root: Path, place: Path, url: str) -> None:
    record = Record(database=open_database(root, url))

    async def perform(node: Node, gate: Gate) -> Outcome:
        return await performer(root, record, place, gate).perform(node)

    async def do(life: Lifetime, engine: FleetEngine) -> None:
        await conduct(life, engine, root)

    queues = Queues(worker=8, providers={"acme": Limit(at_once=12)})
    engine = FleetEngine(url, record, queues=queues, crew=Crew(perform=perform, conduct=do))
    await engine.launch()
    await engine.failed()


async def local(root: Path, place: Path) -> None:
    record = Record(database=open_database(root, ""))
    me = record.database.hold()
    mine: set[asyncio.Task[None]] = set()

    async def one(run: Run) -> None:
        try:
            async with lived(replace(run, owner=me.id), record, instead_of=run.owner) as life:
                engine = LocalEngine(performer(root, record, place, life.gate).perform, record)
                await conduct(life, engine, root)
        except PersonaeError as error:
            print(f"{run.id}: {error}", file=sys.stderr)

    while True:
        for run in await LocalEngine(_nothing, record).orphans():
            if len(mine) < 2:
                task = asyncio.create_task(one(run))
                mine.add(task)
                task.add_done_callback(mine.discard)
        await asyncio.sleep(0.05)


async def _nothing(node: Node) -> Outcome:
    raise NotImplementedError


if __name__ == "__main__":
    folder, socket, *rest = sys.argv[1:]
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead are not waited for
    for _ in sys.stdin:
        if (pid := os.fork()) == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            asyncio.run(fleet(Path(folder), Path(socket), rest[0]) if rest else local(Path(folder), Path(socket)))
            os._exit(0)
        print(pid, flush=True)
