"""Runs of ask, loop and goal: what `resume` refuses, a call whose outcome nobody knows, what a run keeps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from pydantic_ai.messages import ModelMessage, ModelResponse, ToolCallPart
from pydantic_ai.models.function import AgentInfo

import personae.cli.ask
import personae.cli.goal
import personae.cli.loop
from personae.adopt.world import World
from personae.cli.app import personae as app
from personae.errors import PersonaeError
from personae.run.modes.checks import DoneCheck
from personae.run.modes.spec import AskSpec, GoalSpec, LoopSpec, ModeSpec
from personae.run.record import journal
from personae.run.record.journal import Entry
from personae.run.record.record import Record
from personae.run.record.runs import Run, RunKind, get_run, list_runs, open_run
from personae.run.record.sqlite import open_sqlite
from personae.testing import ScriptedModels, said

SCOUT = "---\nname: Scout\nrole: Looks\ntype: specialist\ntools: [edit]\n---\nYou look.\n"
MODEL = "embedded:smollm2-135m"
ASK = AskSpec(persona="scout", task="Look.", model=MODEL)


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Record:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    root = tmp_path / "project"
    persona = root / ".agents" / "scout" / "persona.md"
    persona.parent.mkdir(parents=True)
    persona.write_text(SCOUT, "utf-8")
    (root / "personae.toml").write_text("", "utf-8")
    (root / "note.md").write_text("Old.\n", "utf-8")
    monkeypatch.chdir(root)
    for module in (personae.cli.ask, personae.cli.goal, personae.cli.loop):
        monkeypatch.setitem(vars(module), "answerer_of", scripted)
    return Record(database=open_sqlite(root / ".personae" / "record.db"))


def scripted(world: World) -> ScriptedModels:
    return ScriptedModels(world.project, edits)


def edits(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
    """Edit the note; once there is a result, say what it was."""
    if len(messages) == 1:
        call = {"path": "note.md", "old": "Old.", "new": "New."}
        return ModelResponse(parts=[ToolCallPart("edit", call, tool_call_id="edit")])
    return said(f"It said: {messages[-1].parts[0].content}")  # type: ignore[union-attr]


def left(record: Record, kind: RunKind, spec: ModeSpec | None, *, id: str = "r1", **changes: Any) -> None:
    """A run that its process left."""
    body = {} if spec is None else spec.as_json()
    run = Run(id=id, kind=kind, title="t", persona="scout", spec=body, created=record.at, **changes)
    record.database.run(lambda transaction: open_run(transaction, run))


def invoked(*arguments: str, code: int = 0, input: str = "") -> Result:
    done = CliRunner().invoke(app, arguments, input=input)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == code, done.stderr
    return done


def refusal(*arguments: str) -> tuple[str, str]:
    """What `resume` says that is in the way, and the way out."""
    with pytest.raises(PersonaeError) as raised:
        invoked("resume", *arguments)
    return raised.value.message, raised.value.help


@pytest.mark.parametrize(
    ("kind", "spec", "changes", "message", "help"),
    [
        (
            "chat",
            None,
            {},
            "r1 is a chat: it needs the person who talked, and is not resumed",
            "personae chat begins another; personae log r1 shows it.",
        ),
        (
            "beat",
            None,
            {},
            "r1 is a beat, and only runs of plans, asks, loops and goals are resumed",
            "personae log r1 shows it.",
        ),
        (
            "ask",
            None,
            {},
            "run r1 was begun by an older version of personae, which kept nothing to go on with",
            "personae log r1 shows it; begin it anew.",
        ),
        ("ask", ASK, {"status": "done"}, "run r1 is done", "personae log r1 shows it."),
        ("goal", ASK, {}, "cannot go on with the run r1: another version of personae began it", "Begin it anew."),
        (
            "ask",
            AskSpec(persona="scuot", task="Look.", model=MODEL),
            {},
            "unknown persona 'scuot'",
            "Did you mean 'scout'?",
        ),
    ],
)
def test_what_cannot_go_on_is_refused_with_the_way_out(
    record: Record, kind: RunKind, spec: ModeSpec | None, changes: dict[str, Any], message: str, help: str
) -> None:
    left(record, kind, spec, **changes)
    assert refusal("r1") == (message, help)


def test_a_loop_has_no_json(record: Record) -> None:
    left(record, "loop", LoopSpec(persona="scout", task="Look.", every_s=1.0))
    assert refusal("r1", "--json") == ("a loop prints no JSON", "personae resume r1")


def test_the_newest_is_chosen_among_those_that_can_go_on(record: Record) -> None:
    left(record, "chat", None, id="r1")
    left(record, "ask", None, id="r2")
    left(record, "ask", ASK, id="r3", status="done")
    assert refusal() == ("there is no run to go on with", "personae runs lists what there is.")


@pytest.mark.parametrize(
    ("kind", "spec", "path"),
    [
        ("ask", ASK, "ask"),
        ("goal", GoalSpec(persona="scout", task="Look.", model=MODEL, check=DoneCheck(command="true")), "round.1"),
    ],
)
def test_a_call_of_unknown_outcome_waits_for_a_person_and_is_not_done_again(
    record: Record, kind: RunKind, spec: ModeSpec, path: str
) -> None:
    left(record, kind, spec)
    begun = Entry(run="r1", key=f"{path}/1/tool.0/call.1", kind="call", body={"tool": "edit", "args": {}}, at=record.at)
    record.database.run(lambda transaction: journal.add(transaction, begun))
    assert refusal()[0] == "edit was begun, and nobody knows whether it was done, so it is not done again by itself"
    assert record.database.run(lambda transaction: get_run(transaction, "r1")).status == "waiting"

    (item,) = json.loads(invoked("inbox", "--json").stdout)
    rejected = invoked("reject", item["id"])
    assert rejected.stderr.endswith("no process does run r1 now; personae resume r1 goes on with it\n")
    assert "It said: edit was interrupted; whether it was done is unknown." in invoked("resume").stdout
    assert Path("note.md").read_text("utf-8") == "Old.\n"
    assert record.database.run(lambda transaction: get_run(transaction, "r1")).status == "done"


def test_what_comes_from_standard_input_is_read_once_and_given_to_each_round_of_a_loop(record: Record) -> None:
    options = ("--every", "0s", "--rounds", "2", "--no-reflect", "--model", MODEL)
    invoked("loop", "scout", "Look.", "--with", "-", "--with", "note.md", *options, input="The pump runs.")
    (run,) = record.database.run(lambda transaction: list_runs(transaction))
    starts = [entry for entry in record.database.run(lambda t: journal.entries(t, run.id)) if entry.kind == "start"]
    assert [entry.key for entry in starts] == ["round.1/start", "round.2/start"]
    # Files are read anew: the first round has changed the note.
    for entry, note in zip(starts, ("Old.", "New."), strict=True):
        assert entry.body["user"].index("The pump runs.") < entry.body["user"].index(note)
    assert run.spec["given"] == ["-", str(Path("note.md").absolute())]


def test_a_name_that_nobody_has_is_refused_before_anything_is_recorded(record: Record) -> None:
    for arguments in (("ask",), ("goal", "--check", "true"), ("loop", "--every", "1s")):
        with pytest.raises(PersonaeError, match="unknown persona 'scuot'"):
            invoked(arguments[0], "scuot", "Look.", *arguments[1:])
    assert record.database.run(lambda transaction: list_runs(transaction)) == []
