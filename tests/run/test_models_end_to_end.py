"""The smallest weights answer for real, in this process, through Pydantic AI. Fetched once, 93 MB."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from typing import Literal, TypeVar

import pytest
from pydantic import BaseModel, Field
from pydantic_ai import Agent, AgentRunResult
from pydantic_ai.messages import ToolCallPart, ToolReturnPart
from pydantic_ai.settings import ModelSettings

from personae.errors import ModelError, PromptTooLargeError
from personae.library.tiers import ModelOffer, ModelWish, resolve_model
from personae.run.models.build import build_model
from personae.run.models.catalog import CATALOG
from personae.run.models.embedded import EmbeddedModel
from personae.run.models.engine import LlamaEngine, Turn

pytestmark = pytest.mark.weights


Output = TypeVar("Output")


def ask(
    agent: Agent[None, Output], prompt: str, *, model_settings: ModelSettings | None = None
) -> AgentRunResult[Output]:
    """Run in a loop of its own: `run_sync` leaves one open."""
    return asyncio.run(agent.run(prompt, model_settings=model_settings))


class Step(BaseModel):
    persona: Literal["researcher", "writer", "coder"]
    task: str = Field(max_length=60)
    days: int = Field(ge=1, le=9)


class Plan(BaseModel):
    goal: str = Field(max_length=60)
    steps: list[Step] = Field(min_length=1, max_length=2)


@pytest.fixture(scope="module")
def model() -> EmbeddedModel:
    binding = resolve_model(ModelWish(override="embedded:smollm2-135m"), ModelOffer(embedded=True))
    built = build_model(binding)
    assert isinstance(built, EmbeddedModel)
    return built


def test_a_structured_request_is_answered_by_its_schema(model: EmbeddedModel) -> None:
    result = ask(Agent(model, output_type=Plan), "Plan a short report about bees.")
    assert isinstance(result.output, Plan)
    assert 1 <= len(result.output.steps) <= 2
    assert result.usage.input_tokens > 0
    assert result.usage.output_tokens > 0


def test_a_tool_is_called_and_its_result_used(model: EmbeddedModel) -> None:
    # `required`, because 135M parameters do not know when a tool is needed; the arguments are the model's own.
    agent = Agent(model, model_settings=lambda context: ModelSettings(tool_choice="required", max_tokens=60))
    asked: list[str] = []

    @agent.tool_plain
    def read_file(path: str) -> str:
        """Read a text file of the project."""
        asked.append(path)
        return "The meeting is on Friday."

    result = ask(agent, "Please read the text file notes.md.")
    parts = [part for message in result.all_messages() for part in message.parts]
    assert [part.tool_name for part in parts if isinstance(part, ToolCallPart)] == ["read_file"]
    assert len(asked) == 1
    assert any(isinstance(part, ToolReturnPart) for part in parts)
    assert result.output


def test_the_same_prompt_gives_the_same_answer(model: EmbeddedModel) -> None:
    agent = Agent(model, model_settings={"max_tokens": 20})
    assert ask(agent, "Name a color.").output == ask(agent, "Name a color.").output


def test_a_prompt_beyond_the_context_is_refused_with_both_numbers(model: EmbeddedModel) -> None:
    with pytest.raises(PromptTooLargeError, match=r"the request has [\d,]+ tokens and smollm2-135m takes 4,096"):
        ask(Agent(model), "word " * 5000)


def test_a_cancel_frees_the_engine_within_a_moment(model: EmbeddedModel) -> None:
    async def run() -> float:
        agent = Agent(model)
        task = asyncio.create_task(agent.run("Write a long story about a dragon."))
        await asyncio.sleep(0.5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        start_s = time.monotonic()
        await agent.run("Hi", model_settings={"max_tokens": 1})
        return time.monotonic() - start_s

    assert asyncio.run(run()) < 10


def test_tokens_are_counted_and_no_port_is_opened(model: EmbeddedModel) -> None:
    engine = model._engine
    count = engine.count_tokens([Turn(role="user", text="Hello world")])
    assert count is not None
    assert 2 <= count < 60
    if hasattr(socket, "AF_UNIX"):
        assert isinstance(engine, LlamaEngine)
        assert str(getattr(engine._server, "_address", "")).startswith("unix://")


def test_a_file_that_is_no_model_is_an_error_with_a_way_out(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("broken") / "broken.gguf"
    path.write_bytes(b"GGUF" + bytes(100))
    engine = LlamaEngine(CATALOG["smollm2-135m"], path)
    with pytest.raises(ModelError, match="the embedded engine cannot load") as caught:
        engine.count_tokens([Turn(role="user", text="Hi")])
    assert caught.value.help == "Delete the file so that it is fetched anew, or free some memory."
    assert threading.active_count() < 50
