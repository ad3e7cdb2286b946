"""A fleet from the command line: workers, a run left to them, people at other terminals, on a real PostgreSQL."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from scripted_plans import SCRIPT, allow, laid_out

pytest_plugins = ["postgres_fixtures"]


@dataclass
class Yard:
    root: Path
    url: str
    processes: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, str(SCRIPT), *arguments],
            cwd=self.root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PERSONAE_DATABASE_URL": self.url},
        )
        self.processes.append(process)
        return process

    def worker(self) -> subprocess.Popen[str]:
        worker = self.start("worker")
        assert worker.stderr is not None
        assert worker.stderr.readline().endswith("is there\n")
        return worker

    def do(self, *arguments: str, code: int = 0) -> tuple[str, str]:
        process = self.start(*arguments)
        output, errors = process.communicate(timeout=90)
        assert process.returncode == code, errors
        return output, errors

    def json(self, *arguments: str) -> Any:
        return json.loads(self.do(*arguments, "--json")[0])

    def asked(self) -> Counter[str]:
        file = self.root / "asked.txt"
        return Counter(file.read_text().splitlines()) if file.exists() else Counter()

    def until_asked(self, count: int) -> None:
        deadline = time.monotonic() + 60
        while self.asked().total() < count:
            assert time.monotonic() < deadline
            time.sleep(0.02)


@pytest.fixture
def yard(tmp_path: Path, postgres_url: str) -> Iterator[Yard]:
    yard = Yard(root=laid_out(tmp_path / "project"), url=postgres_url)
    yield yard
    for process in yard.processes:
        process.kill()
        process.communicate()


def test_a_run_is_left_to_workers_and_one_of_them_may_die(yard: Yard) -> None:
    allow(yard.root, 1)
    first = yard.worker()
    running = yard.start("run", "--plan", "plan.yaml")
    yard.until_asked(2)
    second = yard.worker()
    first.send_signal(signal.SIGKILL)
    allow(yard.root, None)
    output, errors = running.communicate(timeout=90)
    assert running.returncode == 0, errors
    assert re.fullmatch("[0-9a-f]{12}\n", output)
    assert "▸ facts (researcher) started\n" in errors
    assert re.search(r"✓ write \(writer\) done in \d+\.\d s, 10 \+ 2 tokens\n", errors)
    asked = yard.asked()
    in_flight = "Look at the note.: 2"
    assert asked == {"Look at the note.: 1": 1, in_flight: 2, "Weigh it.: 1": 1, 'Write up the result "names".: 1': 1}
    (run,) = yard.json("runs")
    assert (run["status"], run["stands"]) == ("done", "done")
    second.send_signal(signal.SIGTERM)
    _, said = second.communicate(timeout=30)
    assert second.returncode == 0
    assert "has left; others go on with what it did" in said
    assert not (yard.root / ".personae" / "record.db").exists()


def test_people_decide_from_anywhere_and_a_run_nobody_watches_goes_on(yard: Yard) -> None:
    yard.worker()
    waiting = yard.start("run", "--plan", "asking.yaml", "--no-wait")
    waiting.communicate(timeout=90)
    assert waiting.returncode == 3
    (item,) = yard.json("inbox")
    yard.do("approve", item["id"])
    deadline = time.monotonic() + 60
    while (run := yard.json("runs")[0])["status"] != "done":
        assert time.monotonic() < deadline, run
        time.sleep(0.1)
    log = yard.json("log", run["run"])
    assert [entry["key"] for entry in log["entries"] if entry["kind"] == "end"] == ["facts/end", "write/end"]


def test_cancel_reaches_the_fleet_and_a_worker_may_end_by_itself_when_nothing_is_left(yard: Yard) -> None:
    allow(yard.root, 0)
    running = yard.start("run", "--plan", "plan.yaml")
    deadline = time.monotonic() + 60
    while not yard.json("runs"):
        assert time.monotonic() < deadline
    worker = yard.start("worker", "--once")
    yard.until_asked(1)
    yard.do("cancel", yard.json("runs")[0]["run"])
    running.communicate(timeout=60)
    assert running.returncode != 0
    worker.communicate(timeout=60)
    assert worker.returncode == 0
    assert yard.json("runs")[0]["status"] == "cancelled"


def test_a_worker_needs_a_database(tmp_path: Path) -> None:
    process = subprocess.run(
        [sys.executable, "-m", "personae", "worker"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={name: value for name, value in os.environ.items() if name != "PERSONAE_DATABASE_URL"},
    )
    assert process.returncode == 2
    assert process.stderr == (
        "Error: PERSONAE_DATABASE_URL is not set, and a fleet meets in a PostgreSQL database\n"
        "  export PERSONAE_DATABASE_URL=postgresql://USER@HOST/DATABASE; without a fleet, personae run needs none.\n"
    )
