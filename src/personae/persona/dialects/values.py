"""A value as YAML or TOML gave it, with its place, and in plain Python. One shape for both formats."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from personae.persona.dialects.agent import Plain
from personae.persona.dialects.scalars import Sort, sort_of
from personae.persona.dialects.table import Flavor
from personae.persona.dialects.trees import text_of
from personae.persona.yamltree import MappingNode, Node, ScalarNode, SequenceNode, position

__all__ = ["Value", "from_node", "from_toml", "names_in", "number_of", "plain"]

_MOST_VALUES = 1024
"""Of one file; aliases can multiply a few lines into millions, and no agent needs a hundred."""
_DEEPEST = 24


class Value(NamedTuple):
    """One value: a scalar with its text, or a list, or a map."""

    sort: Sort
    line: int
    column: int
    text: str = ""
    items: tuple[Value, ...] = ()
    pairs: tuple[tuple[str, Value], ...] = ()

    @property
    def at(self) -> tuple[int, int]:
        """Line and column, both from 1."""
        return self.line, self.column

    def get(self, name: str) -> Value | None:
        """Return what stands under `name` in a map."""
        return next((value for key, value in self.pairs if key == name), None)


@dataclass(slots=True)
class _Reading:
    flavor: Flavor
    first_line: int
    left: int = _MOST_VALUES


def from_node(node: Node, flavor: Flavor, *, first_line: int) -> Value:
    """Return the value of a YAML node; what is too deep or too much is left out."""
    return _from_node(node, _Reading(flavor, first_line), 0)


def _from_node(node: Node, reading: _Reading, depth: int) -> Value:
    line, column = position(node, reading.first_line)
    sort = sort_of(node, reading.flavor)
    reading.left -= 1
    if isinstance(node, ScalarNode):
        return Value(sort, line, column, text_of(node))
    if depth >= _DEEPEST:
        return Value(sort, line, column)
    if isinstance(node, SequenceNode):
        items = tuple(_from_node(item, reading, depth + 1) for item in node.value if reading.left > 0)
        return Value(sort, line, column, items=items)
    pairs = []
    if isinstance(node, MappingNode):
        for key, value in node.value:
            if reading.left > 0:
                name = text_of(key) if isinstance(key, ScalarNode) else "?"
                pairs.append((name, _from_node(value, reading, depth + 1)))
    return Value(sort, line, column, pairs=tuple(pairs))


_TOML_SORTS: tuple[tuple[type | tuple[type, ...], Sort], ...] = (
    (bool, "true-false"),
    (str, "text"),
    (int, "integer"),
    (float, "number"),
    ((datetime.date, datetime.time), "date"),
)


def from_toml(item: object, line: int, column: int, depth: int = 0) -> Value:
    """Return the value of what `tomllib` gave, all of it at one place: TOML readers keep no positions."""
    if isinstance(item, dict):
        inner = item.items() if depth < _DEEPEST else ()
        pairs = tuple((str(key), from_toml(value, line, column, depth + 1)) for key, value in inner)
        return Value("map", line, column, pairs=pairs)
    if isinstance(item, list):
        some = item[:_MOST_VALUES] if depth < _DEEPEST else []
        return Value("list", line, column, items=tuple(from_toml(value, line, column, depth + 1) for value in some))
    sort: Sort = next((sort for kinds, sort in _TOML_SORTS if isinstance(item, kinds)), "text")
    return Value(sort, line, column, str(item).lower() if sort == "true-false" else str(item))


def plain(value: Value) -> Plain:
    """Return `value` in plain, frozen Python."""
    if value.sort == "list":
        return tuple(plain(item) for item in value.items)
    if value.sort == "map":
        return MappingProxyType({name: plain(item) for name, item in value.pairs})
    return _SCALARS.get(value.sort, _as_text)(value)


def _as_text(value: Value) -> Plain:
    return value.text


def _as_integer(value: Value) -> Plain:
    number = number_of(value)
    return value.text if number is None or not math.isfinite(number) else int(number)


def _as_number(value: Value) -> Plain:
    number = number_of(value)
    return value.text if number is None else number


_SCALARS: Mapping[Sort, Callable[[Value], Plain]] = {
    "integer": _as_integer,
    "number": _as_number,
    "true-false": lambda value: value.text.lower() == "true",
    "nothing": lambda value: None,
}
_BASES = {"0x": 16, "0o": 8, "0b": 2}
_NAMED = {".inf": math.inf, ".nan": math.nan, "inf": math.inf, "nan": math.nan}


def number_of(value: Value) -> float | None:
    """Return the number that a scalar stands for, or None where it is too odd to say."""
    text = value.text.lower().replace("_", "")
    sign, digits = (-1 if text[:1] == "-" else 1), text.lstrip("+-")
    try:
        if digits[:2] in _BASES:
            return float(sign * int(digits[2:], _BASES[digits[:2]]))
        if ":" in digits:  # YAML 1.1 counts in sixties
            total = 0.0
            for part in digits.split(":")[:16]:
                total = total * 60 + float(part)
            return sign * total
        if digits in _NAMED:
            return sign * _NAMED[digits]
        return sign * float(digits[:400])
    except (ValueError, OverflowError):
        return None


def names_in(value: Value) -> tuple[tuple[str, Value], ...]:
    """Return the names of a list, or of one text with commas between them, each with the value it stands in."""
    if value.sort == "list":
        return tuple((item.text.strip(), item) for item in value.items if item.sort not in ("list", "map"))
    if value.sort in ("map", "nothing"):
        return ()
    return tuple((name, value) for name in _split(value.text))


def _split(text: str) -> list[str]:
    """Cut `text` at its commas, but not at those within brackets: Agent(a, b)."""
    parts, depth, start = [], 0, 0
    for index, character in enumerate(text):
        if character == "(":
            depth += 1
        elif character == ")":
            depth = max(depth - 1, 0)
        elif character == "," and depth == 0:
            parts.append(text[start:index])
            start = index + 1
    parts.append(text[start:])
    return [part.strip() for part in parts if part.strip()]
