"""The engine's wrapping of xllamacpp, with a stand-in for the library; and the schemas it is given."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from personae.errors import ModelError, PromptTooLargeError
from personae.run.models import native as native_module
from personae.run.models.catalog import CATALOG
from personae.run.models.engine import Ask, LlamaEngine, Turn
from personae.run.models.native import NativeServer, open_native
from personae.run.models.schema import bounded, sketch

SMALL = CATALOG["smollm2-135m"]
HELLO = (Turn(role="user", text="Hello"),)


class FakeServer:
    """Streams the given texts, one per request."""

    def __init__(self, *answers: str, tokens: int | None = 5, error: Mapping[str, object] | None = None) -> None:
        self.answers, self.tokens, self.error = list(answers), tokens, error
        self.bodies: list[Mapping[str, object]] = []
        self.stopped_at = -1

    def chat(self, body: Mapping[str, object], on_chunk: Callable[[object], bool]) -> None:
        self.bodies.append(body)
        if self.error is not None:
            on_chunk({"error": self.error})
            return
        on_chunk({"choices": [{"delta": {"role": "assistant", "content": None}}], "prompt_progress": {"total": 5}})
        for number, letter in enumerate(self.answers.pop(0)):
            if on_chunk({"choices": [{"delta": {"content": letter}, "finish_reason": None}]}):
                self.stopped_at = number
                return
        on_chunk({"choices": [{"delta": {}, "finish_reason": "stop"}]})
        usage = {"prompt_tokens": 5, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 2}}
        on_chunk({"choices": [], "usage": usage})

    def count_tokens(self, messages: Sequence[Mapping[str, str]]) -> int | None:
        return self.tokens


class FakeNative:
    def __init__(self, server: NativeServer) -> None:
        self.server, self.loads = server, 0

    def serve(self, path: Path, *, context_tokens: int, slots: int, threads: int) -> NativeServer:
        self.loads += 1
        return self.server


def engine_with(server: FakeServer) -> LlamaEngine:
    native = FakeNative(server)
    return LlamaEngine(SMALL, Path("weights.gguf"), native=lambda: native)


def quiet(piece: str) -> None:
    return


def test_a_generation_carries_its_text_and_its_counts() -> None:
    pieces: list[str] = []
    result = engine_with(FakeServer("Hi!")).generate(
        Ask(turns=HELLO, max_tokens=9), on_text=pieces.append, cancelled=threading.Event()
    )
    assert (result.text, result.finish, pieces) == ("Hi!", "stop", ["H", "i", "!"])
    assert (result.prompt_tokens, result.cached_tokens, result.completion_tokens) == (5, 2, 3)


def test_the_weights_are_loaded_once_and_only_when_asked_for() -> None:
    native = FakeNative(FakeServer("a", "b"))
    engine = LlamaEngine(SMALL, Path("x"), native=lambda: native)
    assert not engine.loaded
    for _ in range(2):
        engine.generate(Ask(turns=HELLO, max_tokens=9), on_text=quiet, cancelled=threading.Event())
    assert native.loads == 1


def test_a_prompt_that_does_not_fit_is_refused_before_any_work() -> None:
    server = FakeServer("never", tokens=4090)
    with pytest.raises(PromptTooLargeError) as caught:
        engine_with(server).generate(Ask(turns=HELLO, max_tokens=99), on_text=quiet, cancelled=threading.Event())
    assert str(caught.value) == "the request has 4,090 tokens and smollm2-135m takes 4,096"
    assert server.bodies == []


def test_the_librarys_own_refusal_of_a_large_prompt_is_the_same_error() -> None:
    error = {"type": "exceed_context_size_error", "n_prompt_tokens": 9000, "n_ctx": 4096, "message": "…"}
    with pytest.raises(PromptTooLargeError, match="the request has 9,000 tokens and smollm2-135m takes 4,096"):
        engine_with(FakeServer(tokens=None, error=error)).generate(
            Ask(turns=HELLO, max_tokens=9), on_text=quiet, cancelled=threading.Event()
        )


def test_any_other_refusal_says_what_the_library_said() -> None:
    with pytest.raises(ModelError, match="the embedded engine refused a request to smollm2-135m: bad grammar"):
        engine_with(FakeServer(error={"message": "bad grammar"})).generate(
            Ask(turns=HELLO, max_tokens=9), on_text=quiet, cancelled=threading.Event()
        )


def test_a_cancel_stops_at_the_next_token() -> None:
    server, cancelled = FakeServer("abcdefgh"), threading.Event()
    result = engine_with(server).generate(
        Ask(turns=HELLO, max_tokens=9),
        on_text=lambda piece: cancelled.set() if piece == "c" else None,
        cancelled=cancelled,
    )
    assert (result.finish, result.text, server.stopped_at) == ("cancelled", "abc", 2)


def test_a_model_that_repeats_itself_without_end_is_stopped() -> None:
    server = FakeServer("The sea is a cruel mistress, " * 100)
    result = engine_with(server).generate(Ask(turns=HELLO, max_tokens=9000), on_text=quiet, cancelled=threading.Event())
    assert result.finish == "length"
    assert len(result.text) == 640


def test_a_failure_of_the_listener_is_not_swallowed() -> None:
    def fail(piece: str) -> None:
        raise RuntimeError("the loop is closed")

    with pytest.raises(RuntimeError, match="the loop is closed"):
        engine_with(FakeServer("abc")).generate(
            Ask(turns=HELLO, max_tokens=9), on_text=fail, cancelled=threading.Event()
        )


def test_a_schema_goes_into_the_request_as_a_grammar_without_white_space() -> None:
    server = FakeServer('{"a":1}')
    engine_with(server).generate(
        Ask(turns=HELLO, max_tokens=9, schema={"type": "object"}), on_text=quiet, cancelled=threading.Event()
    )
    grammar = str(server.bodies[0]["grammar"])
    assert grammar.startswith('%llguidance {}\nstart: %json {"type": "object"')
    assert '"whitespace_flexible": false' in grammar


def test_a_schema_that_the_grammar_silently_ignored_is_tried_the_other_way() -> None:
    server = FakeServer("Sure! Here it is", '{"a": 1}')
    result = engine_with(server).generate(
        Ask(turns=HELLO, max_tokens=9, schema={"type": "object"}), on_text=quiet, cancelled=threading.Event()
    )
    assert result.text == '{"a": 1}'
    assert "response_format" in server.bodies[1]
    assert "grammar" not in server.bodies[1]


@pytest.mark.parametrize(
    ("error", "message", "help"),
    [
        (
            ImportError("libgomp.so.1: cannot open shared object file"),
            "the embedded engine needs the system library libgomp.so.1, which is not installed",
            "apt-get install libgomp1 (Debian, Ubuntu), dnf install libgomp (Fedora), apk add libgomp (Alpine).",
        ),
        (
            ModuleNotFoundError("No module named 'xllamacpp'"),
            "the embedded engine is not installed",
            "pip install 'personae[embedded]'",
        ),
        (
            ImportError("undefined symbol: x"),
            "the embedded engine cannot be loaded: undefined symbol: x",
            "pip install --force-reinstall 'personae[embedded]', or use a provider or a local Ollama.",
        ),
    ],
)
def test_an_engine_that_cannot_be_imported_says_what_to_do(
    error: ImportError, message: str, help: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(name: str) -> object:
        raise error

    monkeypatch.setattr(importlib, "import_module", fail)
    monkeypatch.setattr(native_module, "_lacks_avx2", lambda: False)
    with pytest.raises(ModelError) as caught:
        open_native()
    assert str(caught.value) == message
    assert caught.value.help == help


def test_a_processor_without_avx2_is_named_before_the_library_is_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native_module, "_lacks_avx2", lambda: True)
    with pytest.raises(ModelError, match="the embedded engine needs a processor with AVX2, and this one has none"):
        open_native()


def test_a_schema_is_bounded_so_that_an_answer_ends() -> None:
    schema = {
        "type": "object",
        "title": "T",
        "properties": {
            "text": {"type": "string", "description": "d", "default": "x"},
            "many": {"type": "array", "items": {"type": "integer"}, "uniqueItems": True},
            "share": {"type": "number", "minimum": 0, "maximum": 1},
        },
        "required": ["text"],
    }
    assert bounded(schema) == {
        "type": "object",
        "properties": {
            "text": {"type": "string", "minLength": 0, "maxLength": 1200},
            "many": {
                "type": "array",
                "items": {"type": "integer", "minimum": -999_999_999, "maximum": 999_999_999},
                "minItems": 0,
                "maxItems": 8,
            },
            "share": {"type": "number", "multipleOf": 0.01, "minimum": 0, "maximum": 1},
        },
        "required": ["text"],
        "additionalProperties": False,
    }


def test_own_bounds_are_kept_and_a_pattern_the_grammar_cannot_take_is_dropped() -> None:
    assert bounded({"type": "string", "maxLength": 5}) == {"type": "string", "minLength": 0, "maxLength": 5}
    assert bounded({"type": "string", "pattern": "^[a-z]+$"}) == {"type": "string", "pattern": "^[a-z]+$"}
    assert bounded({"type": "string", "pattern": "(?<=a)b"}) == {"type": "string", "minLength": 0, "maxLength": 1200}
    assert bounded({"type": "array", "minItems": 10, "items": {"type": "null"}})["maxItems"] == 10


def test_a_schema_is_sketched_as_a_small_model_reads_it_best() -> None:
    schema = {
        "type": "object",
        "$defs": {"Step": {"type": "object", "properties": {"who": {"enum": ["a", "b"]}}, "required": ["who"]}},
        "properties": {
            "goal": {"type": "string", "description": "one sentence"},
            "steps": {"type": "array", "items": {"$ref": "#/$defs/Step"}},
            "limit": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        },
        "required": ["goal", "steps"],
    }
    assert sketch(schema) == (
        '{"goal": string (one sentence), "steps": [{"who": "a" | "b"}, …], "limit"?: integer | null}'
    )


def test_a_schema_that_refers_to_itself_ends() -> None:
    node = {"$ref": "#/$defs/N", "$defs": {"N": {"type": "object", "properties": {"next": {"$ref": "#/$defs/N"}}}}}
    assert sketch(node).endswith("any}}}")
    assert bounded(node)["$defs"] == {
        "N": {"type": "object", "properties": {"next": {"$ref": "#/$defs/N"}}, "additionalProperties": False}
    }
