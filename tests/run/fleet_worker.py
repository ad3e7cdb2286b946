"""A worker of a fleet whose nodes only take time: `python fleet_worker.py URL [LIMIT]`.

A run has the steps of its spec, each with its seconds; a negative number waits for a file called `go`.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from dataclasses import replace
from pathlib import Path

from node_samples import node

from personae.run.desk import Gate
from personae.run.fleet import Crew, FleetEngine
from personae.run.lifetime import Lifetime
from personae.run.node import Node, Outcome
from personae.run.queues import Limit, Queues
from personae.run.record import journal
from personae.run.record.journal import Entry
from personae.run.record.opening import open_database
from personae.run.record.record import Record


async def main(url: str, limit: int | None) -> None:
    record = Record(database=open_database(Path.cwd(), url))

    async def note(node: Node, what: str) -> None:
        entry = Entry(
            run=node.run, key=f"{node.path}/{what}.{engine.id}", kind="note", body={"path": node.path}, at=record.at
        )
        await record.do(lambda transaction: journal.add(transaction, entry))

    async def perform(node: Node, gate: Gate) -> Outcome:
        await gate()
        await note(node, "began")
        await asyncio.sleep(float(node.user))
        while float(node.user) < 0 and not Path("go").exists():
            await asyncio.sleep(0.05)
        await note(node, "finished")
        return Outcome(reason="done", text=f"{node.path} is done")

    async def conduct(life: Lifetime, engine: FleetEngine) -> None:
        steps = [
            replace(node(path), run=life.run.id, user=str(seconds), persona=str(life.run.spec.get("persona", "scout")))
            for path, seconds in life.run.spec["steps"].items()
        ]
        for step in steps:
            await engine.start(step)
        try:
            await asyncio.gather(*(engine.wait(step) for step in steps))
        except BaseException:
            await engine.cancel(life.run.id)
            raise

    queues = Queues(worker=8, personas={} if limit is None else {"narrow": Limit(at_once=limit)})
    engine = FleetEngine(url, record, queues=queues, crew=Crew(perform=perform, conduct=conduct))
    await engine.launch()
    print(engine.id, flush=True)
    leaving = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, leaving.set)
    await leaving.wait()
    await engine.leave()
    record.database.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else None))
