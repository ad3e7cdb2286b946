"""The stance as text that rules search: where it stands in the file, and what in it is code, comment or quotation."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from personae.check.subject import Subject
from personae.persona.patterns import lazy

__all__ = [
    "Line",
    "Prose",
    "fenced",
    "holds_any",
    "in_code",
    "is_negated",
    "is_prose",
    "lines_holding",
    "lines_with",
    "long_runs",
    "lowered",
    "places_of",
    "prose_of",
    "say",
]

_LONG_RUN = b"x" * 20
"""The shortest key known to `secrets` has so many characters."""
# What keys and encoded blobs are made of becomes an x, all else a space. `?` stands for what is not ASCII.
_RUNS = bytes(
    ord("x") if chr(code).isascii() and (chr(code).isalnum() or chr(code) in "+/=_-.\\?") else ord(" ")
    for code in range(256)
)

_FENCE = lazy(r"^[ \t>]*(`{3,}|~{3,})", re.MULTILINE)
# Quotations, headings, tables, and indented code; a list may be indented as deep as it likes.
_NO_PROSE = lazy(r"[ \t]*[>#|]|(?: {4}|\t)[ \t]*(?![-*+ \t]|\d+[.)])")
_PLAIN = (("’", "'"), ("—", "-"), ("–", "-"), ("‑", "-"))
_NOT = lazy(
    r"\b(?:not|never|no|nor|don't|doesn't|won't|can't|cannot|mustn't|shouldn't|without|avoid|refuse|refuses|forbidden|"
    r"instead of|rather than|except|outside)\b"
)


class Prose(NamedTuple):
    """One text of a file."""

    text: str
    subject: Subject
    offset: int
    """Where it begins in the file's text; -1 when it stands there in another form (escaped, indented)."""
    field: str
    """The field it is; empty for the body."""

    @property
    def low(self) -> str:
        """The text as `lowered` makes it; cut out of the file's, which other rules have asked for already."""
        return lowered(self.subject.text)[self.offset :] if self.is_end else lowered(self.text)

    @property
    def is_end(self) -> bool:
        """Whether the file ends with the text, as files with frontmatter do."""
        return self.offset >= 0 and self.offset + len(self.text) == len(self.subject.text)

    def place(self, index: int) -> tuple[int, int]:
        """Return line and column in the file, both from 1, of a character of the text."""
        if self.offset >= 0:
            return self.subject.position(self.offset + index)
        return self.subject.place(self.field)


class Line(NamedTuple):
    """A line of prose (no code, no quotation, no heading), in lower case."""

    start: int
    """Where it begins in the text."""
    text: str


def prose_of(subject: Subject) -> Prose | None:
    """Return the stance; None for a file that has none or could not be read."""
    if subject.body.strip():
        offset = len(subject.text) - len(subject.body)
        return Prose(subject.body, subject, offset if subject.text.endswith(subject.body) else -1, "")
    if subject.persona is not None:
        return None
    agent = subject.agent
    if agent is None or not agent.prompt:
        return None
    return Prose(agent.prompt, subject, subject.text.find(agent.prompt), "prompt")


def say(subject: Subject) -> str:
    """Return the line others choose by, as written."""
    if subject.persona is not None:
        return subject.persona.description or ""
    return (subject.agent.description or "") if subject.agent is not None else ""


@lru_cache(maxsize=8)
def long_runs(text: str) -> tuple[tuple[int, int], ...]:
    """Return the spans of `text` that a key or an encoded blob could lie in; most of a stance lies in none.

    Found in bytes that know two letters, which takes a tenth of the time of looking at each word.
    """
    letters = _ascii(text).translate(_RUNS)
    spans, end = [], 0
    while (start := letters.find(_LONG_RUN, end)) >= 0:
        end = letters.find(b" ", start)
        end = len(letters) if end < 0 else end
        spans.append((start, end))
    return tuple(spans)


@lru_cache(maxsize=8)
def lowered(text: str) -> str:
    """Return `text` in lower case and in ASCII, of the same length, so that places in one are places in the other.

    Typographic dashes and apostrophes become plain ones, all other characters `?`: rules look for English words, and
    on ASCII they do it several times faster.
    """
    return _ascii(text).decode("ascii")


@lru_cache(maxsize=8)
def _ascii(text: str) -> bytes:
    if not text.isascii():
        for mark, plain in _PLAIN:
            text = text.replace(mark, plain)
    # Bytes know no other case than ASCII's, which makes them six times as fast.
    return text.encode("ascii", "replace").lower()


@lru_cache(maxsize=8)
def fenced(text: str) -> tuple[tuple[int, int], ...]:
    """Return the spans of fenced code, in order; an unclosed fence runs to the end."""
    spans: list[tuple[int, int]] = []
    opened: tuple[int, str] | None = None
    for match in _FENCE.finditer(text):
        if opened is None:
            opened = (match.start(), match[1])
        elif match[1][0] == opened[1][0] and len(match[1]) >= len(opened[1]):
            spans.append((opened[0], match.end()))
            opened = None
    if opened is not None:
        spans.append((opened[0], len(text)))
    return tuple(spans)


def in_code(text: str, index: int) -> bool:
    """Whether a character of `text` stands in fenced code."""
    spans = fenced(text)
    nearest = bisect_right(spans, index, key=_first) - 1
    return nearest >= 0 and index < spans[nearest][1]


def _first(span: tuple[int, int]) -> int:
    return span[0]


def lines_with(prose: Prose, *words: str) -> Iterator[Line]:
    """Yield the lines of prose that hold one of `words` (in lower case), each once."""
    return (line for line in lines_holding(prose, *words) if is_prose(prose, line))


def lines_holding(prose: Prose, *words: str) -> Iterator[Line]:
    """Yield the lines, be they prose or not, that hold one of `words` (in lower case), each once."""
    low = prose.low
    seen = -1
    for start in places_of(low, *words):
        if start < seen:
            continue
        begin, end = low.rfind("\n", 0, start) + 1, low.find("\n", start)
        seen = len(low) if end < 0 else end
        yield Line(begin, low[begin:seen])


def is_prose(prose: Prose, line: Line) -> bool:
    """Whether a line is neither code nor quotation, heading or table."""
    return not _NO_PROSE.match(line.text) and not in_code(prose.text, line.start)


def is_negated(text: str) -> bool:
    """Whether a piece of a sentence, in lower case, turns what follows into its opposite or an exception."""
    return _NOT.search(text) is not None


def holds_any(text: str, words: Iterable[str]) -> bool:
    """Whether one of `words` stands in `text`."""
    # Not `any(…)`: this is asked of every line, and a generator costs more than the answer.
    for word in words:  # noqa: SIM110
        if word in text:
            return True
    return False


def places_of(text: str, *words: str) -> list[int]:
    """Return where each of `words` begins, in order."""
    found = []
    for word in words:
        index = text.find(word)
        while index >= 0:
            found.append(index)
            index = text.find(word, index + len(word))
    return sorted(found)
