"""The launch team of examples/gtm stands: Monday's beat by the clock, a proposal, a yes from another process, the task.

On the embedded model of 0.5 billion parameters, since the wished ones have no key here and `substitute` allows it.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from personae.adopt.world_store import open_world
from personae.library.project import Project
from personae.library.tiers import ModelOffer, ModelWish
from personae.library.wishes import rungs_of
from personae.run.answerer import ModelAnswerer
from personae.run.models.catalog import CATALOG
from personae.run.models.offer import SIZE_VARIABLE, look
from personae.run.models.weights import ensure_weights
from personae.run.owners import Owner
from personae.run.record import inbox
from personae.run.record.record import Record
from personae.run.record.runs import get_run
from personae.run.record.sqlite import open_sqlite
from personae.standing import approvals, table
from personae.standing.folder import Folder
from personae.standing.server import Server
from personae.standing.settings import standing_of
from personae.standing.station import Station
from personae.testing import ManualClock

pytestmark = pytest.mark.weights

WEIGHTS = "qwen2.5-coder-0.5b"
EXAMPLE = Path(__file__).parents[2] / "examples" / "gtm"
NO_KEYS = {name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")} | {
    SIZE_VARIABLE: WEIGHTS
}
LISBON = ZoneInfo("Europe/Lisbon")
TODAY = datetime.now(LISBON).replace(hour=8, minute=29, second=0, microsecond=0)
BEFORE = (TODAY + timedelta(days=7 - TODAY.weekday())).astimezone(UTC)
"""Next Monday: other terminals have the time of the machine, and what was proposed is not over by it."""
PROMPT = (
    "Propose a task with launch_task to price-scout, titled 'Rival prices', with the prompt "
    "'Look up what three rivals charge for Tidewater.'"
)


def in_another_terminal(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "personae", *arguments]
    return subprocess.run(command, cwd=root, env=NO_KEYS, capture_output=True, text=True, check=True)


def team(tmp_path: Path) -> Path:
    root = tmp_path / "gtm"
    shutil.copytree(EXAMPLE, root, ignore=shutil.ignore_patterns(".personae"))
    path = root / ".agents" / "gtm-lead" / "persona.md"
    text = path.read_text("utf-8")
    begin = text.index('prompt: "Read the room')
    text = text[:begin] + f'prompt: "{PROMPT}"' + text[text.index("\n", begin) :]
    # The fewer tools, the surer a small model takes the right one; what is asked for here needs none of them.
    path.write_text(text.replace("tools: [list, read, glob, grep, write, edit]", "tools: none"), "utf-8")
    return root


def offer(project: Project, wish: ModelWish) -> ModelOffer:
    return look(NO_KEYS, wish=wish, rungs=rungs_of(project))


def test_a_monday_of_the_launch_team(tmp_path: Path) -> None:
    ensure_weights(CATALOG[WEIGHTS])
    root = team(tmp_path)
    clock = ManualClock(BEFORE)
    folder = Folder(root)
    record = Record(
        database=open_sqlite(root / ".personae" / "record.db"), now=clock, zone=standing_of(folder.project).zone
    )
    owner = Owner(root)

    def make_station(folder: Folder) -> Station:
        world = open_world(folder.root, models=offer, now=clock)
        models = ModelAnswerer(project=world.project, env=NO_KEYS)
        return Station(world=world, personas=folder.personas, models=models, record=record, owner=owner.id)

    async def monday() -> None:
        server = Server(folder=folder, record=record, make_station=make_station)
        await server.boot()
        await server.turn()
        await server.settled()
        assert await record.do(lambda tx: table.history(tx)) == []
        clock.move(timedelta(minutes=1))
        await server.turn()
        await server.settled()

        (item,) = [item for item in await record.do(inbox.waiting) if item.kind == "proposal"]
        assert item.title.startswith("LAUNCH_TASK gtm-lead -> ")
        shown = in_another_terminal(root, "inbox").stdout
        assert f"  from gtm-lead to {item.body['to']}, " in shown
        changes = (
            "--to",
            "price-scout",
            "--prompt",
            "Say in one sentence what a price is.",
            "--model",
            "",
            "--effort",
            "",
        )
        yes = in_another_terminal(root, "edit-item", item.id, *changes)
        assert yes.stderr == f"edited: {item.title}\n"

        clock.move(timedelta(minutes=2))
        await server.turn()
        await server.settled()
        run = await record.do(lambda tx: get_run(tx, f"task-{item.id}"))
        assert (run.kind, run.persona, run.status) == ("task", "price-scout", "done")
        assert await record.do(approvals.open_tasks) == []
        await server.close()

    asyncio.run(monday())
    owner.close()

    (beat,) = record.database.run(table.history)
    assert (beat.persona, beat.label, beat.status) == ("gtm-lead", "Morning room check", "ran")
    assert datetime.fromtimestamp(beat.due, UTC) == BEFORE + timedelta(minutes=1)
    told = record.database.run(
        lambda tx: tx.execute("SELECT DISTINCT persona, model FROM charges WHERE kind = 'spent' ORDER BY persona")
    )
    assert [tuple(row) for row in told] == [
        ("gtm-lead", f"embedded:{WEIGHTS}"), ("price-scout", f"embedded:{WEIGHTS}"),
    ]  # fmt: skip
    record.database.close()

    shown = in_another_terminal(root, "beats", "history", "--json", "--days", "36500")
    assert [(line["label"], line["status"]) for line in json.loads(shown.stdout)] == [("Morning room check", "ran")]
