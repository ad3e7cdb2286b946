"""Where a finding ends in its line, when whoever found it only says where it begins."""

from __future__ import annotations

from personae.errors import Diagnostic
from personae.persona.patterns import lazy

__all__ = ["end_column"]

_BEHIND_KEY = lazy(r"\s*(?:-\s+)?[\"']?[\w-]+[\"']?\s*[:=]\s+")
_PLAIN_VALUE = lazy(r"[^\s\"'\[\]{}|>&*!#].*?(?=\s+#|\s*$)")
_TOKEN = lazy(r"\"(?:\\.|[^\"\\])*\"|'[^']*'|[^\s,\[\]{}]+")


def end_column(item: Diagnostic, line: str) -> int:
    """Return the column, from 1, of the first character of `line` that is fine again; more than `item.column`."""
    start = min(item.column, len(line) + 1)
    if item.end_line > item.line:
        return max(len(line.rstrip()) + 1, start + 1)
    if item.end_column > start:
        return min(item.end_column, max(len(line), start) + 1)
    if item.found and line.startswith(item.found, start - 1):
        return start + len(item.found)
    if _BEHIND_KEY.fullmatch(line, 0, start - 1) and (value := _PLAIN_VALUE.match(line, start - 1)):
        return value.end() + 1
    token = _TOKEN.match(line, start - 1)
    if token is None:
        return start + 1
    # The colon behind a key belongs to neither the key nor its fault.
    text = token.group()
    return start + len(text.removesuffix(":") or text)
