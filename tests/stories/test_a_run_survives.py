"""A run in a process of its own that is killed, interrupted, terminated, paused and approved from other processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from scripted_plans import ASKING, SCRIPT, allow, laid_out

pytestmark = pytest.mark.skipif(os.name == "nt", reason="sends signals that Windows does not have")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return laid_out(tmp_path / "project")


def started(project: Path, *arguments: str, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), *arguments],
        cwd=project,
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A key that a record must never hold.
        env={**os.environ, "ACME_API_KEY": SECRET},
    )


SECRET = "sk-acme-" + "7" * 32


def done(project: Path, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    running = started(project, *arguments)
    output, errors = running.communicate(timeout=300)
    assert running.returncode == code, errors
    return subprocess.CompletedProcess(arguments, code, output, errors)


def runs(project: Path) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = json.loads(done(project, "runs", "--json").stdout)
    return listed


def record(project: Path) -> dict[str, Any]:
    (run, *_) = runs(project)
    whole: dict[str, Any] = json.loads(done(project, "log", run["run"], "--json").stdout)
    return whole


def asked(project: Path, file: str = "asked.txt") -> Counter[str]:
    path = project / file
    return Counter(path.read_text().splitlines()) if path.exists() else Counter()


def until(project: Path, requests: int, running: subprocess.Popen[str]) -> None:
    """Return when so many requests were sent."""
    while asked(project).total() < requests:
        assert running.poll() is None, running.communicate()[1]
        time.sleep(0.01)


def interrupted(project: Path, *arguments: str, answered: int, by: signal.Signals, code: int) -> str:
    """Let a command get so many answers, send it the signal `by`, and return the run that it says to go on with."""
    allow(project, answered)
    running = started(project, *arguments)
    until(project, answered + 1, running)
    running.send_signal(by)
    output, errors = running.communicate(timeout=300)
    (run,) = runs(project)
    assert (running.returncode, output) == (code, "")
    assert errors.endswith(f"stopped; personae resume {run['run']} goes on with it\n")
    assert (run["stands"], run["reason"]) == ("stopped", "interrupted; personae resume goes on")
    allow(project, None)
    return str(run["run"])


def telling(whole: Mapping[str, Any]) -> dict[str, Any]:
    """What a record says, but for the moments, the run's id and notes about interruptions."""
    return {entry["key"]: _plain(entry["body"]) for entry in whole["entries"] if entry["kind"] != "note"}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items() if key not in ("run", "timestamp", "account")}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def test_a_run_killed_twice_in_the_middle_ends_with_the_record_of_an_undisturbed_one(
    project: Path, tmp_path: Path
) -> None:
    allow(project, 1)
    first = started(project, "run", "--plan", "plan.yaml")
    until(project, 2, first)  # the researcher has called its tool and asks again
    first.kill()
    first.communicate()
    assert runs(project)[0]["stands"] == "died"
    allow(project, 2)
    second = started(project, "resume")
    until(project, 4, second)  # the researcher's second request once more, then the analyst's
    second.kill()
    second.communicate()
    allow(project, None)
    resumed = done(project, "resume")

    calm = laid_out(tmp_path / "calm")
    undisturbed = done(calm, "run", "--plan", "plan.yaml")
    assert resumed.stdout == undisturbed.stdout != ""
    assert telling(record(project)) == telling(record(calm))
    # Each kill lost the one request that was on its way, which was sent once more; nothing else was.
    repeated = {line: count for line, count in asked(project).items() if count > 1}
    assert repeated == {"Look at the note.: 2": 2, "Weigh it.: 1": 2}
    assert set(asked(project)) == set(asked(calm))


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_ctrl_c_and_sigterm_leave_a_run_that_can_be_resumed_and_say_how(
    project: Path, number: signal.Signals, code: int
) -> None:
    run = interrupted(project, "run", "--plan", "plan.yaml", answered=1, by=number, code=code)
    assert done(project, "resume", run).stdout != ""
    assert runs(project)[0]["stands"] == "done"


def test_a_run_that_a_living_process_does_is_not_taken_from_it(project: Path) -> None:
    allow(project, 1)
    running = started(project, "run", "--plan", "plan.yaml")
    until(project, 2, running)
    (run,) = runs(project)
    refused = done(project, "resume", run["run"], code=2)
    assert f"run {run['run']} is being done by process {running.pid}, which lives" in refused.stderr
    allow(project, None)
    assert running.wait(300) == 0
    running.communicate()


def test_a_step_that_needs_a_person_ends_an_unattended_run_with_code_3_and_goes_on_after_a_yes(project: Path) -> None:
    waiting = done(project, "run", "--plan", "asking.yaml", code=3)
    (item,) = json.loads(done(project, "inbox", "--json").stdout)
    (run,) = runs(project)
    assert (item["kind"], item["title"], run["stands"]) == ("step", "may the step write run?", "waiting")
    assert f"personae approve {item['id']}, or reject or edit-item it; then personae resume {run['run']}" in (
        waiting.stderr
    )
    done(project, "resume", code=3)  # a pause survives restarts, and nobody is asked twice
    assert len(json.loads(done(project, "inbox", "--json").stdout)) == 1
    assert "approved: may the step write run?" in done(project, "approve", item["id"]).stderr
    assert done(project, "resume").stdout != ""
    assert asked(project)["Weigh the note.: 1"] == 1


def test_an_approval_from_another_process_continues_a_waiting_run(project: Path) -> None:
    running = started(project, "run", "--plan", "asking.yaml", "--wait")
    while not (items := json.loads(done(project, "inbox", "--json").stdout or "[]") if asked(project) else []):
        assert running.poll() is None
        time.sleep(0.05)
    done(project, "edit-item", items[0]["id"], "--task", "Write one line.")
    _, errors = running.communicate(timeout=300)
    assert running.returncode == 0, errors
    assert asked(project)["Write one line.: 1"] == 1


def test_a_step_that_is_refused_stops_with_the_reason_and_a_fork_tries_another_way(project: Path) -> None:
    done(project, "run", "--plan", "asking.yaml", code=3)
    (item,) = json.loads(done(project, "inbox", "--json").stdout)
    done(project, "reject", item["id"], "--reason", "too long")
    refused = done(project, "resume", code=3)
    assert "said no: too long" in refused.stderr
    (project / "edited.yaml").write_text(ASKING.replace(", needs_human: true", ""))
    (before, *_) = runs(project)
    forked = done(project, "fork", before["run"], "--from", "write", "--plan", "edited.yaml")
    assert f"kept from {before['run']}: facts" in forked.stderr
    assert asked(project)["Weigh the note.: 1"] == 1


def test_a_paused_run_rests_until_it_is_resumed_and_asks_before_a_step_on_demand(project: Path) -> None:
    allow(project, 0)
    running = started(project, "run", "--plan", "plan.yaml", "--wait")
    until(project, 1, running)
    (run,) = runs(project)
    done(project, "pause", run["run"])
    done(project, "pause", run["run"], "--before", "write")
    while runs(project)[0]["stands"] != "paused":
        assert running.poll() is None
    allow(project, None)  # what is on its way is answered, and nothing new is asked
    while not any(entry["key"] == "facts/1" for entry in record(project)["entries"]):
        assert running.poll() is None
    assert asked(project).total() == 1
    done(project, "resume", run["run"])
    while not (items := json.loads(done(project, "inbox", "--json").stdout)):
        assert running.poll() is None
    done(project, "edit-item", items[0]["id"], "--result", "Written by a person.")
    output, errors = running.communicate(timeout=300)
    assert (running.returncode, output) == (0, "Written by a person.\n"), errors


def test_a_cancelled_run_ends_wherever_it_is_done(project: Path) -> None:
    allow(project, 0)
    running = started(project, "run", "--plan", "plan.yaml")
    until(project, 1, running)
    (run,) = runs(project)
    assert f"run {run['run']} is cancelled" in done(project, "cancel", run["run"]).stderr
    assert running.wait(300) == 3
    assert f"run {run['run']} was cancelled" in running.communicate()[1]
    assert runs(project)[0]["stands"] == "cancelled"


def test_a_record_holds_no_secret_and_an_exported_one_is_json_lines(project: Path) -> None:
    done(project, "run", "--plan", "plan.yaml")
    for file in (project / ".personae").rglob("*"):
        assert not file.is_file() or SECRET.encode() not in file.read_bytes(), file
    (run,) = runs(project)
    lines = [json.loads(line) for line in done(project, "export", run["run"]).stdout.splitlines()]
    assert lines[0]["type"] == "run"
    assert {line["type"] for line in lines} == {"run", "entry", "charge"}


def test_gc_removes_what_is_over_and_keeps_what_waits_and_what_was_spent(project: Path) -> None:
    done(project, "run", "--plan", "plan.yaml")
    done(project, "run", "--plan", "asking.yaml", code=3)
    finished, waiting = sorted((run["run"], run["stands"]) for run in runs(project))
    assert (finished[1], waiting[1]) == ("done", "waiting")
    assert done(project, "gc", "--older-than", "0s", "--dry-run").stdout == f"{finished[0]}\n"
    done(project, "gc", "--older-than", "0s")
    assert [run["run"] for run in runs(project)] == [waiting[0]]
