"""No bytes make a reader raise, hang, or point outside the file; hypothesis and the probes look for some."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hang import a_hang_fails
from personae.persona.dialects import HOSTS, ReadAgent, read_as

sys.path.insert(0, str(Path(__file__).parents[2] / "check"))
from host_probes import MARKDOWN, TOML

guarded = pytest.fixture(autouse=True)(a_hang_fails)

_FATES = {"loads", "loads-tolerantly", "skipped", "rejected", "stops-host"}
_SEEDS = [*MARKDOWN.values(), *TOML.values()]
_PIECES = [
    b"---\n",
    b"\n",
    b": ",
    b"- ",
    b"{",
    b"}",
    b"[",
    b"]",
    b'"',
    b"'",
    b"&a ",
    b"*a",
    b"!!int ",
    b"\xff",
    b"\x00",
]
_PIECES += [
    b"\t",
    b"\r\n",
    b"\xe2\x80\xa8",
    b"\xef\xbb\xbf",
    b"tools:",
    b"name: x\n",
    b"permission:",
    b'"""',
    b"# ",
    b"|",
    b">",
]


def _sound(read: ReadAgent, data: bytes) -> None:
    assert read.fate in _FATES
    lines = data.count(b"\n") + data.count(b"\r") + 2
    for item in read.diagnostics:
        assert 1 <= item.line <= lines, item
        assert item.column >= 1, item
        assert item.message, item
        assert str(item)
    assert (read.agent is None) == (not read.agents)


@settings(max_examples=150, deadline=1000)
@given(data=st.binary(max_size=400), host=st.sampled_from(sorted(HOSTS)))
def test_any_bytes_get_a_verdict(data: bytes, host: str) -> None:
    _sound(read_as(data, file="p/agents/x.md", host=host), data)


@settings(max_examples=400, deadline=1000)
@given(
    seed=st.sampled_from(_SEEDS),
    cuts=st.lists(st.tuples(st.integers(0, 300), st.integers(0, 12), st.sampled_from(_PIECES)), min_size=1, max_size=5),
    host=st.sampled_from(sorted(HOSTS)),
)
def test_a_mutated_file_gets_a_verdict(seed: bytes, cuts: list[tuple[int, int, bytes]], host: str) -> None:
    data = seed
    for start, length, piece in cuts:
        data = data[:start] + piece + data[start + length :]
    _sound(read_as(data, file="p/agents/x.md", host=host), data)


@pytest.mark.parametrize("host", sorted(HOSTS))
def test_every_probe_gets_a_verdict_from_every_host(host: str) -> None:
    for data in _SEEDS:
        _sound(read_as(data, file="p/agents/x.md", host=host), data)


@pytest.mark.parametrize("host", sorted(HOSTS))
def test_aliases_that_multiply_do_not_take_time_or_memory(host: str) -> None:
    lines = ["name: a", "description: d", "k0: &k0 [x, x]"]
    lines += [f"k{number}: &k{number} [*k{number - 1}, *k{number - 1}]" for number in range(1, 40)]
    data = ("---\n" + "\n".join(lines) + "\n---\nbody\n").encode()
    _sound(read_as(data, file="x.md", host=host), data)


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? ", "a:\n"])
@pytest.mark.parametrize("host", sorted(HOSTS))
def test_nesting_without_end_gets_a_verdict(opening: str, host: str) -> None:
    data = f"---\nname: a\ndescription: d\nx: {opening * 20_000}\n---\nbody\n".encode()
    _sound(read_as(data, file="x.md", host=host), data)


@pytest.mark.parametrize("host", sorted(HOSTS))
def test_a_file_that_is_its_own_alias_gets_a_verdict(host: str) -> None:
    data = b"---\nname: a\ndescription: d\nx: &x [*x]\ntools: &t [*t]\npermission: &p {edit: *p}\n---\nbody\n"
    _sound(read_as(data, file="x.md", host=host), data)


@pytest.mark.parametrize("host", sorted(HOSTS))
def test_two_megabytes_are_refused_unread(host: str) -> None:
    read = read_as(b"---\nname: a\n---\n" + b"x" * (2 << 20), file="x.md", host=host)
    assert [item.rule for item in read.diagnostics] == [f"{host}-file-too-large"]


def test_long_lines_without_end_do_not_slow_the_toml_reader() -> None:
    data = b'name = "' + b"\\e{[," * 40_000 + b"\n" + b"a" * 200_000 + b'"'
    _sound(read_as(data, file="x.toml", host="codex"), data)
