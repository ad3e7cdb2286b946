"""No bytes whatever make `parse` raise, and what it returns is of one piece."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from personae.persona.model import Home
from personae.persona.parse import Parsed, parse
from personae.persona.render import render

FRONTMATTER = """\
kind: persona
name: gtm-lead
displayName: "GTM: Lead"
role: 'Launch strategy'
type: lead
description: |
  One line.

  Another.
model: ollama/llama3.3:70b
effort: high
tier: T2
tools: [read, "agent(researcher, reviewer)"]
skills:
- competitor-brief
- launch-checklist
requires: []
enhances: [web]
modes: [loop, goal]
triggers: ["on: release"]
always_load: false
maxSteps: 12
canDispatch: yes
heartbeats:
  - cron: "0 9 * * 1"
    label: Monday
    prompt: >
      Report.
    enabled: false
  - {cron: 0 17 * * 5, prompt: Wrap up.}
memory: {path: notes/memory.md, maxLines: 500}
budget:
  daily: {maxCostUsd: 2.50}
  perRun:
    maxCostUsd: 1
    maxTokens: 50_000
emoji: "🎯"
color: "#3b82f6"
order: -1
"""
TEXT = f"---\n{FRONTMATTER}---\nYou are the GTM Lead.\n"
LINES = TEXT.splitlines(keepends=True)
MEANINGFUL = [
    ": ",
    "- ",
    "---\n",
    "...\n",
    "<<: ",
    "&a ",
    "*a",
    "!!x ",
    "|+\n",
    "\r",
    "\x00",
    "\x85",
    "\u2028",
    "\ufeff",
    "🎯",
]
WORDS = ["null", "true", "010", "1:30", "2026-01-31", ".inf", "=", "0x1F", "1e9"]
SPLICES = st.sampled_from([*LINES, *":-?[]{},#&*!|>%@`\"'\\~ \t\n", *MEANINGFUL, *WORDS])
HOMES = st.sampled_from(Home)


@st.composite
def edited(draw: st.DrawFn) -> bytes:
    """The text above after a few edits: parts cut out, moved, repeated, and characters with a meaning put in."""
    text = TEXT
    for _ in range(draw(st.integers(1, 5))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 40)))
        put = draw(SPLICES | st.text(max_size=8) | st.builds(str.__mul__, SPLICES, st.integers(2, 40)))
        text = text[:start] + put + text[end:]
    data = text.encode("utf-8", "surrogatepass")
    return data.replace(b"\n", b"\r\n") if draw(st.booleans()) else data


def check(data: bytes, home: Home) -> None:
    parsed = parse(data, file="x.md", home=home, slug="gtm-lead")
    assert isinstance(parsed, Parsed)
    errors = [item for item in parsed.diagnostics if item.severity == "error"]
    assert not (parsed.persona and errors)
    lines = max(data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1, 1)
    for item in parsed.diagnostics:
        assert item.file == "x.md"
        assert 1 <= item.line <= lines
        assert item.column >= 1
        assert item.message
        assert item.help or item.severity == "note"
        assert len(str(item).splitlines()) <= 3
    if parsed.persona:
        assert parsed == parse(data, file="x.md", home=home, slug="gtm-lead")
        again = parse(render(parsed.persona).encode(), file="y.md", home=home, slug="gtm-lead")
        assert again.persona == parsed.persona


def test_the_text_that_is_edited_below_is_valid() -> None:
    assert parse(TEXT.encode(), file="x.md", home=Home.PERSONAS, slug="gtm-lead").diagnostics == ()


@settings(deadline=None)
@given(st.binary(), HOMES)
@example(b"---\n---", Home.AGENTS)
@example(b"---\n---x", Home.AGENTS)
@example(b"---\n\xef\xbb\xbf---\n", Home.PERSONAS)
def test_any_bytes_are_answered(data: bytes, home: Home) -> None:
    check(data, home)


@settings(deadline=None)
@given(st.text(), st.sampled_from(["utf-8", "utf-16", "utf-32", "utf-7", "cp037"]), HOMES)
def test_any_text_in_any_encoding_is_answered(text: str, encoding: str, home: Home) -> None:
    check(text.encode(encoding, "replace"), home)


@settings(deadline=None)
@given(st.text(), HOMES)
def test_any_text_between_fences_is_answered(text: str, home: Home) -> None:
    check(f"---\n{text}\n---\nBody.\n".encode(), home)


@settings(deadline=None)
@given(st.lists(SPLICES, max_size=60).map("".join), HOMES)
def test_any_sequence_of_indicators_is_answered(text: str, home: Home) -> None:
    check(f"---\n{text}\n---\nBody.\n".encode("utf-8", "surrogatepass"), home)


@settings(max_examples=400, deadline=None)
@given(edited(), HOMES)
def test_a_persona_edited_at_random_is_answered(data: bytes, home: Home) -> None:
    check(data, home)


@settings(deadline=None)
@given(st.text(), st.text(), HOMES)
def test_any_slug_is_answered(slug: str, file: str, home: Home) -> None:
    parsed = parse(TEXT.encode(), file=file, home=home, slug=slug)
    assert all(item.file == file and len(str(item).split("\n")) <= 3 for item in parsed.diagnostics)
