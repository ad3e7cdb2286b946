"""The bundled personas of seed 001 do a task on this repository for real, by the smallest weights: the plumbing only.

What the larger embedded model makes of it is recorded in docs/sub-agents-recorded.md.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from personae.run.models.catalog import CATALOG
from personae.run.models.weights import ensure_weights

pytestmark = pytest.mark.weights
REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of some of this repository: a run leaves its record where it ran."""
    ensure_weights(CATALOG["smollm2-135m"])
    for file in ("DEVELOPERS.md", "src/personae/run/slots.py"):
        copy = tmp_path / Path(file).name
        copy.write_bytes((REPOSITORY / file).read_bytes())
    (tmp_path / "personae.toml").touch()
    return tmp_path


@pytest.mark.parametrize(
    ("name", "task", "tools"),
    [
        ("researcher", "List the facts in DEVELOPERS.md.", ["fetch", "glob", "grep", "list", "read"]),
        ("file-miner", "Which file defines the class Slots?", ["glob", "grep", "list", "read"]),
        (
            "repo-researcher",
            "Which licence has the repository https://example.invalid/pump.git?",
            ["fetch", "glob", "grep", "list", "read", "shell"],
        ),
    ],
)
def test_a_bundled_persona_does_a_task_end_to_end(project: Path, name: str, task: str, tools: list[str]) -> None:
    words = [sys.executable, "-m", "personae", "ask", name, task, "--json", "--model", "embedded:smollm2-135m"]
    ran = subprocess.run(words, cwd=project, capture_output=True, text=True, timeout=500, check=False)
    # The smallest weights may run out of rounds; that too is an end with its own exit code.
    assert ran.returncode in (0, 1, 3), ran.stderr
    if ran.returncode == 0:
        outcome: dict[str, Any] = json.loads(ran.stdout)
        assert outcome["answer"]
        assert outcome["tools"] == tools
    else:
        assert "Traceback" not in ran.stderr
