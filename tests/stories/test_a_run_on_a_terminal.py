"""A run on a real terminal: a tree of its steps, drawn again as they go, and left there at the end."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from scripted_plans import SCRIPT, allow
from test_a_run_survives import project

from personae.cli.tree import RunTree
from personae.run.durable import Step as Done
from personae.workflow.outcome import Event, StepResult
from personae.workflow.plan import NO_VOICES, Plan, Step
from terminals import has_terminals

__all__ = ["project"]

pexpect = pytest.importorskip("pexpect")
on_a_terminal = pytest.mark.skipif(not has_terminals(), reason="this system has no terminal to give")
STYLE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@pytest.fixture
def terminal(project: Path) -> Iterator[Any]:
    words = [str(SCRIPT), "run", "--plan", "plan.yaml"]
    env = {**os.environ, "TERM": "xterm"}
    child = pexpect.spawn(
        sys.executable, words, cwd=project, env=env, encoding="utf-8", timeout=60, dimensions=(40, 100)
    )
    yield child
    child.close(force=True)


@on_a_terminal
def test_steps_turn_from_waiting_to_working_to_done_and_the_result_comes_last(project: Path, terminal: Any) -> None:
    allow(project, 1)
    terminal.expect("weigh \\(analyst\\)  after facts")
    terminal.expect("facts \\(researcher\\)  used read")
    allow(project, None)
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0
    lines = [STYLE.sub("", line).strip() for line in terminal.before.splitlines()]
    *_, facts, names, weigh, write, result = [line for line in lines if line]
    assert re.fullmatch(r"✓ facts \(researcher\)  20 \+ 4 tokens  \d+ s", facts)
    assert re.fullmatch(r"✓ names  \d+ s", names)
    assert re.fullmatch(r"✓ weigh \(analyst\)  10 \+ 2 tokens  \d+ s", weigh)
    assert re.fullmatch(r"✓ write \(writer\)  10 \+ 2 tokens  \d+ s", write)
    assert re.fullmatch("[0-9a-f]{12}", result)


@on_a_terminal
def test_nobody_advertises_on_the_terminal_of_our_users(terminal: Any) -> None:
    terminal.expect(pexpect.EOF)
    assert "pydantic" not in terminal.before.lower()


class TestTree:
    """What is drawn, as values."""

    plan = Plan(
        goal="g",
        steps=(
            Step(id="ask", persona="lead", task="t"),
            Step(id="write", persona="writer", task="t", depends_on=("ask",)),
        ),
    )

    @pytest.fixture
    def now(self) -> list[float]:
        return [100.0]

    @pytest.fixture
    def tree(self, now: list[float]) -> RunTree:
        return RunTree(self.plan, NO_VOICES, clock=lambda: now[0])

    def lines(self, tree: RunTree, now: float) -> list[tuple[str, str]]:
        return [(step.state, step.text(now)) for step in tree.steps]

    def test_before_anything_happens_each_step_says_what_it_waits_for(self, tree: RunTree) -> None:
        assert self.lines(tree, 100.0) == [("waits", "ask (lead)"), ("waits", "write (writer)  after ask")]

    def test_a_sub_agent_grows_below_the_step_that_asked_it(self, tree: RunTree, now: list[float]) -> None:
        tree.take(Event(step=self.plan.steps[0], persona="lead", what="started"))
        now[0] = 103.0
        child = Done(run="r", path="ask/1/tool.0", persona="scout", kind="result", detail="grep")
        tree.take_step(child)
        tree.take_step(
            Done(
                run="r",
                path="ask/1/tool.0/2/tool.1",
                persona="clerk",
                kind="response",
                detail="",
                input_tokens=7,
                output_tokens=1,
                usd_nanos=2_500_000,
            )
        )
        now[0] = 105.0
        (lead, _) = tree.steps
        (scout,) = lead.children
        (clerk,) = scout.children
        assert lead.text(105.0) == "ask (lead)  5 s"
        assert scout.text(105.0) == "scout  used grep  2 s"
        assert clerk.text(105.0) == "clerk  7 + 1 tokens  $0.0025  2 s"
        tree.take(Event(step=self.plan.steps[0], persona="lead", what="done", result=done("ask", "lead")))
        assert [lead.state, scout.state, clerk.state] == ["done", "done", "done"]

    def test_what_was_done_before_a_kill_says_so_and_took_no_time(self, tree: RunTree) -> None:
        event = Event(step=self.plan.steps[0], persona="lead", what="done", result=done("ask", "lead", replayed=True))
        tree.take(event)
        assert tree.steps[0].text(100.0) == "ask (lead)  done before"

    def test_a_failure_says_why(self, tree: RunTree) -> None:
        tree.take(Event(step=self.plan.steps[0], persona="lead", what="failed", detail="HTTP status 500"))
        assert self.lines(tree, 100.0)[0] == ("failed", "ask (lead)  HTTP status 500")


def done(id: str, persona: str, *, replayed: bool = False) -> StepResult:
    return StepResult(id=id, persona=persona, status="done", replayed=replayed)
