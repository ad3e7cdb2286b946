"""What `ask`, `loop` and `goal` began goes on with `personae resume`, after a kill, Ctrl-C or SIGTERM at any moment."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from scripted_plans import allow, laid_out
from test_a_run_survives import SECRET, asked, done, interrupted, pytestmark, record, runs, started, telling, until

__all__ = ["pytestmark"]

SCOUT = "---\nname: Scout\nrole: Looks at things\ntype: specialist\ntools: [{tools}]\n---\nYou look at {what}.\n"
ASK = ("ask", "scout", "Look at the note.", "--json")
LOOP = ("loop", "scout", "Look at the note.", "--every", "0s", "--rounds", "3", "--with", "note.md")
# It says yes to the second answer that it sees, so one that is judged again gives another end.
GOAL = (
    "goal",
    "scout",
    "Say it.",
    "--check",
    "cat >> judged.txt; echo >> judged.txt; test $(wc -l < judged.txt) -ge 2",
)
MEMORY = Path(".agents", "scout", "memory.md")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return with_scout(tmp_path / "project")


@pytest.fixture
def calm(tmp_path: Path) -> Path:
    """Another project like it, in which nobody is disturbed."""
    return with_scout(tmp_path / "calm")


def with_scout(root: Path) -> Path:
    laid_out(root)
    scout(root).parent.mkdir(parents=True)
    scout(root).write_text(SCOUT.format(tools="read", what="notes"))
    return root


def scout(root: Path) -> Path:
    return root / ".agents" / "scout" / "persona.md"


def killed(project: Path, *arguments: str, answered: int) -> str:
    """Let commands get so many answers in all, kill this one while it waits for the next, return what it printed."""
    sent, got = asked(project).total(), asked(project, "answered.txt").total()
    allow(project, answered)
    running = started(project, *arguments)
    until(project, sent + answered - got + 1, running)
    running.kill()
    output, _ = running.communicate(timeout=300)
    assert runs(project)[0]["stands"] == "died"
    allow(project, None)
    return output


def repeated(project: Path, calm: Path) -> Counter[str]:
    """The requests that were sent more often than where nobody is disturbed."""
    assert set(asked(project)) == set(asked(calm))
    return asked(project) - asked(calm)


def remembered(project: Path) -> list[str]:
    return re.findall(r"^- (.*?) <!--", (project / MEMORY).read_text(), re.MULTILINE)


def without_run(printed: str) -> dict[str, Any]:
    shown: dict[str, Any] = json.loads(printed)
    return {name: value for name, value in shown.items() if name != "run"}


def test_an_ask_that_is_killed_after_its_tool_call_gives_the_same_answer_and_asks_nothing_finished_twice(
    project: Path, calm: Path
) -> None:
    assert killed(project, *ASK, answered=1) == ""
    scout(project).write_text("This is no persona any more.\n")  # it goes on with who it was
    resumed = done(project, "resume")

    undisturbed = done(calm, *ASK)
    assert without_run(resumed.stdout) == without_run(undisturbed.stdout)
    assert telling(record(project)) == telling(record(calm))
    assert repeated(project, calm) == {"Look at the note.: 2": 1}
    assert runs(project)[0]["stands"] == "done"


def test_an_ask_that_is_killed_while_it_reflects_keeps_what_it_found_once(project: Path, calm: Path) -> None:
    warm = ("ask", "scout", "Look at the note.", "--warm")
    killed(project, *warm, answered=2)
    killed(project, "resume", answered=2)
    resumed = done(project, "resume")
    assert resumed.stdout == done(calm, *warm).stdout
    assert repeated(project, calm).total() == 2
    assert remembered(project) == remembered(calm)
    assert len(remembered(calm)) == 1


def test_a_loop_that_is_killed_in_round_2_goes_on_with_it_and_prints_no_round_twice(project: Path, calm: Path) -> None:
    printed = killed(project, *LOOP, answered=4)  # two requests and a reflection a round
    (project / "note.md").write_text("The pump at gate 5 stands still.\n")
    (calm / "note.md").write_text("The pump at gate 5 stands still.\n")
    resumed = done(project, "resume")

    undisturbed = done(calm, *LOOP)
    first, second, third = (printed + resumed.stdout).splitlines()
    assert (first, second) == (printed.strip(), printed.strip())  # the round that was begun has the note as it was
    assert [third] * 3 == undisturbed.stdout.splitlines() != [first] * 3
    assert "rounds done before: 1" in resumed.stderr
    assert asked(project)["Look at the note.: 2"] == 4
    assert asked(project).total() == asked(calm).total() + 1
    assert len(remembered(project)) == 3


def test_a_loop_that_is_killed_while_it_rests_rests_for_what_is_left(project: Path) -> None:
    running = started(project, "loop", "scout", "Weigh it.", "--every", "1h", "--no-reflect")
    assert running.stdout is not None
    running.stdout.readline()
    while not any(entry["key"] == "over.1" for entry in record(project)["entries"]):
        assert running.poll() is None
    running.kill()
    running.communicate(timeout=300)
    resumed = started(project, "resume")
    assert resumed.stderr is not None
    line = resumed.stderr.readline()
    assert (found := re.search(r"rounds done before: 1; the next begins in (\d+) s", line)), line
    assert 0 < int(found[1]) <= 3600
    resumed.send_signal(signal.SIGINT)
    _, errors = resumed.communicate(timeout=300)
    assert resumed.returncode == 130, errors
    assert asked(project).total() == 1


def test_a_round_that_was_begun_ends_as_it_was_begun_and_the_next_one_says_that_its_persona_is_gone(
    project: Path,
) -> None:
    killed(project, *LOOP, answered=4)
    scout(project).unlink()
    resumed = done(project, "resume", code=2)
    (run,) = runs(project)
    assert len(resumed.stdout.splitlines()) == 1
    assert f"run {run['run']} is not done; personae resume {run['run']} goes on with it" in resumed.stderr
    assert "unknown persona 'scout'" in resumed.stderr
    scout(project).write_text(SCOUT.format(tools="none, read", what="the sky"))
    broken = done(project, "resume", code=6)
    assert ".agents/scout/persona.md" in broken.stderr
    scout(project).write_text(SCOUT.format(tools="read", what="the sky"))
    assert len(done(project, "resume").stdout.splitlines()) == 1


def test_a_goal_that_is_killed_between_two_attempts_is_judged_once_for_each(project: Path, calm: Path) -> None:
    killed(project, *GOAL, answered=1)
    resumed = done(project, "resume", "--json")
    undisturbed = done(calm, *GOAL, "--json")
    assert without_run(resumed.stdout) == without_run(undisturbed.stdout)
    assert without_run(resumed.stdout)["exit"] == "reached"
    assert (project / "judged.txt").read_text() == (calm / "judged.txt").read_text()
    assert "round 1: was done before" in resumed.stderr
    assert repeated(project, calm).total() == 1
    assert remembered(project) == remembered(calm)


def test_a_goal_whose_check_was_changed_while_nobody_did_it_is_blocked(project: Path) -> None:
    (project / "check.sh").write_text("exit 1\n")
    killed(project, "goal", "scout", "Say it.", "--check", "sh check.sh", "--no-reflect", answered=1)
    (project / "check.sh").write_text("exit 0\n")
    resumed = done(project, "resume", code=3)
    assert "blocked after 1 rounds: check.sh, part of the done-check, was changed" in resumed.stderr


@pytest.mark.parametrize("arguments", [ASK, LOOP, GOAL], ids=lambda arguments: str(arguments[0]))
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_ctrl_c_and_sigterm_say_how_to_go_on(
    project: Path, arguments: tuple[str, ...], number: signal.Signals, code: int
) -> None:
    run = interrupted(project, *arguments, answered=0, by=number, code=code)
    assert done(project, "resume", run).stdout != ""
    assert [run["stands"] for run in runs(project)] == ["done"]
    assert f"run {run} is done" in done(project, "resume", run, code=2).stderr


def test_without_a_name_the_newest_that_can_go_on_is_taken_and_no_conversation(project: Path) -> None:
    killed(project, "ask", "scout", "Weigh it.", answered=0)
    allow(project, 0)
    chat = started(project, "chat", "scout", stdin=subprocess.PIPE)
    assert chat.stdin is not None
    chat.stdin.write("How is it?\n")
    chat.stdin.flush()
    until(project, 2, chat)
    chat.kill()
    chat.communicate(timeout=300)
    allow(project, None)
    talked, weighed = runs(project)
    assert (talked["kind"], talked["stands"]) == ("chat", "died")
    refused = done(project, "resume", talked["run"], code=2)
    assert "is a chat: it needs the person who talked, and is not resumed" in refused.stderr
    assert done(project, "resume").stdout != ""
    stands = {run["run"]: run["stands"] for run in runs(project)}
    assert stands == {talked["run"]: "died", weighed["run"]: "done"}


def test_serve_leaves_them_to_who_began_them(project: Path) -> None:
    killed(project, *ASK, answered=1)
    done(project, "serve", "--once")
    assert [run["stands"] for run in runs(project)] == ["died"]
    assert asked(project).total() == 2


def test_the_record_of_each_holds_no_secret(project: Path) -> None:
    for arguments in (ASK, LOOP, GOAL):
        done(project, *arguments)
    files = [file for file in (project / ".personae").rglob("*") if file.is_file()]
    assert files
    assert [file for file in files if SECRET.encode() in file.read_bytes()] == []
