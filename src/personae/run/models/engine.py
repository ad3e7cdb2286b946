"""The embedded engine: llama.cpp in this process. It turns messages into text, and knows nothing of agents."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from personae.errors import ModelError, PromptTooLargeError
from personae.run.models.catalog import Weights
from personae.run.models.machine import cores
from personae.run.models.native import Native, NativeServer, open_native

__all__ = ["Ask", "Engine", "Finish", "Generation", "LlamaEngine", "Turn", "engine_for"]

Finish = Literal["stop", "length", "cancelled"]

_LEAST_ROOM_TOKENS = 32
"""A prompt that leaves less than this for the answer is refused: it would be cut off in its first line."""
_LOOP_TAIL, _LOOP_PERIOD = 640, 160


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One message of a conversation, as the chat template takes it."""

    role: Literal["system", "user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One generation."""

    turns: tuple[Turn, ...]
    max_tokens: int
    schema: Mapping[str, object] | None = None
    """Constrains the answer to JSON of this schema; give it bounded (`schema.bounded`)."""
    temperature: float = 0.0
    seed: int = 1
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """What came back."""

    text: str
    finish: Finish
    prompt_tokens: int
    cached_tokens: int
    """Of the prompt's, those that were in the cache already."""
    completion_tokens: int


class Engine(Protocol):
    """The seam below `EmbeddedModel`: a scripted one stands here in tests."""

    def generate(self, ask: Ask, *, on_text: Callable[[str], None], cancelled: threading.Event) -> Generation:
        """Generate, blocking; `on_text` gets each piece. Ends at the next token once `cancelled` is set."""

    def count_tokens(self, turns: Sequence[Turn]) -> int | None:
        """Return the size of a prompt with its template; None where that cannot be known."""


class LlamaEngine:
    """One file of weights, loaded at the first use and kept. Safe to call from several threads at once."""

    def __init__(self, weights: Weights, path: Path, *, native: Callable[[], Native] = open_native) -> None:
        self._weights, self._path, self._open_native = weights, path, native
        self._lock = threading.Lock()
        self._server: NativeServer | None = None

    @property
    def loaded(self) -> bool:
        """Whether the weights are in memory."""
        return self._server is not None

    def count_tokens(self, turns: Sequence[Turn]) -> int | None:
        """Return the size of a prompt with its template."""
        return self._ready().count_tokens(_messages(turns))

    def generate(self, ask: Ask, *, on_text: Callable[[str], None], cancelled: threading.Event) -> Generation:
        """Generate, blocking; raises `PromptTooLargeError` before any work where the prompt does not fit."""
        server = self._ready()
        self._check_size(server, ask)
        generation = _run(server, _body(ask), on_text=on_text, cancelled=cancelled, name=self._weights.name)
        if ask.schema is None or generation.finish != "stop" or _is_json(generation.text):
            return generation
        # The grammar's compiler gave up on the schema and said nothing; the older one takes more and constrains less.
        body = _body(ask) | {"response_format": _response_format(ask.schema)}
        del body["grammar"]
        return _run(server, body, on_text=on_text, cancelled=cancelled, name=self._weights.name)

    def _check_size(self, server: NativeServer, ask: Ask) -> None:
        tokens, limit = server.count_tokens(_messages(ask.turns)), self._weights.context_tokens
        if tokens is not None and tokens + min(ask.max_tokens, _LEAST_ROOM_TOKENS) > limit:
            raise PromptTooLargeError(self._weights.name, tokens=tokens, limit=limit)

    def _ready(self) -> NativeServer:
        with self._lock:
            if self._server is None:
                self._server = self._open_native().serve(
                    self._path,
                    context_tokens=self._weights.context_tokens,
                    slots=self._weights.slots,
                    threads=min(cores(), 8),
                )
            return self._server


_engines: dict[Path, LlamaEngine] = {}
_engines_lock = threading.Lock()


def engine_for(weights: Weights, path: Path) -> LlamaEngine:
    """Return the one engine of this process for a file of weights."""
    with _engines_lock:
        return _engines.setdefault(path, LlamaEngine(weights, path))


@dataclass(slots=True)
class _Reply:
    """Gathers the stream of one generation."""

    name: str
    on_text: Callable[[str], None]
    cancelled: threading.Event
    text: str = ""
    finish: Finish | None = None
    usage: Mapping[str, object] = field(default_factory=dict)
    error: Mapping[str, object] | None = None
    failure: BaseException | None = None
    looped: bool = False

    def take(self, chunk: object) -> bool:
        """Take one chunk; True stops the generation. Must not raise: the engine would swallow it."""
        try:
            self._take(chunk)
        except Exception as error:  # handed on by `_run`, on the caller's side of the engine
            self.failure = error
        return self.failure is not None or self.looped or self.cancelled.is_set()

    def _take(self, chunk: object) -> None:
        if not isinstance(chunk, Mapping):
            return
        if isinstance(error := chunk.get("error"), Mapping):
            self.error = error
        if isinstance(usage := chunk.get("usage"), Mapping):
            self.usage = usage
        choices = chunk.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices else None
        if not isinstance(choice, Mapping):
            return
        delta = choice.get("delta")
        piece = delta.get("content") if isinstance(delta, Mapping) else None
        if isinstance(piece, str) and piece:
            self.text += piece
            self.looped = _is_looping(self.text)
            self.on_text(piece)
        if choice.get("finish_reason"):
            self.finish = "length" if choice["finish_reason"] == "length" else "stop"


def _run(
    server: NativeServer,
    body: Mapping[str, object],
    *,
    on_text: Callable[[str], None],
    cancelled: threading.Event,
    name: str,
) -> Generation:
    reply = _Reply(name=name, on_text=on_text, cancelled=cancelled)
    server.chat(body, reply.take)
    if reply.failure is not None:
        raise reply.failure
    if reply.error is not None:
        raise _refused(reply.error, name=name)
    finish: Finish = "length" if reply.looped else "cancelled" if reply.finish is None else reply.finish
    details = reply.usage.get("prompt_tokens_details")
    return Generation(
        text=reply.text,
        finish=finish,
        prompt_tokens=_count(reply.usage.get("prompt_tokens")),
        cached_tokens=_count(details.get("cached_tokens")) if isinstance(details, Mapping) else 0,
        completion_tokens=_count(reply.usage.get("completion_tokens")),
    )


def _body(ask: Ask) -> dict[str, object]:
    body: dict[str, object] = {
        "messages": _messages(ask.turns),
        "max_tokens": ask.max_tokens,
        "temperature": ask.temperature,
        "seed": ask.seed,
        "stream": True,
        "stream_options": {"include_usage": True},
        # Progress comes after each batch of the prompt, so that a cancel need not wait for the first token.
        "return_progress": True,
    }
    if ask.stop:
        body["stop"] = list(ask.stop)
    if ask.schema is not None:
        body["grammar"] = _grammar(ask.schema)
    else:
        body.update(_PROSE)
    return body


# At temperature 0 the 0.5B says one sentence again and again, and stops listing after the first item. With this
# penalty it kept 12 of 13 costs of the harbor report (2 without it). Not under a grammar: JSON repeats its keys.
_PROSE: Mapping[str, object] = {"repeat_penalty": 1.1, "repeat_last_n": 256}


def _grammar(schema: Mapping[str, object]) -> str:
    """Write a schema as an LLGuidance grammar without white space between tokens.

    Measured with the 135M weights: `{"action":"x"}` is 9 tokens this way, 24 through `response_format`, whose
    grammar lets the model fill JSON with empty lines.
    """
    guided = {**schema, "x-guidance": {"whitespace_flexible": False, "lenient": True}}
    return f"%llguidance {{}}\nstart: %json {json.dumps(guided, ensure_ascii=False)}\n"


def _response_format(schema: Mapping[str, object]) -> dict[str, object]:
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": dict(schema)}}


def _messages(turns: Sequence[Turn]) -> list[dict[str, str]]:
    return [{"role": turn.role, "content": turn.text} for turn in turns]


def _refused(error: Mapping[str, object], *, name: str) -> ModelError:
    if error.get("type") == "exceed_context_size_error":
        return PromptTooLargeError(name, tokens=_count(error.get("n_prompt_tokens")), limit=_count(error.get("n_ctx")))
    return ModelError(
        f"the embedded engine refused a request to {name}: {error.get('message', 'no reason given')}",
        help="Choose another model with --model M.",
    )


def _is_looping(text: str) -> bool:
    """Tell whether the end of a text is one short piece over and over, as small models do at temperature 0."""
    tail = text[-_LOOP_TAIL:]
    if len(tail) < _LOOP_TAIL:
        return False
    return any(tail[period:] == tail[:-period] for period in range(1, _LOOP_PERIOD + 1))


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _count(value: object) -> int:
    return value if isinstance(value, int) else 0
