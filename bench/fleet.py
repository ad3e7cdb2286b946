"""Throughput of a fleet: one batch of runs on 1, 2 and 4 workers, on a PostgreSQL of its own, as durable as it comes.

    python bench/fleet.py [--runs 40] [--seconds 1.0] [--workers 1 2 4] [--at-once 16]

A run is four steps, three at once and one after them; a step is one request to a model that takes `--seconds`, through
the durable seam. Work is put on the table first, then the workers begin; what is timed is from their first step to the
end of the last run. With `--seconds 0` the processors are what is measured.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.models.function import AgentInfo

from personae.adopt.world_store import open_world
from personae.library.tiers import ModelBinding, ModelOffer
from personae.run.desk import Gate
from personae.run.durable import Seam
from personae.run.fleet import Crew, FleetEngine
from personae.run.lifetime import Lifetime
from personae.run.node import Node, Outcome
from personae.run.perform import Performer
from personae.run.queues import Queues
from personae.run.record import runs
from personae.run.record.opening import open_database
from personae.run.record.record import Record
from personae.run.record.runs import Run
from personae.testing import ScriptedModels, said

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from postgres_server import postgres_server

MODEL = ModelBinding(provider="function", model="scripted", effort="medium", because="the bench says so")


def node(run: str, path: str) -> Node:
    return Node(run=run, path=path, persona="scout", system="You are the scout.", user=f"Do {path}.", model=MODEL)


async def work(root: Path, url: str, seconds: float, at_once: int) -> None:
    record = Record(database=open_database(root, url))
    world = open_world(root, models=lambda project, wish: ModelOffer(embedded=True, embedded_model="smollm2-135m"))

    async def reply(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        await asyncio.sleep(seconds)
        return said("It is done.")

    async def perform(node: Node, gate: Gate) -> Outcome:
        models = ScriptedModels(world.project, reply)
        return await Performer(world=world, models=models, seam=Seam(record=record, gate=gate)).perform(node)

    async def conduct(life: Lifetime, engine: FleetEngine) -> None:
        async def one(path: str) -> None:
            step = node(life.run.id, path)
            await engine.start(step)
            assert (await engine.wait(step)).done

        await asyncio.gather(*(one(path) for path in ("a", "b", "c")))
        await one("d")

    crew = Crew(perform=perform, conduct=conduct)
    engine = FleetEngine(url, record, queues=Queues(worker=at_once), crew=crew)
    print("ready", flush=True)
    sys.stdin.readline()
    await engine.launch()
    await engine.failed()


def measured(workers: int, given: argparse.Namespace, url: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        record = Record(database=open_database(root, url))
        for number in range(given.runs):
            run = Run(id=f"r{number:05}", kind="run", title="t", persona="", spec={}, created=record.at)
            record.database.run(lambda transaction, run=run: runs.open_run(transaction, run))  # type: ignore[misc]
        command = [sys.executable, __file__, "--worker", url, "--seconds", str(given.seconds)]
        command += ["--at-once", str(given.at_once)]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        processes = [
            subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(workers)
        ]
        for process in processes:
            assert process.stdout is not None
            process.stdout.readline()
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        sql = "SELECT COUNT(*) FROM runs WHERE status = 'done'"
        while record.database.run(lambda transaction: transaction.execute(sql))[0][0] < given.runs:
            time.sleep(0.05)
        first, last, steps, twice = record.database.run(
            lambda transaction: transaction.execute(
                """SELECT MIN(at), MAX(at), SUM(CASE WHEN kind = 'response' THEN 1 ELSE 0 END),
                (SELECT COUNT(*) FROM charges WHERE attempt > 1) FROM journal"""
            )
        )[0]
        for process in processes:
            process.kill()
            process.communicate()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        record.database.close()
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return {"workers": workers, "wall": last - first, "steps": steps, "twice": twice, "cpu": cpu}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--at-once", type=int, default=16)
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.worker:
        asyncio.run(work(Path.cwd(), given.worker, given.seconds, given.at_once))
        return
    print(f"{given.runs} runs of 4 steps of {given.seconds:g} s, {given.at_once} at once in a worker")
    with postgres_server(safe=True) as server:
        for workers in given.workers:
            found = measured(workers, given, server.new_database())
            rate = found["steps"] / found["wall"]
            each = found["cpu"] * 1000 / found["steps"]
            print(
                f"{workers} workers: {found['wall']:6.1f} s, {rate:6.1f} steps/s, {each:5.1f} ms CPU a step with the "
                f"start of the workers, {found['twice']} requests made twice",
                flush=True,
            )


if __name__ == "__main__":
    main()
