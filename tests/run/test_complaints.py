"""What users of other systems complain about, each as a test that it does not happen here; see docs/complaints.md."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic_ai.exceptions import ModelHTTPError
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo
from pydantic_ai.usage import RequestUsage
from tree_samples import perform, played, returned, root_node, says, spawns, world_of, write_persona

from personae.adopt.adopt import adopt
from personae.adopt.adoption import Refusal
from personae.run.family import children
from personae.run.record.ledger import Account, Cap, balance
from personae.run.record.record import Record
from personae.testing import record_in, said, scripted_performer

TESTS = Path(__file__).parents[1]
PAGE = TESTS.parent / "docs" / "complaints.md"


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return record_in(tmp_path)


def test_every_test_that_the_page_names_is_there() -> None:
    named = re.findall(r"`(test_\w+)`", PAGE.read_text(encoding="utf-8"))
    assert len(named) > 30
    text = "\n".join(path.read_text(encoding="utf-8") for path in TESTS.rglob("test_*.py"))
    assert [name for name in named if f"def {name}(" not in text] == []


def test_c1_a_tool_that_is_not_on_the_list_cannot_be_called_even_if_the_model_names_it(
    tmp_path: Path, record: Record
) -> None:
    world = world_of(tmp_path / "yard", scout="[list]")
    told: list[str] = []

    def scout(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        assert [tool.name for tool in info.function_tools] == ["list"]
        if len(messages) == 1:
            return ModelResponse(parts=[ToolCallPart("write", {"path": "a.txt", "text": "x"})])
        told.append(str(messages[-1]))
        return said("Done.")

    assert perform(scripted_performer(world, played(scout=scout), record), root_node(world, "scout")).done
    assert "Unknown tool name: 'write'" in told[0]
    assert not (tmp_path / "yard" / "a.txt").exists()


@pytest.mark.parametrize("key", ["allowedTools", "disallowedTools", "allowed-tools"])
def test_c3_a_key_of_another_host_is_an_error_and_never_no_restriction(tmp_path: Path, key: str) -> None:
    root = tmp_path / "yard"
    write_persona(root, "scout", more=f"{key}: [read]\n")
    found = adopt("scout", "sub-agent", world=world_of(root))
    assert isinstance(found, Refusal)
    assert (found.reason, [item.field for item in found.violations]) == ("gate-failed", [key])


def test_c7_a_child_gets_what_is_left_of_the_tree_and_is_refused_before_it_asks(tmp_path: Path, record: Record) -> None:
    world = world_of(tmp_path / "yard", boss="[agent(scout)]", scout="none")
    cap = Cap(scope="node:purse", whose="the purse", max_tokens=22_000)

    def boss(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        usage = RequestUsage(input_tokens=1_000, output_tokens=9_000)
        call = ToolCallPart("agent", {"name": "scout", "task": "Look at everything there is. " * 500})
        return ModelResponse(parts=[call] if len(messages) == 1 else [TextPart(returned(messages)[0])], usage=usage)

    account = Account(caps=(cap,))
    outcome = perform(scripted_performer(world, played(boss=boss), record), root_node(world, "boss", within=account))
    # The child's request was refused, and so is its parent's next: neither passed the cap.
    assert outcome.reason == "tokens"
    (child,) = record.database.run(lambda transaction: children(transaction, "run-1"))
    assert (child.reason, child.requests) == ("tokens", 0)
    spent = record.database.run(lambda transaction: balance(transaction, cap, record.day)).committed.tokens
    assert spent == 10_000


def test_c16_a_child_that_failed_once_may_be_started_again(tmp_path: Path, record: Record) -> None:
    world = world_of(tmp_path / "yard", boss="[agent(scout)]", scout="none")
    times: list[int] = []

    def scout(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        times.append(1)
        if len(times) == 1:
            raise ModelHTTPError(529, "scripted")
        return said("Red.")

    def boss(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        if len(messages) < 5:
            return ModelResponse(parts=[ToolCallPart("agent", {"name": "scout", "task": "Look."})])
        return said("\n".join(returned(messages)))

    outcome = perform(scripted_performer(world, played(boss=boss, scout=scout), record), root_node(world, "boss"))
    first, _, second = outcome.text.partition("\n")
    assert first.startswith("scout did not finish (it failed)")
    assert "Red." in second


def test_c17_nothing_said_is_not_an_answer(tmp_path: Path, record: Record) -> None:
    world = world_of(tmp_path / "yard", boss="[agent(scout)]", scout="none")
    reply = played(boss=spawns(("scout", "Look.")), scout=says("\n"))
    outcome = perform(scripted_performer(world, reply, record), root_node(world, "boss"))
    assert "scout did not finish (it said nothing)" in outcome.text


def test_c20_a_flood_from_a_child_is_cut_and_says_so(tmp_path: Path, record: Record) -> None:
    world = world_of(tmp_path / "yard", boss="[agent(scout)]", scout="none")
    reply = played(boss=spawns(("scout", "Look.")), scout=says("red " * 20_000))
    outcome = perform(scripted_performer(world, reply, record), root_node(world, "boss"))
    assert len(outcome.text) < 31_000
    assert "(49,999 characters more are left out here)" in outcome.text


def test_c30_the_rounds_of_a_child_are_its_own(tmp_path: Path, record: Record) -> None:
    root = tmp_path / "yard"
    write_persona(root, "boss", tools="[agent(scout)]", more="maxSteps: 2\n")
    write_persona(root, "scout", tools="[list]", more="maxSteps: 6\n")
    world = world_of(root)

    def scout(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        return said("Red.") if len(messages) == 11 else ModelResponse(parts=[ToolCallPart("list", {})])

    reply = played(boss=spawns(("scout", "Look.")), scout=scout)
    assert "Red." in perform(scripted_performer(world, reply, record), root_node(world, "boss")).text
