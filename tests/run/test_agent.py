"""One task, one model: empty text never an answer, failures in our words."""

from __future__ import annotations

import asyncio

import pytest
from pydantic_ai.exceptions import ModelHTTPError
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from personae.errors import ModelAnswerError, ModelError
from personae.run.agent import Answer, ask

PROMPT = ("You are the reader.", "Read it.")


def answering(text: str, seen: list[AgentInfo] | None = None) -> FunctionModel:
    def respond(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        if seen is not None:
            seen.append(info)
        return ModelResponse(parts=[TextPart(text)])

    return FunctionModel(respond)


def test_the_model_gets_the_stance_as_instructions_and_its_answer_comes_back() -> None:
    seen: list[AgentInfo] = []
    answer = asyncio.run(ask(*PROMPT, answering(" It says so. ", seen)))
    assert isinstance(answer, Answer)
    assert (answer.text, seen[0].instructions) == ("It says so.", "You are the reader.")


def test_empty_text_is_never_an_answer() -> None:
    with pytest.raises(ModelAnswerError):
        asyncio.run(ask(*PROMPT, answering("  \n")))


@pytest.mark.parametrize(
    ("status", "message", "help"),
    [
        (429, "tester answered with HTTP status 429", "The provider's rate limit is reached; wait a little."),
        (500, "tester answered with HTTP status 500", ""),
    ],
)
def test_a_providers_failure_is_said_with_its_way_out(status: int, message: str, help: str) -> None:
    def respond(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        raise ModelHTTPError(status, "tester")

    with pytest.raises(ModelError) as caught:
        asyncio.run(ask(*PROMPT, FunctionModel(respond, model_name="tester")))
    assert (caught.value.message, caught.value.help) == (message, help)
