"""Text that keeps to its line and its columns on a terminal, whatever a user's file holds."""

from __future__ import annotations

from collections.abc import Iterator
from unicodedata import combining, east_asian_width

__all__ = ["one_line", "visible", "width", "wrapped"]

_LONGEST_LINE = 500


def width(text: str) -> int:
    """Return how many columns `text`, which is visible, takes."""
    if text.isascii():
        return len(text)
    return sum(
        0 if combining(character) or character == "\ufe0f" else 2 if east_asian_width(character) in "WF" else 1
        for character in text
    )


def visible(text: str) -> str:
    """Return `text` with each character that would be invisible, or command the terminal, by its number."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else " " if character == "\t" else f"<U+{ord(character):04X}>"
        for character in text
    )


def one_line(text: str) -> str:
    """Return `text`, which may quote a user's file, on one line of bearable length."""
    if len(text) > _LONGEST_LINE:
        text = f"{text[: _LONGEST_LINE - 80]} … {text[-80:]}"
    return visible(text)


def wrapped(text: str, *, columns: int, first: str = "", indent: str = "") -> Iterator[str]:
    """Yield the lines of `text` at most `columns` wide: `first` stands before the first, `indent` before the others.

    0 columns is no limit. A word that is too long for a line keeps one for itself: a command must survive copying.
    """
    start, line = first, ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if columns and line and width(start) + width(longer) > columns:
            yield start + line
            start, line = indent, word
        else:
            line = longer
    yield start + line
