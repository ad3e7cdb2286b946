"""A TOML text as the tree of nodes with positions that shapes read. Total: any text gives a tree or a diagnostic.

The standard library parses TOML without saying where a value stood. A second, line-wise look finds the keys again; what
it does not find (keys of inline tables, multi-line arrays) is placed at the key around it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping

from yaml import Mark

from personae.errors import Diagnostic
from personae.persona.patterns import lazy
from personae.persona.yamltree import MappingNode, Node, ScalarNode, SequenceNode

__all__ = ["compose_toml"]

_BARE_OR_QUOTED = r"(?:[A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*')"
_KEY = rf"{_BARE_OR_QUOTED}(?:\s*\.\s*{_BARE_OR_QUOTED})*"
_TABLE = lazy(rf"\s*\[(?P<list>\[)?\s*(?P<key>{_KEY})\s*\]")
_PAIR = lazy(rf"(?P<indent>\s*)(?P<key>{_KEY})\s*=\s*")
_WHERE = lazy(r"\s*\(at line (?P<line>\d+), column (?P<column>\d+)\)|\s*\(at end of document\)")

_Place = tuple[int, int]
_Path = tuple[str, ...]


def compose_toml(text: str, *, file: str) -> tuple[MappingNode | None, list[Diagnostic]]:
    """Return the root table of `text`; its nodes' marks count lines and columns from 0."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return None, [_syntax_error(str(error), text, file)]
    except RecursionError:
        return None, [Diagnostic(rule="invalid-toml", message="arrays are nested too deep", file=file)]
    return _map(data, (), _places(text), (0, 0)), []


def _map(
    table: Mapping[str, object], path: _Path, places: dict[_Path, tuple[_Place, _Place]], here: _Place
) -> MappingNode:
    pairs: list[tuple[Node, Node]] = []
    for key, value in table.items():
        key_place, value_place = places.get((*path, key), (here, here))
        pairs.append((ScalarNode("", key, *_marks(key_place)), _node(value, (*path, key), places, value_place)))
    return MappingNode("", pairs, *_marks(here), flow_style=False)


def _node(value: object, path: _Path, places: dict[_Path, tuple[_Place, _Place]], here: _Place) -> Node:
    if isinstance(value, dict):
        return _map(value, path, places, here)
    if isinstance(value, list):
        items = [_node(item, (*path, str(index)), places, here) for index, item in enumerate(value)]
        return SequenceNode("", items, *_marks(here), flow_style=True)
    if isinstance(value, str):
        return ScalarNode("", value, *_marks(here), style='"')
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return ScalarNode("", text, *_marks(here))


def _places(text: str) -> dict[_Path, tuple[_Place, _Place]]:
    """Return for each path of keys where the key and its value begin."""
    places: dict[_Path, tuple[_Place, _Place]] = {}
    table: _Path = ()
    counts: dict[_Path, int] = {}
    for number, line in enumerate(text.split("\n")):
        if header := _TABLE.match(line):
            table = _parts(header["key"])
            if header["list"]:
                counts[table] = counts.get(table, -1) + 1
                table = (*table, str(counts[table]))
            at = (number, line.index("["))
            for depth in range(1, len(table) + 1):
                places.setdefault(table[:depth], (at, at))
        elif pair := _PAIR.match(line):
            parts = (*table, *_parts(pair["key"]))
            key, value = (number, len(pair["indent"])), (number, pair.end())
            for depth in range(len(table) + 1, len(parts)):
                places.setdefault(parts[:depth], (key, key))
            places.setdefault(parts, (key, value))
    return places


def _parts(key: str) -> _Path:
    return tuple(part.strip("\"'") for part in re.findall(_BARE_OR_QUOTED, key))


def _marks(place: _Place) -> tuple[Mark, Mark]:
    mark = Mark("", 0, *place, None, 0)
    return mark, mark


def _syntax_error(message: str, text: str, file: str) -> Diagnostic:
    where = _WHERE.search(message)
    line, column = text.count("\n") + 1, 1
    if where and where["line"]:
        line, column = int(where["line"]), int(where["column"])
    reason = _WHERE.sub("", message)
    return Diagnostic(
        rule="invalid-toml",
        message=f"invalid TOML: {reason[:1].lower()}{reason[1:]}",
        file=file,
        line=line,
        column=column,
        help='Write key = "value" lines below [table] lines; text is quoted, true and numbers are not.',
    )
