"""Pydantic AI's messages as plain turns for a small model: tool results become facts, and no text can open a turn."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    SystemPromptPart,
    TextContent,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserContent,
    UserPromptPart,
)
from pydantic_ai.models import ModelRequestParameters

from personae.run.models.engine import Turn

__all__ = ["calls_so_far", "ended_with", "last_prompt", "last_said", "told", "turns_of"]

# The engine reads its template's marks wherever they stand, so text from files, tools and children must not hold one.
_MARK = re.compile(r"<\|(?=[A-Za-z_]\w*\|>)")


def turns_of(messages: Sequence[ModelMessage], parameters: ModelRequestParameters, *, tools_text: str) -> list[Turn]:
    """Return the conversation as turns: the system's (stance, instructions, tools), then one per change of role."""
    system = [part.content for part in _parts_of_requests(messages) if isinstance(part, SystemPromptPart)]
    system += [*_instructions(messages, parameters), tools_text]
    turns = [Turn(role="system", text=_join(system))] if any(system) else []
    for message in messages:
        if isinstance(message, ModelRequest):
            turns += [Turn(role="user", text=text) for text in _request_texts(message, messages)]
        else:
            turns += [Turn(role="assistant", text=text) for text in _response_texts(message)]
    return _merged([Turn(role=turn.role, text=_unmarked(turn.text)) for turn in turns])


def ended_with(turns: Sequence[Turn], text: str) -> tuple[Turn, ...]:
    """Return `turns` with `text` at the very end of what the user says; the prompt before it stays cached."""
    if not text:
        return tuple(turns)
    return tuple(_merged([*turns, Turn(role="user", text=text)]))


def calls_so_far(messages: Sequence[ModelMessage]) -> list[ToolCallPart]:
    """Return the tool calls since the last prompt of a person, oldest first."""
    calls: list[ToolCallPart] = []
    for message in messages:
        if isinstance(message, ModelRequest) and any(isinstance(part, UserPromptPart) for part in message.parts):
            calls = []
        if isinstance(message, ModelResponse):
            calls += [part for part in message.parts if isinstance(part, ToolCallPart)]
    return calls


def last_prompt(messages: Sequence[ModelMessage]) -> str:
    """Return what a person asked last."""
    prompts = [part.content for part in _parts_of_requests(messages) if isinstance(part, UserPromptPart)]
    return _unmarked(_user_text(prompts[-1])) if prompts else ""


def last_said(messages: Sequence[ModelMessage]) -> str:
    """Return the last thing told to the model: a person's words, or what a tool gave."""
    texts = told(messages)
    return texts[-1] if texts else ""


def told(messages: Sequence[ModelMessage]) -> list[str]:
    """Return all that was told to the model, oldest first: people's words and what tools gave."""
    requests = (item for item in messages if isinstance(item, ModelRequest))
    return [_unmarked(text) for item in requests for text in _request_texts(item, messages)]


def _parts_of_requests(messages: Iterable[ModelMessage]) -> list[object]:
    return [part for message in messages if isinstance(message, ModelRequest) for part in message.parts]


def _instructions(messages: Sequence[ModelMessage], parameters: ModelRequestParameters) -> list[str]:
    if parameters.instruction_parts is not None:
        return [part.content for part in parameters.instruction_parts]
    last = next((item for item in reversed(messages) if isinstance(item, ModelRequest) and item.instructions), None)
    return [last.instructions] if last is not None and last.instructions else []


def _request_texts(message: ModelRequest, messages: Sequence[ModelMessage]) -> list[str]:
    texts = []
    for part in message.parts:
        if isinstance(part, UserPromptPart):
            texts.append(_user_text(part.content))
        elif isinstance(part, ToolReturnPart):
            # As a fact and not as a call: a small model repeats whatever call syntax it sees.
            texts.append(f"{_asked(part, messages)} gave:\n{part.model_response_str()}")
    return texts


def _asked(part: ToolReturnPart, messages: Sequence[ModelMessage]) -> str:
    calls = (item for message in messages if isinstance(message, ModelResponse) for item in message.parts)
    call = next(
        (item for item in calls if isinstance(item, ToolCallPart) and item.tool_call_id == part.tool_call_id), None
    )
    return f"{part.tool_name} {call.args_as_json_str()}" if call is not None else part.tool_name


def _response_texts(message: ModelResponse) -> list[str]:
    return [part.content for part in message.parts if isinstance(part, TextPart) and part.content.strip()]


def _user_text(content: str | Sequence[UserContent]) -> str:
    if isinstance(content, str):
        return content
    # Images and other files cannot be read by these weights; the profile says so, and the prompt says it to the model.
    return _join(
        [
            item if isinstance(item, str) else item.content if isinstance(item, TextContent) else "(a file left out)"
            for item in content
        ]
    )


def _merged(turns: Iterable[Turn]) -> list[Turn]:
    merged: list[Turn] = []
    for turn in turns:
        if merged and merged[-1].role == turn.role:
            merged[-1] = Turn(role=turn.role, text=_join([merged[-1].text, turn.text]))
        else:
            merged.append(turn)
    return merged


def _unmarked(text: str) -> str:
    return _MARK.sub("< |", text)


def _join(texts: Iterable[str]) -> str:
    return "\n\n".join(text for text in texts if text.strip())
