"""Rounds towards a goal: the check decides, and there are four ways out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from personae.errors import BlockedError, StoppedError, UsageError
from personae.run.modes.checks import Verdict, check_of, command_check, done_check, file_check
from personae.run.modes.goal import GoalOutcome, pursue
from personae.run.node import Outcome


def answering(*texts: str) -> Callable[[int, str], Awaitable[Outcome]]:
    left = list(texts)

    async def ask(number: int, text: str) -> Outcome:
        return Outcome(reason="done", text=left.pop(0))

    return ask


async def holds_rain(answer: str) -> Verdict:
    return Verdict(passed="rain" in answer, said="rain is there" if "rain" in answer else "no rain")


def run(*texts: str, most_rounds: int = 5) -> GoalOutcome:
    return asyncio.run(pursue("Write of rain.", answering(*texts), holds_rain, most_rounds=most_rounds))


def test_it_is_reached_when_the_check_passes_and_not_when_the_model_says_so() -> None:
    outcome = run("Done, the goal is reached!", "The rain falls.")
    assert (outcome.exit, outcome.reason, len(outcome.rounds)) == ("reached", "rain is there", 2)
    assert outcome.answer == "The rain falls."


def test_it_is_blocked_when_the_persona_gives_up_with_a_reason() -> None:
    outcome = run("BLOCKED: I have no paper.")
    assert (outcome.exit, outcome.reason) == ("blocked", "I have no paper.")


def test_it_is_blocked_when_a_round_repeats_the_one_before() -> None:
    assert run("The sun.", "The sun.").exit == "blocked"


def test_it_is_out_of_budget_when_the_rounds_are_used_up() -> None:
    outcome = run("One.", "Two.", most_rounds=2)
    assert (outcome.exit, outcome.reason) == ("out of budget", "2 rounds are used up")


def test_it_is_out_of_budget_when_a_limit_refuses_the_next_request() -> None:
    async def refused(number: int, text: str) -> Outcome:
        raise StoppedError("the request may take 27 tokens and its budget allows 20")

    outcome = asyncio.run(pursue("x", refused, holds_rain, most_rounds=3))
    assert (outcome.exit, outcome.rounds) == ("out of budget", ())


def test_a_round_that_a_person_has_to_decide_about_is_no_end() -> None:
    async def unknown(number: int, text: str) -> Outcome:
        raise BlockedError("shell was begun, and nobody knows whether it was done", item="4be1")

    with pytest.raises(BlockedError):
        asyncio.run(pursue("x", unknown, holds_rain, most_rounds=3))


def test_it_is_stopped_from_outside_by_cancelling_it() -> None:
    async def endless(number: int, text: str) -> Outcome:
        await asyncio.sleep(60)
        raise AssertionError

    async def cancelled() -> None:
        task = asyncio.create_task(pursue("x", endless, holds_rain, most_rounds=3))
        await asyncio.sleep(0.01)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancelled())


def test_the_next_round_is_told_what_the_check_said() -> None:
    asked: list[str] = []

    async def ask(number: int, text: str) -> Outcome:
        asked.append(text)
        return Outcome(reason="done", text=f"answer {len(asked)}")

    asyncio.run(pursue("Write of rain.", ask, holds_rain, most_rounds=2))
    assert asked[0] == "Write of rain.\n\nIf you cannot go on, answer BLOCKED: and the reason."
    assert "The check said:\nno rain\n\nYour last answer was:\nanswer 1\n" in asked[1]


def test_a_command_passes_by_its_exit_code_and_reads_the_answer(tmp_path: Path) -> None:
    check = command_check("grep -o rain", root=tmp_path)
    assert asyncio.run(check("The rain falls.")) == Verdict(passed=True, said="rain")
    assert asyncio.run(check("The sun.")) == Verdict(passed=False, said="the check exited with 1")


def test_a_command_that_does_not_end_is_killed(tmp_path: Path) -> None:
    verdict = asyncio.run(command_check("sleep 60", root=tmp_path, timeout_s=0.2)("x"))
    assert verdict == Verdict(passed=False, said="the check did not end within 0.2 s")


def test_a_check_that_was_changed_while_the_run_was_on_ends_it_as_blocked(tmp_path: Path) -> None:
    script = tmp_path / "check.sh"
    script.write_text("exit 1\n")
    check = command_check("sh check.sh", root=tmp_path)

    async def tampering(number: int, text: str) -> Outcome:
        script.write_text("exit 0\n")
        return Outcome(reason="done", text="done")

    outcome = asyncio.run(pursue("x", tampering, check, most_rounds=3))
    assert (outcome.exit, outcome.reason) == (
        "blocked",
        "check.sh, part of the done-check, was changed while the run was on",
    )


def test_a_check_of_a_run_is_held_to_its_files_as_they_were_when_the_run_began(tmp_path: Path) -> None:
    script = tmp_path / "check.sh"
    script.write_text("exit 1\n")
    given = done_check(command="sh check.sh -v", root=tmp_path)
    assert list(given.before) == ["check.sh"]
    script.write_text("exit 0\n")
    outcome = asyncio.run(pursue("x", answering("One."), check_of(given, root=tmp_path), most_rounds=1))
    assert outcome.exit == "blocked"


def test_a_files_state_is_a_check(tmp_path: Path) -> None:
    exists, matches = file_check("out.md", root=tmp_path), file_check("out.md~^# Rain$", root=tmp_path)
    assert asyncio.run(exists("")).said == "out.md: no such file or directory"
    (tmp_path / "out.md").write_text("# Sun\n")
    assert asyncio.run(exists("")).passed
    assert asyncio.run(matches("")) == Verdict(passed=False, said="out.md does not match ^# Rain$")
    (tmp_path / "out.md").write_text("# Rain\n")
    assert asyncio.run(matches("")).passed


def test_checks_that_cannot_be_one_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the check is empty"):
        command_check(" ", root=tmp_path)
    with pytest.raises(UsageError, match="is not a regular expression"):
        file_check("x~(", root=tmp_path)
