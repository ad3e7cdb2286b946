"""A tool that asks the model to try again, by `ModelRetry` of Pydantic AI: that is no failure."""

from __future__ import annotations

import asyncio
from pathlib import Path

from node_samples import bare_world, granted, node
from pydantic_ai import ModelRetry
from pydantic_ai.messages import ModelMessage, ModelResponse, ToolCallPart, ToolReturnPart
from pydantic_ai.models.function import AgentInfo

from personae.run.record import journal
from personae.testing import record_in, said, scripted_performer


def test_a_retry_is_recorded_as_one_and_told_to_the_model_as_it_was_said(tmp_path: Path) -> None:
    record = record_in(tmp_path)
    told: list[str] = []

    def reply(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        if len(messages) == 1:
            return ModelResponse(parts=[ToolCallPart("look", {"at": "moon"})])
        (answered,) = messages[-1].parts
        assert isinstance(answered, ToolReturnPart)
        told.append(str(answered.content))
        return said("Seen.")

    def look(at: str) -> str:
        raise ModelRetry(f"there is no {at} here")

    performer = scripted_performer(bare_world(tmp_path / "project"), reply, record)
    asyncio.run(performer.perform(node(), granted=granted(look=look)))
    result = record.database.run(lambda transaction: journal.find(transaction, "run-1", "look/1/tool.0"))
    assert result is not None
    assert result.body == {"tool": "look", "retry": "there is no moon here"}
    assert told == ["there is no moon here"]
