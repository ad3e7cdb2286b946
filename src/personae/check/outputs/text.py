"""Findings for people at a terminal: message, place, the line with a mark under the fault, the way out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from personae.check.outputs.columns import one_line, visible, width, wrapped
from personae.check.outputs.seam import Sources
from personae.check.outputs.span import end_column
from personae.errors import Diagnostic, Severity

__all__ = ["as_text"]

_COLORS: dict[Severity, str] = {"error": "31", "warning": "33", "note": "34"}
_FRAME = "34"
_BOLD = "1"
_LEAST_COLUMNS = 40
_MOST_OF_LINE = 140
"""Where the width is not known, a line of source is cut here: a stance's paragraph is one line."""


def as_text(findings: Sequence[Diagnostic], *, sources: Sources, columns: int = 0, color: bool = False) -> str:
    """Return one block per finding, blank lines between them; empty without any.

    `columns` is the width of the terminal, 0 where there is none.
    """
    look = _Look(max(columns, _LEAST_COLUMNS) if columns else 0, color)
    return "\n\n".join("\n".join(_block(item, sources, look)) for item in findings)


class _Look(NamedTuple):
    columns: int
    color: bool

    def paint(self, text: str, *codes: str) -> str:
        return f"\x1b[{';'.join(codes)}m{text}\x1b[0m" if self.color and text else text


def _block(item: Diagnostic, sources: Sources, look: _Look) -> Iterator[str]:
    yield from _headline(item, look)
    lines = sources(item.file) if item.file else None
    source = lines[item.line - 1] if lines and item.line <= len(lines) else ""
    gutter = " " * len(str(item.line)) if source else " "
    if item.file:
        yield f"{gutter}{look.paint('-->', _FRAME)} {one_line(item.file)}:{item.line}:{item.column}"
    bar = look.paint("|", _FRAME)
    if source.strip():
        shown, mark = _cut(item, source, look.columns - len(gutter) - 3 if look.columns else _MOST_OF_LINE)
        yield f"{gutter} {bar}"
        yield f"{look.paint(str(item.line), _FRAME)} {bar} {shown}".rstrip()
        yield f"{gutter} {bar} {mark.replace('^', '')}{look.paint(mark.lstrip(), _COLORS[item.severity], _BOLD)}"
    for place in item.related:
        where = f"{one_line(place.file)}:{place.line}:{place.column}"
        yield f"{gutter}{look.paint(':::', _FRAME)} {where}{f': {one_line(place.message)}' if place.message else ''}"
    if item.help:
        yield from _way_out(item.help, gutter, look)


def _headline(item: Diagnostic, look: _Look) -> Iterator[str]:
    label = f"{item.severity}[{item.rule}]:"
    text = f"{item.field}: {item.message}" if item.field else item.message
    first, *rest = wrapped(one_line(text), columns=look.columns, first=f"{label} ", indent="  ")
    yield look.paint(label, _COLORS[item.severity], _BOLD) + look.paint(first.removeprefix(label), _BOLD)
    for line in rest:
        yield look.paint(line, _BOLD)


def _way_out(help: str, gutter: str, look: _Look) -> Iterator[str]:
    lead = f"{gutter} = help: "
    first, *rest = wrapped(one_line(help), columns=look.columns, first=lead, indent=" " * len(lead))
    yield f"{gutter} {look.paint('=', _FRAME)} {look.paint('help:', _BOLD)} {first.removeprefix(lead)}"
    yield from rest


def _cut(item: Diagnostic, source: str, room: int) -> tuple[str, str]:
    """Return as much of the line as fits with the fault in it, and the line of carets below it."""
    start = min(item.column, len(source) + 1) - 1
    end = end_column(item, source) - 1
    before, fault, after = visible(source[:start]), visible(source[start:end]), visible(source[end:].rstrip())
    if width(before) + width(fault) + width(after) > room:
        fault = _first(fault, max(room - 8, 8))
        # A third of the room, and no more, goes to what stands before the fault.
        before = _last(before, max((room - width(fault)) // 3, 2))
        after = _first(after, max(room - width(before) - width(fault), 2))
    mark = " " * width(before) + "^" * max(width(fault), 1)
    return f"{before}{fault}{after}", mark


def _first(text: str, room: int) -> str:
    if width(text) <= room:
        return text
    while text and width(text) >= room:
        text = text[:-1]
    return f"{text}…"


def _last(text: str, room: int) -> str:
    if width(text) <= room:
        return text
    while text and width(text) >= room:
        text = text[1:]
    return f"…{text}"
