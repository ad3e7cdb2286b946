"""The modes as commands, on the embedded model with the smallest weights: a real terminal, a real engine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from personae.run.models.catalog import CATALOG
from personae.run.models.weights import ensure_weights
from terminals import has_terminals

pexpect = pytest.importorskip("pexpect")
pytestmark = [pytest.mark.weights, pytest.mark.skipif(os.name == "nt", reason="drives a POSIX terminal")]

MODEL = "embedded:smollm2-135m"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    ensure_weights(CATALOG["smollm2-135m"])
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    root = tmp_path / "project"
    for slug, emoji in (("pirate", "🏴"), ("clerk", "📎")):
        folder = root / ".agents" / slug
        folder.mkdir(parents=True)
        (folder / "persona.md").write_text(
            f'---\nname: The {slug.title()}\nrole: Tester\ntype: specialist\nemoji: "{emoji}"\ntools: none\n---\n'
            f"You are a {slug}. Answer in one short sentence.\n"
        )
    (root / "personae.toml").write_text('[workflow.filing]\npersona = "clerk"\n')
    return root


def run(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "personae", *arguments, "--model", MODEL]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=300)


@pytest.mark.skipif(not has_terminals(), reason="this system has no terminal to give")
def test_a_chat_swaps_stances_on_a_real_terminal_and_the_stance_survives_a_restart(project: Path) -> None:
    arguments = ["-m", "personae", "chat", "pirate", "--model", MODEL, "--no-reflect"]
    chat = pexpect.spawn(sys.executable, arguments, cwd=str(project), encoding="utf-8", timeout=120, echo=False)
    chat.expect("The Pirate is put on")
    chat.expect("pirate> ")
    chat.sendline("Say hello.")
    chat.expect("pirate> ")
    assert chat.before.strip()
    chat.sendline("/wear clerk")
    chat.expect("The Clerk is put on")
    chat.expect("clerk> ")
    chat.sendline("/wear nobody")
    chat.expect("unknown persona 'nobody'")
    chat.expect("clerk> ")
    chat.sendline("/release")
    # The brain alone has every tool there is: together they could carry private data out, so a person is asked.
    chat.expect("Allow it once")
    chat.sendline("n")
    chat.expect("Nobody is put on: the brain alone")
    chat.expect("brain> ")
    chat.sendline("/step filing")
    chat.expect("The Clerk is put on")
    chat.sendline("/why")
    chat.expect(r"workflow-step: \[workflow.filing\] names it")
    chat.expect("clerk> ")
    chat.sendline("Tell me a very long story about ships.")
    chat.expect(r"\w")
    chat.sendintr()
    chat.expect("stopped; nothing of it was kept")
    chat.expect("clerk> ")
    chat.sendeof()
    chat.expect(pexpect.EOF)
    chat.close()
    assert chat.exitstatus == 0

    again = pexpect.spawn(
        sys.executable, ["-m", "personae", "chat", "--model", MODEL], cwd=str(project), encoding="utf-8", timeout=120
    )
    again.expect("The Clerk is put on")
    again.expect("clerk> ")
    again.sendline("/history")
    for line in ("wore *pirate", "swapped *clerk", "released *clerk", "wore *clerk"):
        again.expect(line)
    again.sendline("/quit")
    again.expect(pexpect.EOF)


def test_a_sub_agent_answers_one_task_and_leaves_the_session_alone(project: Path) -> None:
    ran = run(project, "ask", "clerk", "What is a clip?", "--json")
    assert ran.returncode == 0, ran.stderr
    answer = json.loads(ran.stdout)
    assert (answer["persona"], answer["model"], bool(answer["answer"])) == ("clerk", MODEL, True)
    assert not (project / ".personae" / "session.json").exists()


def test_an_undeclared_mode_is_refused(project: Path) -> None:
    ran = run(project, "loop", "reviewer", "Look.", "--every", "1s", "--rounds", "1")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "unknown mode 'loop'" in ran.stderr


def test_a_goal_ends_when_the_check_passes_and_says_how_it_ended(project: Path) -> None:
    reached = run(
        project, "goal", "clerk", "Say anything.", "--check", "test -s said.md", "--out", "said.md", "--no-reflect"
    )
    assert reached.returncode == 0, reached.stderr
    assert "reached after 1 rounds" in reached.stderr
    assert (project / "said.md").read_text().strip() == reached.stdout.strip()
    given_up = run(
        project, "goal", "clerk", "Say anything.", "--check", "false", "--rounds", "1", "--json", "--no-reflect"
    )
    assert given_up.returncode == 3
    assert json.loads(given_up.stdout)["exit"] == "out of budget"


def test_a_loop_runs_its_rounds(project: Path) -> None:
    ran = run(project, "loop", "clerk", "Say a word.", "--every", "0s", "--rounds", "2", "--no-reflect")
    assert ran.returncode == 0, ran.stderr
    assert [line for line in ran.stderr.splitlines() if line.startswith("● round")][1].startswith("● round 2")
