"""Runs of plans that their process left go on in `personae serve`: after a kill, and after a person's yes."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scripted_plans import allow, laid_out
from test_a_run_survives import asked, done, project, pytestmark, runs, started, telling, until
from test_a_run_survives import record as whole_record

__all__ = ["project", "pytestmark"]

TWO = """\
goal: Say what the note says.
steps:
  - {id: first, kind: writing, task: Weigh it., needs_human: true}
  - {id: second, kind: writing, task: Write it up., needs_human: true}
"""


@contextmanager
def serving(project: Path) -> Iterator[subprocess.Popen[str]]:
    server = started(project, "serve")
    try:
        yield server
    finally:
        server.send_signal(signal.SIGINT)
        _, errors = server.communicate(timeout=60)
        assert server.returncode == 0, errors


def stands(project: Path, expected: str, server: subprocess.Popen[str]) -> None:
    """Return when the newest run stands so."""
    end = time.monotonic() + 120
    while (now := runs(project)[0]["stands"]) != expected:
        assert server.poll() is None, server.communicate()[1]
        assert time.monotonic() < end, now
        time.sleep(0.1)


def test_a_run_that_waited_for_a_person_is_done_by_serve_after_a_yes_from_a_third_process(project: Path) -> None:
    done(project, "run", "--plan", "asking.yaml", "--no-wait", code=3)
    (run,) = runs(project)
    (item,) = json.loads(done(project, "inbox", "--json").stdout)
    with serving(project) as server:
        assert server.stderr is not None
        assert server.stderr.readline().startswith("serving ")
        assert runs(project)[0]["stands"] == "waiting"
        done(project, "approve", item["id"])
        stands(project, "done", server)
    assert [one["run"] for one in runs(project)] == [run["run"]]
    assert asked(project) == {"Weigh the note.: 1": 1, "Write it up.: 1": 1}


def test_serve_does_what_one_yes_allows_and_leaves_the_rest_waiting(project: Path) -> None:
    (project / "two.yaml").write_text(TWO)
    done(project, "run", "--plan", "two.yaml", "--no-wait", code=3)
    items = {item["title"]: item["id"] for item in json.loads(done(project, "inbox", "--json").stdout)}
    done(project, "approve", items["may the step second run?"])
    done(project, "serve", "--once")
    assert asked(project) == {"Write it up.: 1": 1}
    assert runs(project)[0]["stands"] == "waiting"
    done(project, "serve", "--once")
    done(project, "approve", items["may the step first run?"])
    done(project, "serve", "--once")
    assert runs(project)[0]["stands"] == "done"
    assert asked(project) == {"Write it up.: 1": 1, "Weigh it.: 1": 1}


def test_a_run_whose_process_was_killed_goes_on_in_serve_with_the_record_of_an_undisturbed_one(
    project: Path, tmp_path: Path
) -> None:
    allow(project, 1)
    owner = started(project, "run", "--plan", "plan.yaml")
    until(project, 2, owner)
    with serving(project) as server:
        assert runs(project)[0]["stands"] == "running"
        owner.kill()
        owner.communicate()
        allow(project, None)
        stands(project, "done", server)
    undisturbed = laid_out(tmp_path / "undisturbed")
    done(undisturbed, "run", "--plan", "plan.yaml")
    assert telling(whole_record(project)) == telling(whole_record(undisturbed))


def test_what_serve_was_stopped_or_killed_in_goes_on_at_its_next_start(project: Path) -> None:
    allow(project, 1)
    owner = started(project, "run", "--plan", "plan.yaml")
    until(project, 2, owner)
    owner.kill()
    owner.communicate()
    with serving(project) as server:
        until(project, 3, server)
    assert runs(project)[0]["stands"] == "died"
    killed = started(project, "serve")
    until(project, 4, killed)
    killed.kill()
    killed.communicate()
    allow(project, None)
    done(project, "serve", "--once")
    assert runs(project)[0]["stands"] == "done"
    assert asked(project)["Look at the note.: 1"] == 1


def test_serve_leaves_alone_what_a_person_stopped(project: Path) -> None:
    allow(project, 1)
    owner = started(project, "run", "--plan", "plan.yaml")
    until(project, 2, owner)
    owner.send_signal(signal.SIGINT)
    owner.communicate()
    allow(project, None)
    done(project, "serve", "--once")
    assert runs(project)[0]["stands"] == "stopped"
