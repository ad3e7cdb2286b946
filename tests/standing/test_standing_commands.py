"""`serve`, `beats` and `budget` as commands: what they print, their exit codes, and the one line they change."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest

from personae.library.project import parse_project

LEAD = """---
name: Lead   # the one
role: Launch lead
type: lead
heartbeats:
  - {cron: "0 9 * * 1", label: "Monday standup", prompt: "What changed?"}
  - cron: "0 17 * * 5"
    label: 'Friday wrap'   # before the weekend

    prompt: "Draft it."
    enabled: true
budget: {daily: {maxCostUsd: 10}}
---
You lead launches.
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "personae.toml").write_text('[defaults]\nsubstitute = "embedded"\n', "utf-8")
    write(tmp_path, LEAD)
    return tmp_path


def write(root: Path, text: str) -> Path:
    path = root / ".agents" / "gtm-lead" / "persona.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def environment(root: Path) -> dict[str, str]:
    keys = {"XDG_CONFIG_HOME": str(root / "config"), "PYTHONUNBUFFERED": "1"}
    return {**{name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")}, **keys}


def personae(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command: Sequence[str] = [sys.executable, "-m", "personae", *arguments]
    return subprocess.run(command, cwd=root, env=environment(root), capture_output=True, text=True, check=False)


def test_beats_lists_every_heartbeat_and_what_holds_it(root: Path) -> None:
    write(root, LEAD.replace("enabled: true", "enabled: false"))
    done = personae(root, "beats", "--json")
    beats = json.loads(done.stdout)["heartbeats"]
    assert [(beat["label"], beat["held"], beat["last"]) for beat in beats] == [
        ("Monday standup", "", None),
        ("Friday wrap", "disabled: enabled: false", None),
    ]
    assert beats[0]["next"].endswith("T09:00:00+00:00")
    assert beats[1]["next"] is None


def test_next_shows_in_order_what_will_fire_and_nothing_of_who_is_paused(root: Path) -> None:
    found = json.loads(personae(root, "beats", "next", "--days", "14", "--json").stdout)
    assert [item["at"] for item in found] == sorted(item["at"] for item in found)
    assert {item["label"] for item in found} == {"Monday standup", "Friday wrap"}
    assert personae(root, "beats", "pause", "gtm-lead").stderr.startswith("gtm-lead is paused")
    assert json.loads(personae(root, "beats", "next", "--days", "14", "--json").stdout) == []
    assert personae(root, "beats", "resume", "gtm-lead").stderr == "gtm-lead fires again\n"


@pytest.mark.parametrize(
    ("label", "changed"),
    [
        (
            "Monday standup",
            '  - {cron: "0 9 * * 1", label: "Monday standup", prompt: "What changed?", enabled: false}\n',
        ),
        ("friday wrap", "    enabled: false\n"),
    ],
)
def test_switching_a_beat_off_changes_one_line_of_the_file(root: Path, label: str, changed: str) -> None:
    path = write(root, LEAD)
    done = personae(root, "beats", "off", "gtm-lead", label)
    assert done.returncode == 0, done.stderr
    before, after = LEAD.splitlines(keepends=True), path.read_text("utf-8").splitlines(keepends=True)
    assert [line for line in after if line not in before] == [changed]
    assert len(after) == len(before)
    assert personae(root, "beats", "off", "gtm-lead", label).stderr.rstrip().endswith("is off already")


def test_a_dry_run_shows_the_exact_prompt_the_model_and_the_caps(root: Path) -> None:
    done = personae(root, "beats", "run", "gtm-lead", "Monday standup", "--dry-run", "--json")
    found = json.loads(done.stdout)
    assert found["system"] == "You lead launches."
    assert found["user"].endswith("\n\nWhat changed?")
    assert found["model"].startswith("embedded:")
    assert found["budget"]["daily_max_cost_usd"] == 10.0
    assert json.loads(personae(root, "beats", "history", "--json").stdout) == []


def test_an_unknown_beat_is_an_error_with_those_there_are(root: Path) -> None:
    done = personae(root, "beats", "run", "gtm-lead", "Tuesday", "--dry-run")
    assert (done.returncode, done.stderr) == (
        2, "Error: unknown heartbeat of gtm-lead 'Tuesday'\n  Known here: Friday wrap, Monday standup.\n",
    )  # fmt: skip


def test_budget_shows_caps_before_anything_is_spent(root: Path) -> None:
    found = json.loads(personae(root, "budget", "--json").stdout)
    (line,) = found["lines"]
    assert (line["who"], line["spent_usd"], line["left_usd"], line["cap_usd"]) == ("gtm-lead", 0.0, 10.0, 10.0)


def test_serve_refuses_to_start_beside_a_broken_file_with_exit_code_6(root: Path) -> None:
    write(root, LEAD.replace('"0 17 * * 5"', '"every monday"'))
    done = personae(root, "serve")
    assert done.returncode == 6
    assert done.stderr == (
        "Error: .agents/gtm-lead/persona.md:7:11\n"
        '  heartbeats[1].cron: invalid cron expression "every monday"\n'
        '  It has 2 fields, not 5. Use five fields, such as "0 9 * * 1" for Mondays at 09:00; crontab.guru explains '
        "them.\n"
    )


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_tells_what_is_next_and_stops_cleanly(root: Path, number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "personae", "serve"], cwd=root, env=environment(root), stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        first = process.stderr.readline()
        assert first == f"serving {root}: 2 heartbeats, time zone UTC\n"
        assert process.stderr.readline().startswith("next: ")
        process.send_signal(number)
        assert process.stderr.read() == "stopped; what was begun goes on at the next start\n"
        assert process.wait() == 0
    assert list((root / ".personae" / "owners").iterdir()) == []


def test_serve_once_does_what_is_due_and_ends(root: Path) -> None:
    done = personae(root, "serve", "--once")
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ('[standing]\nmissed = "twice"', "standing.missed: unknown value 'twice'\n  Write skip or once."),
        ("[standing]\nwindowMinutes = 0", "standing.windowMinutes: 0 is less than 1"),
        ('[approve.auto.x]\nkind = "EMAIL"\nfrom = []\nto = []\nmaxCostUsd = 1\nperDay = 1',
         "approve.auto.x.kind: unknown value 'EMAIL'\n  Write LAUNCH_TASK or SCHEDULE_JOB."),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_said_with_what_would_be_right(toml: str, message: str, tmp_path: Path) -> None:
    _, found = parse_project(toml.encode(), root=tmp_path, file="personae.toml")
    assert [str(item).partition("\n  ")[2] for item in found] == [message]


def test_every_setting_in_the_docs_is_one() -> None:
    text = (Path(__file__).parents[2] / "docs" / "standing.md").read_text("utf-8")
    examples = re.findall(r"^```toml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert len(examples) == 2
    for example in examples:
        tomllib.loads(example)
        assert parse_project(example.encode(), root=Path("/"), file="personae.toml")[1] == []
