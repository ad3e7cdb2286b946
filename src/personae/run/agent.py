"""One task, one model, one answer: a Pydantic AI run, its failures in our words."""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from pydantic_ai import Agent, RunContext, StructuredDict, Tool
from pydantic_ai.capabilities import AbstractCapability
from pydantic_ai.exceptions import (
    ModelAPIError,
    ModelAuthenticationError,
    ModelConnectionError,
    ModelHTTPError,
    UnexpectedModelBehavior,
    UsageLimitExceeded,
    UserError,
)
from pydantic_ai.messages import AgentStreamEvent, ModelMessage, PartDeltaEvent, PartStartEvent, TextPart, TextPartDelta
from pydantic_ai.models import Model
from pydantic_ai.settings import ModelSettings
from pydantic_ai.toolsets import AbstractToolset
from pydantic_ai.usage import UsageLimits

from personae.errors import ModelAnswerError, ModelError, StoppedError

__all__ = ["Answer", "Call", "as_text", "ask", "translated"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a model answered, and what it took."""

    text: str
    input_tokens: int
    output_tokens: int
    requests: int
    messages: Sequence[ModelMessage] = field(default=(), repr=False)
    """The conversation with this answer at its end."""
    outputs: Mapping[str, Any] = field(default_factory=dict)
    """The texts that were asked for by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """How a model is asked."""

    name: str = ""
    """Of who is asked, for traces."""
    settings: ModelSettings | None = None
    max_requests: int | None = 3
    """None where a capability counts them."""
    tools: Sequence[Callable[..., Any] | Tool[Any]] = ()
    toolsets: Sequence[AbstractToolset[Any]] = ()
    capabilities: Sequence[AbstractCapability[Any]] = ()
    history: Sequence[ModelMessage] = ()
    on_text: Callable[[str], None] | None = None
    """Told each piece of text as it comes."""
    outputs: Sequence[str] = ()
    """Names of the texts that the answer must give; none for one text."""


async def ask(system: str, user: str, model: Model[Any], call: Call = Call()) -> Answer:
    """Return `model`'s answer to `user` under the system prompt `system`. Empty text is never an answer.

    Raises `StoppedError` at a cap, `ModelError` without an answer, `ModelAnswerError` for one that says nothing.
    """
    agent: Agent[None, Any] = Agent(
        model,
        output_type=_texts(call.outputs) if call.outputs else str,
        instructions=system or None,
        tools=list(call.tools),
        toolsets=list(call.toolsets),
        capabilities=list(call.capabilities),
        name=call.name or None,
        retries=1,
    )
    limits = UsageLimits(request_limit=call.max_requests)
    with translated(model.model_name):
        result = await agent.run(
            user,
            message_history=list(call.history),
            model_settings=call.settings,
            usage_limits=limits,
            event_stream_handler=_streaming(call.on_text) if call.on_text else None,
        )
    outputs = {name: str(result.output[name]).strip() for name in call.outputs}
    text = as_text(outputs) if call.outputs else result.output.strip()
    if not text or not all(outputs.values()):
        raise ModelAnswerError(f"{model.model_name} answered with empty text", help="Try again, or another --model.")
    usage = result.usage
    return Answer(
        text=text,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        requests=usage.requests,
        messages=result.all_messages(),
        outputs=outputs,
    )


def as_text(outputs: Mapping[str, Any]) -> str:
    """Return named outputs as Markdown, each under its name."""
    return "\n\n".join(f"## {name}\n\n{value}" for name, value in outputs.items())


def _texts(names: Sequence[str]) -> Any:
    text = {"type": "string", "minLength": 1}
    schema = {"type": "object", "properties": dict.fromkeys(names, text), "required": list(names)}
    return StructuredDict({**schema, "additionalProperties": False}, name="outputs")


def _streaming(on_text: Callable[[str], None]) -> Callable[[RunContext[Any], AsyncIterable[AgentStreamEvent]], Any]:
    async def handle(context: RunContext[Any], events: AsyncIterable[AgentStreamEvent]) -> None:
        async for event in events:
            if isinstance(event, PartStartEvent) and isinstance(event.part, TextPart):
                on_text(event.part.content)
            elif isinstance(event, PartDeltaEvent) and isinstance(event.delta, TextPartDelta):
                on_text(event.delta.content_delta)

    return handle


@contextmanager
def translated(model: str) -> Iterator[None]:
    """Turn the errors of Pydantic AI and of providers into ours, each with its way out."""
    try:
        yield
    except UsageLimitExceeded as error:
        raise StoppedError(str(error), help="Raise the persona's budget, or give it less text.") from error
    except ModelAuthenticationError as error:
        raise ModelError(f"{model} refused the key", help="Check the provider's key in the environment.") from error
    except ModelConnectionError as error:
        raise ModelError(f"{model} cannot be reached", help="Check the network, or use --model embedded.") from error
    except ModelHTTPError as error:
        raise ModelError(
            f"{model} answered with HTTP status {error.status_code}", help=_HTTP.get(error.status_code, "")
        ) from error
    except ModelAPIError as error:
        raise ModelError(f"{model} failed: {error.message}") from error
    except UnexpectedModelBehavior as error:
        help = "Try again, or a larger --model."
        raise ModelAnswerError(f"{model} gave no usable answer: {error.message}", help=help) from error
    except UserError as error:
        raise ModelError(f"{model} cannot be used: {error}") from error


_HTTP = {
    402: "The account has no credit left.",
    404: "The provider knows no such model: personae models.",
    429: "The provider's rate limit is reached; wait a little.",
    529: "The provider is overloaded; wait a little.",
}
