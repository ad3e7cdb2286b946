from __future__ import annotations

import http.server
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from personae.errors import UnknownNameError
from personae.library.providers import EMBEDDED_MODELS
from personae.library.tiers import ModelWish
from personae.run.models import offer as offer_module
from personae.run.models.catalog import CATALOG, Room, choose, size_text
from personae.run.models.offer import look, ollama_address, ollama_models

GB = 1_000_000_000
NO_OLLAMA = {"OLLAMA_HOST": "127.0.0.1:9"}


@contextmanager
def fake_ollama(reply: bytes, *, delay_s: float = 0.0) -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            time.sleep(delay_s)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, format: str, *args: object) -> None:
            return

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_keys_are_kept_by_the_provider_only_and_empty_ones_do_not_count() -> None:
    found = look({"ANTHROPIC_API_KEY": "secret-value", "OPENAI_API_KEY": "", **NO_OLLAMA})
    assert found.providers == {"anthropic"}
    assert "secret-value" not in repr(found)


def test_either_key_of_google_configures_it() -> None:
    assert "google" in look({"GEMINI_API_KEY": "x"}, wish=ModelWish(model="embedded")).providers


def test_a_local_ollama_is_asked_for_its_models() -> None:
    reply = json.dumps({"models": [{"name": "qwen3:latest"}, {"name": "llama3:8b"}, {"nome": 1}, 7]}).encode()
    with fake_ollama(reply) as address:
        assert ollama_models({"OLLAMA_HOST": address}) == ("qwen3:latest", "llama3:8b")
        assert ollama_models({"OLLAMA_BASE_URL": f"http://{address}/v1"}) == ("qwen3:latest", "llama3:8b")


@pytest.mark.parametrize("reply", [b"", b"[]", b'{"models": 1}', b"<html>"])
def test_an_answer_that_is_not_ollamas_counts_as_none(reply: bytes) -> None:
    with fake_ollama(reply) as address:
        assert ollama_models({"OLLAMA_HOST": address}) == ()


def test_a_slow_or_absent_ollama_is_not_waited_for() -> None:
    with fake_ollama(b"{}", delay_s=4.0) as address:
        start_s = time.monotonic()
        assert ollama_models({"OLLAMA_HOST": address}) == ()
        assert time.monotonic() - start_s < 3
    start_s = time.monotonic()
    assert ollama_models(NO_OLLAMA) == ()
    assert time.monotonic() - start_s < 3


def test_a_host_that_listens_everywhere_is_reached_on_loopback() -> None:
    assert ollama_address({"OLLAMA_HOST": "0.0.0.0"}) == ("127.0.0.1", 11434)
    assert ollama_address({}) == ("127.0.0.1", 11434)
    assert ollama_address({"OLLAMA_HOST": "http://localhost:99999"}) == ("localhost", 11434)


@pytest.mark.parametrize(
    ("env", "wish", "asked"),
    [
        ({"ANTHROPIC_API_KEY": "k"}, ModelWish(tier="T1"), False),
        ({"ANTHROPIC_API_KEY": "k"}, ModelWish(model="ollama/q"), True),
        ({"ANTHROPIC_API_KEY": "k"}, ModelWish(model="gpt-4.1", substitute="ollama/q"), True),
        ({}, ModelWish(), True),
        ({}, ModelWish(tier="T1"), True),
        ({}, ModelWish(model="claude-opus-5"), False),
        ({}, ModelWish(override="embedded"), False),
    ],
)
def test_ollama_is_asked_only_where_it_could_answer(
    env: dict[str, str], wish: ModelWish, asked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[object] = []

    def models(env: dict[str, str]) -> tuple[str, ...]:
        calls.append(env)
        return ()

    monkeypatch.setattr(offer_module, "ollama_models", models)
    look(env, wish=wish)
    assert bool(calls) is asked


def test_the_size_can_be_set_and_a_wrong_one_is_passed_on_for_the_lookup_to_refuse() -> None:
    wish = ModelWish(model="embedded")
    assert look({"PERSONAE_EMBEDDED_MODEL": "smollm2-135m"}, wish=wish).embedded_model == "smollm2-135m"
    assert look({"PERSONAE_EMBEDDED_MODEL": "huge"}, wish=wish).embedded_model == "huge"


def test_the_names_of_the_tier_table_are_the_catalogs() -> None:
    assert tuple(CATALOG) == EMBEDDED_MODELS


def test_the_parts_of_each_file_add_up_to_it() -> None:
    for weights in CATALOG.values():
        assert sum(part.size_bytes for part in weights.parts) == weights.size_bytes
        assert all(part.size_bytes > 0 for part in weights.parts)


@pytest.mark.parametrize(
    ("memory_gb", "disk_gb", "cores", "cached", "name"),
    [
        (8, 50, 2, (), "qwen2.5-coder-0.5b"),
        (8, 50, 8, (), "qwen2.5-coder-1.5b"),
        (8, 2, 8, (), "qwen2.5-coder-0.5b"),
        (8, 1, 8, ("qwen2.5-coder-1.5b",), "qwen2.5-coder-1.5b"),
        (3, 50, 8, (), "qwen2.5-coder-0.5b"),
        (1, 50, 8, (), "smollm2-135m"),
        (8, 0.3, 2, (), "smollm2-135m"),
        (8, 0.3, 2, ("qwen2.5-coder-0.5b",), "qwen2.5-coder-0.5b"),
        (8, 50, 2, ("smollm2-135m",), "qwen2.5-coder-0.5b"),
    ],
)
def test_the_size_follows_memory_disk_and_cores(
    memory_gb: float, disk_gb: float, cores: int, cached: tuple[str, ...], name: str
) -> None:
    room = Room(
        free_memory_bytes=int(memory_gb * GB),
        free_disk_bytes=int(disk_gb * GB),
        cores=cores,
        cached=frozenset(cached),
    )
    assert choose(room).name == name


def test_a_size_that_is_asked_for_beats_the_machine() -> None:
    tiny = Room(free_memory_bytes=0, free_disk_bytes=0, cores=1)
    assert choose(tiny, asked="qwen2.5-coder-1.5b").name == "qwen2.5-coder-1.5b"
    with pytest.raises(UnknownNameError, match="unknown embedded model 'qwen'"):
        choose(tiny, asked="qwen")


def test_sizes_read_as_people_say_them() -> None:
    assert size_text(491_400_064) == "491 MB"
    assert size_text(1_117_320_768) == "1.12 GB"
