"""The main job for real: the command, a plan, the embedded engine and the smallest weights. Its prose means nothing."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from personae.run.models.catalog import CATALOG
from personae.run.models.weights import ensure_weights

pytestmark = pytest.mark.weights

MODEL = "embedded:smollm2-135m"
PLAN = """\
goal: Say what the note says.
steps:
  - {id: facts, persona: researcher, task: List what the note says.}
  - {id: text, kind: writing, task: Write one sentence., depends_on: [facts]}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    ensure_weights(CATALOG["smollm2-135m"])
    (tmp_path / "plan.yaml").write_text(PLAN)
    (tmp_path / "note.md").write_text("The pump at gate 4 runs again since Monday. It cost EUR 310.\n")
    return tmp_path


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "personae", *arguments, "--model", MODEL]


def test_a_plan_runs_on_the_embedded_model_and_the_output_says_how_small_it_is(project: Path) -> None:
    ran = subprocess.run(
        command("run", "--plan", "plan.yaml", "--with", "note.md", "--json"),
        cwd=project,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stderr
    outcome = json.loads(ran.stdout)
    assert outcome["done"]
    assert [(step["id"], step["status"], step["persona"]) for step in outcome["steps"]] == [
        ("facts", "done", "researcher"),
        ("text", "done", "writer"),
    ]
    assert all(step["output"].strip() for step in outcome["steps"])
    assert outcome["result"] == outcome["steps"][1]["output"]
    assert outcome["notes"] == [
        "SmolLM2 135M Instruct, Q4_1 answers: proves the plumbing only: what it writes means nothing."
    ]
    assert "facts (researcher) done in" in ran.stderr


def test_a_goal_becomes_a_plan_file_that_runs(project: Path) -> None:
    made = subprocess.run(
        command("plan", "Summarize the note for the board.", "--with", "note.md"),
        cwd=project,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert made.returncode == 0, made.stderr
    (project / "made.yaml").write_text(made.stdout)
    dry = subprocess.run(
        command("run", "--plan", "made.yaml", "--dry-run", "--json"),
        cwd=project,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert [step["persona"] for step in json.loads(dry.stdout)["plan"]["steps"]] == ["researcher", "writer"]


@pytest.mark.skipif(os.name == "nt", reason="sends SIGINT")
def test_ctrl_c_in_the_middle_of_a_run_ends_it_at_once_and_says_how_to_go_on(project: Path) -> None:
    running = subprocess.Popen(
        command("run", "--plan", "plan.yaml", "--with", "note.md"),
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stderr is not None
    while "started" not in running.stderr.readline():
        assert running.poll() is None
    time.sleep(0.5)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=60)
    assert (running.returncode, out) == (130, "")
    assert err.endswith("goes on with it\n")
    assert "Traceback" not in err
    assert list((project / ".personae" / "owners").iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="sends SIGKILL")
def test_a_run_killed_twice_ends_done_and_every_finished_step_keeps_its_bytes(project: Path) -> None:
    """The smallest weights take a second or two a step, so there is time to kill between two of them."""
    (project / "plan.yaml").write_text(PLAN.replace("depends_on: [facts]", "depends_on: [again]") + MIDDLE)
    finished: dict[str, str] = {}
    for kill in ("facts (researcher) done", "again (analyst) done"):
        arguments = ["resume"] if finished else ["run", "--plan", "plan.yaml", "--with", "note.md", "--model", MODEL]
        running = subprocess.Popen(
            [sys.executable, "-m", "personae", *arguments], cwd=project, stderr=subprocess.PIPE, text=True
        )
        assert running.stderr is not None
        while kill not in running.stderr.readline():
            assert running.poll() is None
        running.kill()
        running.communicate()
        now = ends(project)
        assert now.items() >= finished.items()
        finished = now
    assert sorted(finished) == ["again", "facts"]
    ran = subprocess.run(
        [sys.executable, "-m", "personae", "resume", "--json"], cwd=project, capture_output=True, text=True, timeout=300
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["done"]
    assert ends(project).items() >= finished.items()


MIDDLE = "  - {id: again, persona: analyst, task: Say what is urgent., depends_on: [facts]}\n"


def ends(project: Path) -> dict[str, str]:
    """The end of each finished step, byte for byte."""
    with sqlite3.connect(project / ".personae" / "record.db") as record:
        return {key.removesuffix("/end"): body for key, body in record.execute(_ENDS)}


_ENDS = "SELECT key, body FROM journal WHERE kind = 'end'"
