"""Delegation: the target performs one action in its voice, and nothing is asked of a model before all of it fits."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic_ai.messages import ModelMessage, ModelResponse, ToolCallPart
from pydantic_ai.models.function import AgentInfo
from tree_samples import Part, asked, keys, perform, played, returned, root_node, world_of

from personae.adopt.world import World
from personae.errors import PersonaeError
from personae.run.delegation import Delegation, delegation_node
from personae.run.perform import Performer
from personae.run.record.record import Record
from personae.testing import Reply, record_in, said, scripted_performer


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return record_in(tmp_path)


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = world_of(tmp_path / "yard", boss='["delegate(scout, clerk)"]', scout="[read, list]", clerk="[list]")
    (tmp_path / "yard" / "pump.txt").write_text("The pump is red.\n")
    return world


def performer(world: World, record: Record, reply: Reply) -> Performer:
    return scripted_performer(world, reply, record)


def delegates(target: str, action: str, **args: object) -> Part:
    def part(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        if len(messages) == 1:
            wish = {"target_persona": target, "action": action, "args": args}
            return ModelResponse(parts=[ToolCallPart("delegate", wish)])
        return said(returned(messages)[0])

    return part


def test_the_target_does_the_action_once_and_says_what_came_of_it_without_tools(world: World, record: Record) -> None:
    seen: list[tuple[list[str], list[str]]] = []

    def scout(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        assert "`read`" in asked(messages)
        seen.append((returned(messages), [tool.name for tool in info.function_tools]))
        return said("Red it is.")

    reply = played(boss=delegates("scout", "read", path="pump.txt"), scout=scout)
    outcome = perform(performer(world, record, reply), root_node(world, "boss"))
    assert outcome.text == '<result name="scout">\nRed it is.\n</result>'
    ((results, tools),) = seen
    assert "The pump is red." in results[0]
    assert tools == []
    assert "ask/1/tool.0/0/tool.0" in keys(record)


@pytest.mark.parametrize(
    ("target", "action", "args", "told"),
    [
        ("mayor", "read", {}, "There is no agent 'mayor'. There are: clerk, scout"),
        ("scout", "write", {}, "Unknown action of scout 'write'. Known here: list, read."),
        ("scout", "raed", {}, "Unknown action of scout 'raed'. Did you mean 'read'?"),
        ("clerk", "read", {"path": "pump.txt"}, "Unknown action of clerk 'read'. Known here: list."),
    ],
)
def test_what_cannot_be_is_said_with_the_right_names_and_nobody_is_asked(
    world: World, record: Record, target: str, action: str, args: dict[str, object], told: str
) -> None:
    reply = played(boss=delegates(target, action, **args))
    outcome = perform(performer(world, record, reply), root_node(world, "boss"))
    assert outcome.text == told


def test_arguments_that_do_not_fit_are_said_with_what_the_tool_takes(world: World, record: Record) -> None:
    reply = played(boss=delegates("scout", "read", file="pump.txt"))
    outcome = perform(performer(world, record, reply), root_node(world, "boss"))
    assert outcome.text == (
        "The action read cannot take these arguments: path: Field required; file: Extra inputs are not permitted. "
        "It takes: path, first_line, lines."
    )


def test_a_step_of_a_plan_delegates_without_a_model_of_its_own(world: World, record: Record) -> None:
    doing = performer(world, record, played(scout=lambda messages, info: said("Red it is.")))
    wish = Delegation(target_persona="scout", action="read", args={"path": "pump.txt"})
    node = delegation_node(wish, world=world, tools=doing.tools, run="run-1", path="look")
    assert perform(doing, node).text == "Red it is."
    assert keys(record) == ["look/start", "look/0/tool.0", "look/1", "look/end"]
    again = performer(world, record, played())
    assert perform(again, node).text == "Red it is."


def test_a_step_for_nobody_is_an_error_with_the_names_there_are(world: World, record: Record) -> None:
    doing = performer(world, record, played())
    wish = Delegation(target_persona="scuot", action="read")
    with pytest.raises(PersonaeError) as caught:
        delegation_node(wish, world=world, tools=doing.tools, run="run-1", path="look")
    assert caught.value.message == "unknown persona 'scuot'"
    assert "Did you mean 'scout'?" in caught.value.help
    assert keys(record) == []
