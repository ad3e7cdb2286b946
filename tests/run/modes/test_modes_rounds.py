"""Rounds in the record: what was judged or is over is not so again; a spec comes back as it was written."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from personae.adopt.compose import Material
from personae.errors import RecordError
from personae.run.modes.checks import DoneCheck, Verdict
from personae.run.modes.rounds import Over, Rounds
from personae.run.modes.spec import AskSpec, GoalSpec, LoopSpec, ModeSpec, spec_in
from personae.run.modes.tables import computed_first, tables_of
from personae.run.record import journal
from personae.run.record.journal import Entry
from personae.run.record.runs import RUN_KINDS, Run, RunKind
from personae.run.snapshot import PersonaSnapshot
from personae.testing import record_in

WORN = (PersonaSnapshot(slug="scout", text="You look.", home="agents"),)
TEXTS = (Material(name="note.md", text="The pump runs."),)


@pytest.fixture
def rounds(tmp_path: Path) -> Rounds:
    return Rounds(record=record_in(tmp_path), run="run-1")


def run_of(kind: RunKind = "ask", spec: Mapping[str, Any] | None = None, **changes: Any) -> Run:
    return Run(id="r", kind=kind, title="t", persona="scout", spec={} if spec is None else spec, created=0.0, **changes)


def test_a_round_is_judged_once_whatever_the_world_is_like_by_then(rounds: Rounds) -> None:
    said = ["no rain", "rain"]

    async def judge() -> Verdict:
        word = said.pop(0)
        return Verdict(passed=word == "rain", said=word)

    async def judged(number: int) -> Verdict:
        return await rounds.judged(number, judge)

    first, again, second = (asyncio.run(judged(number)) for number in (1, 1, 2))
    assert first == again == Verdict(passed=False, said="no rain")
    assert second == Verdict(passed=True, said="rain")
    assert asyncio.run(rounds.newest_judged()) == 2


def test_a_judge_that_fails_is_asked_again(rounds: Rounds) -> None:
    async def fails() -> Verdict:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(rounds.judged(1, fails))
    assert asyncio.run(rounds.newest_judged()) == 0


def test_the_newest_round_that_is_over_is_known_by_its_number_and_not_by_its_letters(rounds: Rounds) -> None:
    assert asyncio.run(rounds.newest_over()) == Over()
    for number in range(1, 12):
        asyncio.run(rounds.close(number, last=number == 11))
    over = asyncio.run(rounds.newest_over())
    assert (over.number, over.last) == (11, True)


def test_a_table_is_computed_once_and_read_back_with_those_that_were_called_for_but_not_those_of_children(
    rounds: Rounds,
) -> None:
    record, run = rounds.record, rounds.run
    tables = iter(["first", "second"])

    def shown() -> Mapping[str, str]:
        compute = {"team_status": lambda: next(tables)}
        return asyncio.run(computed_first(record, run, "round.1", compute))

    assert shown() == shown() == {"team_status": "first"}
    results = {
        "round.1/10/tool.0": {"tool": "team_graph", "value": "tenth"},
        "round.1/2/tool.1": {"tool": "team_ready", "value": "last of two"},
        "round.1/2/tool.0": {"tool": "team_standup", "value": "first of two"},
        "round.1/3/tool.0": {"tool": "read", "value": "no table"},
        "round.1/3/tool.1": {"tool": "team_graph", "retry": "asked in another way"},
        "round.1/4/tool.0/1/tool.0": {"tool": "team_graph", "value": "of a child"},
        "round.11/1/tool.0": {"tool": "team_graph", "value": "of another round"},
    }
    for key, body in results.items():
        entry = Entry(run=run, key=key, kind="result", body=body, at=0.0)
        record.database.run(partial(journal.add, entry=entry))
    assert asyncio.run(tables_of(record, run, "round.1")) == ["first", "first of two", "last of two", "tenth"]


@pytest.mark.parametrize(
    "spec",
    [
        AskSpec(persona="scout", task="Look.", worn=WORN, materials=TEXTS, warm=True, shows_json=True),
        GoalSpec(persona="scout", task="Look.", check=DoneCheck(command="sh check.sh", before={"check.sh": "ab12"})),
        GoalSpec(persona="scout", task="Look.", check=DoneCheck(file="out.md~rain"), target="/out.md", most_rounds=3),
        LoopSpec(persona="scout", task="Look.", every_s=0.5, given=("-", "/note.md"), materials=TEXTS, reflects=False),
        LoopSpec(persona="scout", task="Look.", every_s=60.0, until=DoneCheck(command="true"), model="embedded"),
    ],
)
def test_a_spec_comes_back_from_the_record_as_it_was_written(spec: ModeSpec) -> None:
    body = json.loads(json.dumps(spec.as_json()))
    assert spec_in(run_of(spec=body), type(spec)) == spec


def test_a_spec_of_another_shape_is_refused_with_the_way_out() -> None:
    with pytest.raises(RecordError, match="another version of personae began it") as refused:
        spec_in(run_of(spec={"task": 3}), AskSpec)
    assert refused.value.help == "Begin it anew."


def test_runs_of_plans_and_of_three_modes_are_resumed_until_they_are_done_or_cancelled() -> None:
    spec = {"persona": "scout"}
    assert [kind for kind in RUN_KINDS if run_of(kind, spec).resumable] == ["ask", "loop", "goal", "run"]
    assert not run_of("ask").resumable  # an older version kept nothing to go on with
    stands = ("running", "waiting", "paused", "failed", "stopped", "done", "cancelled")
    assert [status for status in stands if not run_of("ask", spec, status=status).resumable] == ["done", "cancelled"]
