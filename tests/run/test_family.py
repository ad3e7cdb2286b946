"""What children took is known of each, whatever its end, and never counted to another."""

from __future__ import annotations

from pathlib import Path

from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart
from pydantic_ai.models.function import AgentInfo
from pydantic_ai.usage import RequestUsage
from tree_samples import Part, perform, played, root_node, spawns, world_of

from personae.run.family import children
from personae.testing import record_in, scripted_performer


def says_for(text: str, *, asked: int, answered: int) -> Part:
    def part(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        return ModelResponse(parts=[TextPart(text)], usage=RequestUsage(input_tokens=asked, output_tokens=answered))

    return part


def test_each_child_is_listed_with_its_own_cost_and_end(tmp_path: Path) -> None:
    record = record_in(tmp_path)
    world = world_of(
        tmp_path / "yard", boss='["agent(chief, clerk)"]', chief="[agent(scout)]", scout="none", clerk="none"
    )
    reply = played(
        boss=spawns(("chief", "See to the pump."), ("clerk", "File it.")),
        chief=spawns(("scout", "Look.")),
        scout=says_for("Red.", asked=70, answered=5),
        clerk=says_for(" ", asked=30, answered=1),
    )
    assert perform(scripted_performer(world, reply, record), root_node(world, "boss")).done
    found = {child.persona: child for child in record.database.run(lambda transaction: children(transaction, "run-1"))}
    assert {name: (child.parent, child.depth, child.reason) for name, child in found.items()} == {
        "chief": ("ask", 1, "done"),
        "clerk": ("ask", 1, "empty"),
        "scout": ("ask/1/tool.0", 2, "done"),
    }
    scout, clerk = found["scout"], found["clerk"]
    assert (scout.requests, scout.input_tokens, scout.output_tokens, scout.task) == (1, 70, 5, "Look.")
    # What it took is counted though it came to nothing.
    assert (clerk.requests, clerk.input_tokens, clerk.output_tokens) == (1, 30, 1)
    assert scout.model == "embedded:smollm2-135m"
