"""Plain text tables, aligned by what a terminal shows: wide characters take two columns, combining marks none."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from personae.team.slugs import printable

__all__ = ["ABSENT", "render_table", "width"]

ABSENT = "—"
_GAP = "  "


def render_table(header: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> str:
    """Return a table with one line per row, no trailing blanks; columns numbered in `right` are aligned right."""
    lines = [tuple(header), *(tuple(printable(cell) or ABSENT for cell in row) for row in rows)]
    widths = [max(width(line[column]) for line in lines) for column in range(len(header))]
    return "\n".join(
        _GAP.join(_pad(cell, widths[column], column in right) for column, cell in enumerate(line)).rstrip()
        for line in lines
    )


def width(text: str) -> int:
    """Return how many columns `text` takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def _pad(cell: str, columns: int, right: bool) -> str:
    blanks = " " * (columns - width(cell))
    return blanks + cell if right else cell + blanks
