"""The main job for real: the command, a plan, the embedded engine and the smallest weights. Its prose means nothing."""

from __future__ import annotations

import json
import os
import signal
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
def test_ctrl_c_in_the_middle_of_a_run_ends_it_at_once_and_leaves_nothing_behind(project: Path) -> None:
    before = sorted(project.rglob("*"))
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
    out, err = running.communicate(timeout=30)
    assert (running.returncode, out) == (130, "")
    assert err.endswith("stopped\n")
    assert "Traceback" not in err
    assert sorted(project.rglob("*")) == before
