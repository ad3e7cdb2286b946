"""What a tool asks a person before it acts, as plain text that cannot fake its own frame."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Protocol

__all__ = ["Approve", "Question", "as_text", "nobody", "quoted"]

_MOST_LINES = 40
_LONGEST_LINE = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Who asks for what."""

    who: str
    """The persona's slug."""
    what: str
    """Our own words, such as `run a command without a sandbox`."""
    detail: str
    """The model's words: never trusted, shown whole or said to be cut."""


class Approve(Protocol):
    """Puts a question to a person. Anything but a clear yes is False; so is no person at all."""

    async def __call__(self, question: Question) -> bool:
        """Return whether the person said yes."""
        ...


async def nobody(question: Question) -> bool:
    """No answer is a no."""
    return False


def as_text(question: Question) -> str:
    """Return the question; each line of what the model wrote begins with a bar, and what cannot be seen is spelled."""
    return "\n".join([f"{_seen(question.who)} wants to {question.what}:", *quoted(question.detail)])


def quoted(text: str) -> list[str]:
    """Return what a model wrote, line by line behind a bar, what cannot be seen spelled out, cut where it is long."""
    lines = text.split("\n")
    shown = [f"  │ {_seen(line)}" for line in lines[:_MOST_LINES]]
    if len(lines) > _MOST_LINES:
        shown.append(f"  … and {len(lines) - _MOST_LINES:,} lines more")
    return shown


def _seen(text: str) -> str:
    cut = len(text) - _LONGEST_LINE
    text = "".join(_spelled(character) for character in text[:_LONGEST_LINE])
    return f"{text} … and {cut:,} characters more" if cut > 0 else text


def _spelled(character: str) -> str:
    if character == " " or not unicodedata.category(character).startswith(("C", "Z")):
        return character
    return character.encode("unicode_escape").decode()
