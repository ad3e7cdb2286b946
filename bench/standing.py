"""Ten thousand heartbeats registered: memory, idle CPU, and how late beats begin. python bench/standing.py

1,000 personas with ten heartbeats each, in a new folder. Three things are measured in one process, beats scripted so
that no model's time is in them: what the table takes, what a minute without a due beat costs, and how late each of the
beats begins that come due within a few minutes, with the reference of a plain asyncio
sleeper beside it in the same run.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart
from pydantic_ai.models.function import AgentInfo

from personae.adopt.world_store import open_world
from personae.library.tiers import ModelOffer
from personae.run.record.record import Record
from personae.run.record.sqlite import open_sqlite
from personae.standing.events import Event
from personae.standing.folder import Folder
from personae.standing.server import Server
from personae.standing.station import Station
from personae.testing import ScriptedModels

PERSONAS, EACH = 1_000, 10
IDLE_S = 30
DUE_MINUTES = 3
OFFER = ModelOffer(embedded=True, embedded_model="smollm2-135m")


def write(root: Path, *, soon: datetime) -> int:
    """Write the personas; return how many heartbeats are due in the minutes from `soon` on."""
    due = 0
    (root / "personae.toml").write_text("[standing]\natOnce = 16\n", "utf-8")
    for number in range(PERSONAS):
        beats = []
        for index in range(EACH):
            far = soon + timedelta(days=2 + (number * EACH + index) % 300, minutes=number % 60)
            moment = far
            if index == 0 and number < 20 * DUE_MINUTES:
                moment = soon + timedelta(minutes=number % DUE_MINUTES)
                due += 1
            cron = f"{moment.minute} {moment.hour} {moment.day} {moment.month} *"
            beats.append(f'  - cron: "{cron}"\n    label: beat {index}\n    prompt: What is new?\n')
        path = root / ".agents" / f"p{number:04}" / "persona.md"
        path.parent.mkdir(parents=True)
        head = f"---\nname: P{number}\nrole: Looks\ntype: specialist\nheartbeats:\n{''.join(beats)}---\nYou look.\n"
        path.write_text(head, "utf-8")
    return due


def answer(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
    structured = info.model_request_parameters.output_object is not None
    return ModelResponse(parts=[TextPart('{"entries": []}' if structured else "NOTHING_TO_REPORT")])


def memory_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def at(quantile: float, values: Sequence[float]) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(quantile * len(ordered)))]


async def sleepers(moments: Sequence[float], late: list[float]) -> None:
    """The reference: one sleep for each moment, nothing else."""

    async def one(moment: float) -> None:
        await asyncio.sleep(max(0.0, moment - time.time()))
        late.append(time.time() - moment)

    await asyncio.gather(*map(one, moments))


async def measure(root: Path, soon: datetime, due: int) -> dict[str, object]:
    began_mb, began = memory_mb(), time.perf_counter()
    record = Record(database=open_sqlite(root / ".personae" / "record.db"))
    owner = record.database.hold()
    begun: dict[str, float] = {}

    def make(folder: Folder) -> Station:
        world = open_world(folder.root, models=lambda project, wish: OFFER)
        models = ScriptedModels(world.project, answer)
        return Station(world=world, personas=folder.personas, models=models, record=record, owner=owner.id)

    def tell(event: Event) -> None:
        if event.kind == "begun":
            begun[event.run] = time.time()

    server = Server(folder=Folder(root), record=record, make_station=make, tell=tell)
    await server.boot()
    booted_s, booted_mb = time.perf_counter() - began, memory_mb()

    stop = asyncio.Event()
    serving = asyncio.create_task(server.serve(stop))
    await asyncio.sleep(2)
    cpu, wall = time.process_time(), time.perf_counter()
    await asyncio.sleep(IDLE_S)
    idle_percent = 100 * (time.process_time() - cpu) / (time.perf_counter() - wall)

    reference: list[float] = []
    moments = [(soon + timedelta(minutes=number)).timestamp() for number in range(DUE_MINUTES)]
    await sleepers([moment for moment in moments for _ in range(20)], reference)
    await asyncio.sleep(15)
    stop.set()
    await serving
    rows = record.database.run(lambda tx: tx.execute("SELECT due, run FROM beats WHERE status IN ('ran', 'quiet')"))
    owner.close()
    record.database.close()
    begun_late = [begun[run] - due_s for due_s, run in rows if run in begun]
    return {
        "heartbeats": server.count,
        "boot_s": round(booted_s, 2),
        "memory_mb": round(booted_mb, 1),
        "memory_of_the_table_mb": round(booted_mb - began_mb, 1),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "idle_cpu_percent": round(idle_percent, 2),
        "beats_done": len(rows),
        "beats_due": due,
        "begun_late_s": {"p50": round(at(0.5, begun_late), 3), "p99": round(at(0.99, begun_late), 3)},
        "plain_sleep_late_s": {"p50": round(at(0.5, reference), 4), "p99": round(at(0.99, reference), 4)},
        "load": os.getloadavg()[0],
    }


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        now = datetime.now(UTC)
        # Far enough for the boot and the idle minute.
        soon = (now + timedelta(seconds=IDLE_S + 75)).replace(second=0, microsecond=0)
        due = write(root, soon=soon)
        found = asyncio.run(measure(root, soon, due))
    json.dump(found, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
