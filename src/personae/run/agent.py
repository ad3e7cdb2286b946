"""One task, one model, one answer: a Pydantic AI run without tools, its failures in our words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pydantic_ai import Agent
from pydantic_ai.exceptions import (
    ModelAPIError,
    ModelAuthenticationError,
    ModelConnectionError,
    ModelHTTPError,
    UnexpectedModelBehavior,
    UsageLimitExceeded,
    UserError,
)
from pydantic_ai.models import Model
from pydantic_ai.settings import ModelSettings
from pydantic_ai.usage import UsageLimits

from personae.adopt.compose import Prompt
from personae.errors import ModelAnswerError, ModelError, StoppedError

__all__ = ["Answer", "ask", "translated"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a model answered, and what it took."""

    text: str
    input_tokens: int
    output_tokens: int
    requests: int


async def ask(
    prompt: Prompt, model: Model, *, settings: ModelSettings | None = None, max_tokens: int | None = None
) -> Answer:
    """Return `model`'s answer to `prompt`. Empty text is never an answer.

    `max_tokens` caps input and output of the run together. The input counts as one token per byte, which no tokenizer
    exceeds, and the output gets the rest: what could pass the cap is refused before it is sent.
    Raises `StoppedError` at the cap, `ModelError` without an answer, `ModelAnswerError` for one that says nothing.
    """
    settings = _capped(prompt, settings, max_tokens)
    agent = Agent(model, instructions=prompt.system_text, retries=0)
    with translated(model.model_name):
        result = await agent.run(prompt.user_text, model_settings=settings, usage_limits=UsageLimits(request_limit=3))
    text = result.output.strip()
    if not text:
        raise ModelAnswerError(f"{model.model_name} answered with empty text", help="Try again, or another --model.")
    usage = result.usage
    return Answer(
        text=text, input_tokens=usage.input_tokens, output_tokens=usage.output_tokens, requests=usage.requests
    )


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


def _capped(prompt: Prompt, settings: ModelSettings | None, max_tokens: int | None) -> ModelSettings | None:
    if max_tokens is None:
        return settings
    bound = len(prompt.system_text.encode()) + len(prompt.user_text.encode())
    left = max_tokens - bound
    if left <= 0:
        raise StoppedError(
            f"the request may take {bound:,} tokens and its budget allows {max_tokens:,}",
            help="Raise budget.perRun.maxTokens, or give it less text.",
        )
    capped = ModelSettings(max_tokens=min(left, (settings or {}).get("max_tokens", left)))
    return {**settings, **capped} if settings else capped
