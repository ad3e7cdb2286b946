"""What one scalar means to each family of YAML loaders: text, whole number, number, boolean, nothing or date."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Literal

from personae.persona.dialects.table import Flavor
from personae.persona.patterns import lazy
from personae.persona.yamltree import MappingNode, Node, ScalarNode, SequenceNode

__all__ = ["Sort", "in_words", "sort_of"]

Sort = Literal["text", "integer", "number", "true-false", "nothing", "date", "list", "map"]

_WORDS: Mapping[Sort, str] = {
    "text": "text",
    "integer": "a number",
    "number": "a number",
    "true-false": "true or false",
    "nothing": "nothing",
    "date": "a date",
    "list": "a list",
    "map": "a map",
}
_NOTHING = frozenset(["", "~", "null", "Null", "NULL"])
_TRUE_FALSE = frozenset(["true", "True", "TRUE", "false", "False", "FALSE"])
# Only these can begin something that is not text; most values are told apart by their first character.
_NOT_TEXT_FIRST = frozenset("0123456789+-.~ntfNTF")
_EXTRA_FLOAT = r"|\.[0-9_]+(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
_DATE = lazy(
    r"\d{4}-\d\d-\d\d|\d{4}-\d\d?-\d\d?(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d\d?(?::\d\d)?))?"
)
# js-yaml 3 still reads YAML 1.1's octals (0123) and sixties (1:30); js-yaml 4 and serde do not.
_INTEGER_3 = lazy(r"[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0[0-7_]*|[1-9][0-9_]*(?::[0-5]?[0-9])*)(?<!_)")
_NUMBER_3 = lazy(
    r"(?:[-+]?(?:0|[1-9][0-9_]*)(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*"
    + _EXTRA_FLOAT
    + r")(?<!_)"
)
_INTEGER_4 = lazy(r"[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0o[0-7_]+|[0-9][0-9_]*)(?<!_)")
_NUMBER_4 = lazy(r"(?:[-+]?[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?" + _EXTRA_FLOAT + r")(?<!_)")
_INTEGER_SERDE = lazy(r"[-+]?(?:0b[01]+|0x[0-9a-fA-F]+|0o[0-7]+|0|[1-9][0-9]*)")
_NUMBER_SERDE = lazy(
    r"[-+]?(?:[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?|\.[0-9]+)|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
_NEVER = lazy(r"(?!)")
_SYNTAX: Mapping[Flavor, tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]] = {
    "js-yaml-3": (_INTEGER_3, _NUMBER_3, _DATE),
    "js-yaml-4": (_INTEGER_4, _NUMBER_4, _DATE),
    "serde": (_INTEGER_SERDE, _NUMBER_SERDE, _NEVER),
    "loose": (_INTEGER_SERDE, _NUMBER_SERDE, _NEVER),
}
_TAGGED: Mapping[str, Sort] = {
    "tag:yaml.org,2002:str": "text",
    "!": "text",
    "tag:yaml.org,2002:int": "integer",
    "tag:yaml.org,2002:float": "number",
    "tag:yaml.org,2002:bool": "true-false",
    "tag:yaml.org,2002:null": "nothing",
    "tag:yaml.org,2002:binary": "list",
    "tag:yaml.org,2002:timestamp": "date",
}


def sort_of(node: Node, flavor: Flavor) -> Sort:
    """Return what `node` is to a loader of that flavor."""
    if not isinstance(node, ScalarNode):
        return "list" if isinstance(node, SequenceNode) else "map" if isinstance(node, MappingNode) else "nothing"
    if node.tag and flavor.startswith("js") and node.tag in _TAGGED:
        return _TAGGED[node.tag]
    return "text" if node.style else _plain(str(node.value), flavor)


def _plain(value: str, flavor: Flavor) -> Sort:
    if value and value[0] not in _NOT_TEXT_FIRST:
        return "text"
    if value in _NOTHING:
        return "nothing"
    if value in _TRUE_FALSE:
        return "true-false"
    integer, number, when = _SYNTAX[flavor]
    checks: tuple[tuple[Sort, Callable[[str], object]], ...] = (
        ("integer", integer.fullmatch),
        ("number", number.fullmatch),
        ("date", when.fullmatch),
    )
    return next((sort for sort, matches in checks if matches(value)), "text")


def in_words(sort: Sort) -> str:
    """Return `sort` in a user's words."""
    return _WORDS[sort]
