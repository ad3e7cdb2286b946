"""A fleet on a real PostgreSQL: workers that are killed, that leave, that are held to limits; each a process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from personae.run.queues import Limit, Queues
from personae.run.record import journal, runs
from personae.run.record.database import Database
from personae.run.record.opening import open_database
from personae.run.record.runs import Run

pytest_plugins = ["postgres_fixtures"]
SCRIPT = Path(__file__).with_name("fleet_worker.py")


@dataclass
class Fleet:
    url: str
    root: Path
    database: Database
    workers: list[subprocess.Popen[str]] = field(default_factory=list)

    def worker(self, limit: int | None = None) -> subprocess.Popen[str]:
        tests = Path(__file__).parents[1]
        worker = subprocess.Popen(
            [sys.executable, str(SCRIPT), self.url, *([] if limit is None else [str(limit)])],
            stdout=subprocess.PIPE,
            text=True,
            cwd=self.root,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tests), str(tests / "run")])},
        )
        self.workers.append(worker)
        return worker

    def submit(self, id: str, steps: Mapping[str, float], **spec: str) -> None:
        run = Run(id=id, kind="run", title="t", persona="", spec={"steps": dict(steps), **spec}, created=time.time())
        self.database.run(lambda transaction: runs.open_run(transaction, run))

    def run(self, id: str) -> Run:
        return self.database.run(lambda transaction: runs.get_run(transaction, id))

    def noted(self, id: str, what: str) -> list[tuple[str, str]]:
        """Which steps began or finished, and where."""
        entries = self.database.run(lambda transaction: journal.entries(transaction, id))
        found = [entry.key.split("/", 1) for entry in entries if f"/{what}." in entry.key]
        return [(path, rest.partition(".")[2]) for path, rest in found]

    def until(self, what: Callable[[], bool], seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < deadline, "it takes too long"
            time.sleep(0.05)


def name_of(worker: subprocess.Popen[str]) -> str:
    assert worker.stdout is not None
    return worker.stdout.readline().strip()


@pytest.fixture
def fleet(postgres_url: str, tmp_path: Path) -> Iterator[Fleet]:
    pytest.importorskip("dbos")
    fleet = Fleet(url=postgres_url, root=tmp_path, database=open_database(tmp_path, postgres_url))
    yield fleet
    for worker in fleet.workers:
        worker.kill()
        worker.communicate()
    fleet.database.close()


def test_what_a_killed_worker_did_is_done_by_a_living_one_and_what_was_finished_is_not(fleet: Fleet) -> None:
    first = fleet.worker()
    name = name_of(first)
    fleet.submit("r1", {"short": 0.0, "long": -1})
    fleet.until(lambda: ("short", name) in fleet.noted("r1", "finished") and bool(fleet.noted("r1", "ended")))
    second = fleet.worker()
    other = name_of(second)
    assert fleet.run("r1").owner == name
    first.send_signal(signal.SIGKILL)
    (fleet.root / "go").touch()
    fleet.until(lambda: fleet.run("r1").over)
    assert fleet.run("r1").status == "done"
    assert fleet.noted("r1", "finished") == [("short", name), ("long", other)]
    assert ("short", other) not in fleet.noted("r1", "began")


def test_a_worker_that_is_told_to_end_hands_its_work_on(fleet: Fleet) -> None:
    first, second = fleet.worker(), fleet.worker()
    name_of(first), name_of(second)
    fleet.submit("r1", {f"s{number}": -1 for number in range(6)})
    fleet.until(lambda: len(fleet.noted("r1", "began")) == 6)
    first.send_signal(signal.SIGTERM)
    assert first.wait(20) == 0
    (fleet.root / "go").touch()
    fleet.until(lambda: fleet.run("r1").over)
    assert fleet.run("r1").status == "done"
    assert sorted(path for path, _ in fleet.noted("r1", "finished")) == [f"s{number}" for number in range(6)]


def test_limits_hold_over_all_workers_and_the_dead_give_their_places_back(fleet: Fleet) -> None:
    first, second = fleet.worker(limit=2), fleet.worker(limit=2)
    name_of(first), name_of(second)
    fleet.submit("r1", {f"s{number}": 0.5 for number in range(6)}, persona="narrow")
    fleet.until(lambda: fleet.run("r1").over)
    times = fleet.database.run(lambda transaction: journal.entries(transaction, "r1"))
    working = most = 0
    for entry in times:
        working += ("/began." in entry.key) - ("/finished." in entry.key)
        most = max(most, working)
    assert most == 2
    # Both places are taken by a worker that dies; without a supervisor the queue would be blocked for ever.
    second.send_signal(signal.SIGKILL)
    fleet.submit("r2", {f"s{number}": -1 for number in range(3)}, persona="narrow")
    fleet.until(lambda: len(fleet.noted("r2", "began")) == 2)
    first.send_signal(signal.SIGKILL)
    (fleet.root / "go").touch()
    name_of(fleet.worker(limit=2))
    fleet.until(lambda: fleet.run("r2").over)
    assert fleet.run("r2").status == "done"


def test_a_cancelled_run_stops_on_every_worker_and_nothing_else_does(fleet: Fleet) -> None:
    first, second = fleet.worker(), fleet.worker()
    name_of(first), name_of(second)
    fleet.submit("r1", {f"s{number}": -1 for number in range(12)})
    fleet.submit("r2", {"s": 3.0})
    fleet.until(lambda: len(fleet.noted("r1", "began")) == 12 and bool(fleet.noted("r2", "began")))
    fleet.database.run(lambda transaction: runs.wish(transaction, "r1", "cancel"))
    fleet.until(lambda: fleet.run("r1").over and fleet.run("r2").over, seconds=30)
    assert (fleet.run("r1").status, fleet.run("r2").status) == ("cancelled", "done")
    assert fleet.noted("r1", "finished") == []


def test_a_paused_run_begins_nothing_new_until_it_goes_on(fleet: Fleet) -> None:
    name_of(fleet.worker(limit=1))
    fleet.submit("r1", {"a": -1, "b": 0.0}, persona="narrow")
    fleet.until(lambda: bool(fleet.noted("r1", "began")))
    fleet.database.run(lambda transaction: runs.wish(transaction, "r1", "pause"))
    fleet.until(lambda: fleet.run("r1").status == "paused")
    (fleet.root / "go").touch()
    fleet.until(lambda: bool(fleet.noted("r1", "finished")))
    time.sleep(1)
    assert len(fleet.noted("r1", "began")) == 1
    fleet.database.run(lambda transaction: runs.wish(transaction, "r1", ""))
    fleet.until(lambda: fleet.run("r1").over)
    assert fleet.run("r1").status == "done"


def test_dbos_is_given_plain_json_and_nothing_of_it_is_a_pickle(fleet: Fleet) -> None:
    name_of(fleet.worker())
    fleet.submit("r1", {"a": 0.0})
    fleet.until(lambda: fleet.run("r1").over)
    time.sleep(0.5)
    rows = fleet.database.run(
        lambda transaction: transaction.execute(
            """SELECT name, serialization, COALESCE(given.inputs, status.inputs), application_version
            FROM dbos.workflow_status AS status LEFT JOIN dbos.workflow_input AS given USING (workflow_uuid)
            ORDER BY name"""
        )
    )
    assert [(name, how, version) for name, how, _, version in rows] == [
        ("conduct", "portable_json", "personae-1"),
        ("node", "portable_json", "personae-1"),
    ]
    assert json.loads(rows[0][2])["positionalArgs"] == ["r1", 0]
    assert json.loads(rows[1][2])["positionalArgs"] == ["r1", "a", 0, ["personae-nodes"]]
    steps = fleet.database.run(lambda transaction: transaction.execute("SELECT * FROM dbos.operation_outputs"))
    assert steps == []


def test_a_node_goes_through_the_queue_of_its_persona_and_then_of_its_provider() -> None:
    queues = Queues(providers={"acme": Limit(at_once=3)}, personas={"narrow": Limit(at_once=1)})
    assert queues.way(persona="scout", provider="other") == ("personae-nodes",)
    assert queues.way(persona="scout", provider="acme") == ("personae-provider-acme",)
    assert queues.way(persona="narrow", provider="acme") == ("personae-persona-narrow", "personae-provider-acme")
