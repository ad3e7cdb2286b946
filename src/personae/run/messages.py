"""What goes to a model and comes back, as the journal keeps it: a request by its size and digest, an answer whole."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter
from pydantic_ai.messages import ModelMessage, ModelResponse, ToolCallPart
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.tools import ToolDefinition
from pydantic_core import to_jsonable_python

from personae.errors import StorageError

__all__ = ["Question", "question_of", "response_from", "response_json", "result_json"]

_RESPONSE: TypeAdapter[ModelResponse] = TypeAdapter(ModelResponse)
_BETWEEN = "\x00"
_PER_MESSAGE_BYTES = 32
"""Room for the tokens a provider puts around a message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One request: how much it is at the most, and a digest that changes with anything the model is sent."""

    size_bytes: int
    digest: str


def question_of(messages: Sequence[ModelMessage], parameters: ModelRequestParameters) -> Question:
    """Return the question that a request asks. Moments and ids in messages do not count."""
    texts = [*_texts(messages), *(part.content for part in parameters.instruction_parts or ())]
    tools = (*parameters.function_tools, *parameters.output_tools)
    texts += [_tool_text(tool.name, tool.description or "", _schema(tool)) for tool in tools]
    if parameters.output_object is not None:
        texts.append(json.dumps(parameters.output_object.json_schema))
    data = _BETWEEN.join(texts).encode("utf-8", "surrogatepass")
    return Question(
        size_bytes=len(data) + _PER_MESSAGE_BYTES * len(messages),
        digest=hashlib.blake2b(data, digest_size=12).hexdigest(),
    )


def response_json(response: ModelResponse, question: Question) -> dict[str, Any]:
    """Return the body of a journal entry for `response`."""
    return {"question": question.digest, "response": _RESPONSE.dump_python(response, mode="json")}


def response_from(body: Mapping[str, Any], question: Question) -> ModelResponse:
    """Return the recorded answer. Raises `StorageError` when it was given to another question."""
    if body["question"] != question.digest:
        raise StorageError(
            "go on with",
            "the run",
            "what it would ask now is not what was asked before",
            help="A tool or the program was changed meanwhile: begin it anew, or personae fork RUN --from STEP.",
        )
    return _RESPONSE.validate_python(body["response"])


def result_json(value: Any) -> Any:
    """Return what a tool gave as plain JSON: the first run sees the same as a replay."""
    return value if isinstance(value, str) else to_jsonable_python(value, fallback=str)


def _texts(messages: Sequence[ModelMessage]) -> Iterator[str]:
    for message in messages:
        yield message.kind
        for part in message.parts:
            if isinstance(part, ToolCallPart):
                yield part.tool_name
                yield part.args_as_json_str()
                continue
            content = getattr(part, "content", None)
            if content is None:
                continue  # the library's own note, such as of changed settings, which a replay has no cause to make
            yield part.part_kind
            yield content if isinstance(content, str) else json.dumps(to_jsonable_python(content, fallback=str))


def _schema(tool: ToolDefinition) -> str:
    return json.dumps(tool.parameters_json_schema, sort_keys=True)


@lru_cache(maxsize=512)
def _tool_text(name: str, description: str, schema: str) -> str:
    return f"{name}{_BETWEEN}{description}{_BETWEEN}{schema}"
