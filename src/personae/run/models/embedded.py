"""The embedded model as a Pydantic AI model: choose an action under an enum, then write it under its own schema."""

from __future__ import annotations

import asyncio
import json
import threading
import weakref
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import anyio
import anyio.to_thread
from pydantic_ai import RunContext
from pydantic_ai.messages import (
    FinishReason,
    ModelMessage,
    ModelResponse,
    ModelResponseStreamEvent,
    TextPart,
    ToolCallPart,
)
from pydantic_ai.models import Model, ModelRequestParameters, StreamedResponse
from pydantic_ai.profiles import ModelProfile
from pydantic_ai.settings import ModelSettings
from pydantic_ai.usage import RequestUsage

from personae.errors import ModelAnswerError
from personae.run.models.actions import (
    Action,
    actions_of,
    ask_for,
    choice_schema,
    choice_text,
    parse_choice,
    schema_for,
    tools_text,
)
from personae.run.models.catalog import Weights
from personae.run.models.conversation import ended_with, last_prompt, last_said, turns_of
from personae.run.models.engine import Ask, Engine, Generation, Turn
from personae.run.models.schema import Schema

__all__ = ["EmbeddedModel"]

_TEXT_TOKENS, _JSON_TOKENS, _CHOICE_TOKENS = 600, 1024, 48
_SEED = 1
"""With temperature 0 one prompt gives one answer, run after run."""


class EmbeddedModel(Model[None]):
    """Open weights in this process. The weights are loaded at the first request, in a thread."""

    def __init__(self, weights: Weights, engine: Engine, *, settings: ModelSettings | None = None) -> None:
        self.weights, self._engine = weights, engine
        self._limiters: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, anyio.CapacityLimiter] = (
            weakref.WeakKeyDictionary()
        )
        super().__init__(settings=settings, profile=_profile(weights))

    @property
    def model_name(self) -> str:
        """The name in the catalog."""
        return self.weights.name

    @property
    def system(self) -> str:
        """The provider, as bindings name it."""
        return "embedded"

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        """Answer one request. Cancelling it stops the engine at its next token."""
        settings, parameters = self.prepare_request(model_settings, model_request_parameters)
        return await self._answer(messages, settings, parameters, on_text=_ignore)

    @asynccontextmanager
    async def request_stream(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
        run_context: RunContext[object] | None = None,
    ) -> AsyncIterator[StreamedResponse]:
        """Answer one request as a stream: text piece by piece, a call or a result when it is whole."""
        settings, parameters = self.prepare_request(model_settings, model_request_parameters)
        pieces: asyncio.Queue[str | None] = asyncio.Queue()
        loop = asyncio.get_running_loop()

        def on_text(piece: str) -> None:
            loop.call_soon_threadsafe(pieces.put_nowait, piece)

        task = asyncio.create_task(self._answer(messages, settings, parameters, on_text=on_text))
        # The engine's thread has queued its last piece before the task ends, so the end mark comes behind it.
        task.add_done_callback(lambda _: loop.call_soon(pieces.put_nowait, None))
        try:
            yield _EmbeddedStream(
                model_request_parameters=parameters, _weights=self.weights, _pieces=pieces, _task=task
            )
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def count_tokens(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> RequestUsage:
        """Return the size of the prompt of a request."""
        _, parameters = self.prepare_request(model_settings, model_request_parameters)
        turns = turns_of(messages, parameters, tools_text=tools_text(parameters))
        count = await anyio.to_thread.run_sync(self._engine.count_tokens, turns)
        return RequestUsage(input_tokens=count or 0)

    async def _answer(
        self,
        messages: Sequence[ModelMessage],
        settings: ModelSettings | None,
        parameters: ModelRequestParameters,
        *,
        on_text: Callable[[str], None],
    ) -> ModelResponse:
        turns = turns_of(messages, parameters, tools_text=tools_text(parameters))
        actions = actions_of(messages, parameters, settings)
        chosen, spent = await self._choose(turns, actions, choice_text(actions, last_said(messages)), settings)
        question = ask_for(chosen, last_prompt(messages), alone=len(actions) == 1)
        schema = schema_for(chosen, messages)
        written = await self._write(ended_with(turns, question), schema, settings, on_text=on_text)
        if schema is not None:
            self._check_whole(written, chosen, settings)
        return self._response(chosen, [*spent, written])

    async def _choose(
        self, turns: Sequence[Turn], actions: Sequence[Action], question: str, settings: ModelSettings | None
    ) -> tuple[Action, list[Generation]]:
        """Stage one; without a choice there is nothing to ask."""
        if len(actions) == 1:
            return actions[0], []
        generation = await self._generate(
            Ask(
                turns=ended_with(turns, question),
                max_tokens=_CHOICE_TOKENS,
                schema=choice_schema(actions),
                temperature=(settings or {}).get("temperature", 0.0),
                seed=(settings or {}).get("seed", _SEED),
            )
        )
        # A name too long for the limit is the only way here to no choice; the last action is the one that ends the run.
        return parse_choice(generation.text, actions) or actions[-1], [generation]

    async def _write(
        self,
        turns: tuple[Turn, ...],
        schema: Schema | None,
        settings: ModelSettings | None,
        *,
        on_text: Callable[[str], None],
    ) -> Generation:
        """Stage two: the text, or the JSON under the action's own schema."""
        given = settings or {}
        ask = Ask(
            turns=turns,
            max_tokens=given.get("max_tokens", _TEXT_TOKENS if schema is None else _JSON_TOKENS),
            schema=schema,
            temperature=given.get("temperature", 0.0),
            seed=given.get("seed", _SEED),
            stop=tuple(given.get("stop_sequences", ())) if schema is None else (),
        )
        return await self._generate(ask, on_text=on_text if schema is None else _ignore)

    def _check_whole(self, written: Generation, action: Action, settings: ModelSettings | None) -> None:
        limit = (settings or {}).get("max_tokens", _JSON_TOKENS)
        try:
            json.loads(written.text)
        except ValueError as error:
            raise ModelAnswerError(
                f"{self.weights.name} did not finish its JSON for {action.name}: "
                f"cut off after {written.completion_tokens} of at most {limit} tokens",
                help="Ask for less at once, or use a larger model, such as --model embedded:qwen2.5-coder-1.5b.",
            ) from error

    async def _generate(self, ask: Ask, *, on_text: Callable[[str], None] = lambda _: None) -> Generation:
        """Run the engine in a thread; a cancelled caller leaves at once and the thread stops at its next token."""
        cancelled = threading.Event()
        try:
            return await anyio.to_thread.run_sync(
                lambda: self._engine.generate(ask, on_text=on_text, cancelled=cancelled),
                abandon_on_cancel=True,
                limiter=self._limiter(),
            )
        finally:
            cancelled.set()

    def _limiter(self) -> anyio.CapacityLimiter:
        """No more threads than the engine has slots; a limiter belongs to one event loop."""
        loop = asyncio.get_running_loop()
        if loop not in self._limiters:
            self._limiters[loop] = anyio.CapacityLimiter(self.weights.slots)
        return self._limiters[loop]

    def _response(self, action: Action, generations: Sequence[Generation]) -> ModelResponse:
        written = generations[-1]
        part = (
            ToolCallPart(tool_name=action.name, args=written.text)
            if action.kind in ("tool", "result")
            else TextPart(content=written.text)
        )
        return ModelResponse(
            parts=[part],
            usage=_usage(generations),
            model_name=self.model_name,
            provider_name=self.system,
            finish_reason=_finish(action, written),
        )


def _ignore(piece: str) -> None:
    """Take a piece of text that nobody waits for."""


def _usage(generations: Sequence[Generation]) -> RequestUsage:
    """Count the prompt once, however many stages read it: the second finds it in the cache."""
    last = generations[-1]
    return RequestUsage(
        input_tokens=last.prompt_tokens,
        cache_read_tokens=generations[0].cached_tokens if len(generations) > 1 else last.cached_tokens,
        output_tokens=sum(generation.completion_tokens for generation in generations),
    )


def _finish(action: Action, written: Generation) -> FinishReason:
    if action.kind in ("tool", "result"):
        return "tool_call"
    return "length" if written.finish == "length" else "stop"


def _profile(weights: Weights) -> ModelProfile:
    return ModelProfile(
        supports_tools=True,
        supports_json_schema_output=True,
        supports_json_object_output=True,
        supports_image_input=False,
        supports_document_input=False,
        supports_audio_file_input=False,
        supports_video_input=False,
        context_window=weights.context_tokens,
    )


@dataclass
class _EmbeddedStream(StreamedResponse):
    """The pieces of one answer as they come; what is not text comes at the end, whole."""

    _weights: Weights
    _pieces: asyncio.Queue[str | None]
    _task: asyncio.Task[ModelResponse]
    _timestamp: datetime = field(default_factory=lambda: datetime.now(UTC))

    async def _get_event_iterator(self) -> AsyncIterator[ModelResponseStreamEvent]:
        streamed = False
        while (piece := await self._pieces.get()) is not None:
            streamed = True
            for event in self._parts_manager.handle_text_delta(vendor_part_id="text", content=piece):
                yield event
        response = await self._task
        self._usage = response.usage
        self.finish_reason = response.finish_reason
        for part in response.parts:
            if isinstance(part, ToolCallPart):
                yield self._parts_manager.handle_tool_call_part(
                    vendor_part_id="call",
                    tool_name=part.tool_name,
                    args=part.args_as_json_str(),
                    tool_call_id=part.tool_call_id,
                )
            elif isinstance(part, TextPart) and not streamed:
                for event in self._parts_manager.handle_text_delta(vendor_part_id="text", content=part.content):
                    yield event

    async def close_stream(self) -> None:
        """Stop the engine at its next token."""
        self._task.cancel()

    @property
    def model_name(self) -> str:
        """The name in the catalog."""
        return self._weights.name

    @property
    def provider_name(self) -> str:
        """The provider, as bindings name it."""
        return "embedded"

    @property
    def provider_url(self) -> None:
        """There is none: nothing leaves this process."""

    @property
    def timestamp(self) -> datetime:
        """When the answer began."""
        return self._timestamp
