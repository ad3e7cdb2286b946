"""Where each host sees frontmatter and body. They differ in what they take for a fence, and in encodings."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from personae.persona.patterns import lazy

__all__ = ["Cut", "Decoded", "cut", "decode"]


class Decoded(NamedTuple):
    """A file's text as a tolerant reader sees it, and what was not as it should be."""

    text: str
    """With `\\n` line ends, without a byte-order mark."""
    bom: bool = False
    crlf: bool = False
    """Whether a line of the frontmatter ends with a carriage return too."""
    broken_at: int | None = None
    """Byte offset of the first one that is not UTF-8."""


class Cut(NamedTuple):
    """A text in two parts, as one host cuts it."""

    frontmatter: str | None
    """None where the host sees no frontmatter at all."""
    body: str = ""
    first_line: int = 2
    body_line: int = 1
    language: str = ""
    """What stands behind the opening dashes."""
    unclosed: bool = False


def decode(data: bytes) -> Decoded:
    """Return the text of `data`, whatever it is; what cannot be decoded is replaced."""
    has_mark = data.startswith(codecs.BOM_UTF8)
    if has_mark:
        data = data[len(codecs.BOM_UTF8) :]
    broken_at = None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        text, broken_at = data.decode("utf-8", "replace"), error.start
    has_returns = False
    if "\r\n" in text:
        has_returns = "\r\n" in text[: max(text.find("\n---", 3), 0)]
        text = text.replace("\r\n", "\n")
    return Decoded(text, has_mark, has_returns, broken_at)


_GEMINI = lazy(r"---\n(.*?)\n---(?:\n(.*))?", re.DOTALL)
_CLOSING = lazy(r"\n---[^\n]*(?:\n|\Z)")
_LOOSE_CLOSING = lazy(r"^---[^\n]*(?:\n|\Z)", re.MULTILINE)


def _gemini(text: str) -> Cut:
    found = _GEMINI.match(text)
    if found is None:
        return Cut(None, text, unclosed=text.startswith("---\n"))
    return _cut(text, found.group(1), found.group(2) or "")


def _grok(text: str) -> Cut:
    trimmed = text.lstrip()
    if not trimmed.startswith("---"):
        return Cut(None, text)
    # What stands behind the dashes is YAML there too: a comment is fine, a word is not.
    found = _CLOSING.search(trimmed, 3)
    if found is None:
        return Cut(None, text, unclosed=True)
    blank_lines = text[: len(text) - len(trimmed)].count("\n")
    return _cut(text, trimmed[3 : found.start()], trimmed[found.end() :], first_line=blank_lines + 1)


def _gray_matter(text: str) -> Cut:
    if not text.startswith("---") or text.startswith("----"):
        return Cut(None, text)
    opening, newline, _ = text.partition("\n")
    if not newline:
        return Cut(None, text)
    rest = text[len(opening) :]
    end = rest.find("\n---")
    language = opening[3:].strip()
    if end < 0:
        return _cut(text, rest[1:], "", language=language, unclosed=True)
    return _cut(text, rest[1:end], rest[end + 4 :].removeprefix("\n"), language=language)


def _loose(text: str) -> Cut:
    opening, _, rest = text.partition("\n")
    if opening.rstrip() != "---":
        return Cut(None, text)
    found = _LOOSE_CLOSING.search(rest)
    if found is None:
        return Cut(None, text, unclosed=True)
    return _cut(text, rest[: max(found.start() - 1, 0)], rest[found.end() :])


def _cut(
    text: str, frontmatter: str, body: str, *, first_line: int = 2, language: str = "", unclosed: bool = False
) -> Cut:
    body_line = text.count("\n", 0, len(text) - len(body)) + 1
    return Cut(frontmatter, body, first_line, body_line, language, unclosed)


_CUTTERS: Mapping[str, Callable[[str], Cut]] = {"gemini": _gemini, "grok": _grok, "opencode": _gray_matter}
"""By host id; every other host is cut by `loose`."""


def cut(text: str, host: str) -> Cut:
    """Return `text` in two parts as `host` sees them."""
    return _CUTTERS.get(host, _loose)(text)
