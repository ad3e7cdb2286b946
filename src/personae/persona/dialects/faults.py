"""What is wrong with one value at one host: pure checks by kind, which know the table and no file."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from personae.persona.dialects.hosts.opencode import FLAT_PERMISSIONS, PERMISSION_WORDS
from personae.persona.dialects.scalars import in_words
from personae.persona.dialects.table import Flavor, HostTable, Key, Kind
from personae.persona.dialects.values import Value, number_of
from personae.persona.patterns import lazy

__all__ = ["Fault", "check_value"]

_LARGEST: Mapping[Flavor, int] = {"serde": 2**32 - 1, "js-yaml-3": 2**53 - 1}
"""Grok counts in 32 bits; OpenCode in what JavaScript calls safe. Gemini CLI takes any whole number."""
_HEX_COLOR = lazy(r"#[0-9a-fA-F]{6}")
_SCALARS = frozenset(["text", "integer", "number", "true-false", "date"])


class Fault(NamedTuple):
    """One thing a host does not take."""

    rule: str
    """The end of the rule's id."""
    path: str
    """Below the key, such as `.bash`; empty for the key itself."""
    value: Value
    message: str
    expected: str = ""
    help: str = ""


def check_value(key: Key, value: Value, table: HostTable) -> Iterator[Fault]:
    """Yield what `table`'s host does not take about `value`, which stands under `key`."""
    if value.sort == "nothing":
        may = table.null_is_unset if key.null is None else key.null
        if may or (key.kind == "any" and key.null is None):
            if key.required and key.null is None:
                yield Fault("missing-key", "", value, f"{key.name!r} has no value", "a value", "Write one behind it.")
            return
        help = (
            "A # begins a comment: quote the color." if key.kind == "color" else "Give it a value, or remove the key."
        )
        yield Fault("wrong-type", "", value, f"{_expectation(key)} is expected, found nothing", _expectation(key), help)
        return
    yield from _CHECKS[key.kind](key, value, table)


def _expectation(key: Key) -> str:
    """Return what `key` takes, in words."""
    return f"one of {', '.join(key.values)}" if key.kind == "word" else _EXPECTED[key.kind]


_EXPECTED: Mapping[Kind, str] = {
    "text": "text",
    "word": "a word",
    "true-false": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "list": "a list",
    "text-list": "a list of names",
    "names": "a list of names, or names with commas between them",
    "map": "a map",
    "text-map": "a map of names to texts",
    "switches": "a map of names to true or false",
    "permission": "ask, allow or deny, or a map of them",
    "servers": "a list or a map of MCP servers",
    "color": "a color",
    "any": "anything",
}


def _is_text(value: Value, flavor: Flavor, table: HostTable) -> bool:
    """Whether a host that wants text takes `value`; the loose ones and serde take any scalar."""
    if value.sort == "text":
        return True
    if table.layout == "toml":
        return value.sort == "date"
    return flavor in ("serde", "loose") and value.sort in _SCALARS


def _wrong_type(key: Key, value: Value, path: str = "", expected: str = "", help: str = "") -> Fault:
    expected = expected or _expectation(key)
    rule = "tools-not-a-map" if key.kind == "switches" and key.name == "tools" and not path else "wrong-type"
    help = help or _help_for(key, value)
    return Fault(rule, path, value, f"{expected} is expected, found {in_words(value.sort)}", expected, help)


def _help_for(key: Key, value: Value) -> str:
    if key.kind == "switches" and value.sort in ("text", "list"):
        return "Write one line per tool, such as write: false, or use permission."
    if key.kind in ("text-list", "list") and value.sort == "text":
        return f"Write it as a list: {key.name}: [{value.text[:60]}]."
    if key.kind in ("text", "word", "color") and value.sort not in ("list", "map"):
        return f'Quote it: {key.name}: "{value.text[:60]}".'
    if key.kind in ("integer", "number", "true-false") and value.sort == "text":
        return "Remove the quotes, or write a value of that kind."
    return ""


def _text(key: Key, value: Value, table: HostTable) -> Iterator[Fault]:
    if not _is_text(value, table.flavor, table):
        yield _wrong_type(key, value)
    elif not key.blank and not value.text.strip():
        yield Fault("missing-key", "", value, f"{key.name!r} is empty", "text", "Write it, one line.")
    elif key.pattern and not _compiled(key.pattern).fullmatch(value.text):
        message = f"{value.text[:60]!r} is not allowed: it takes {key.pattern_says}"
        yield Fault("invalid-value", "", value, message, key.pattern_says, _slug_help(value.text))


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _slug_help(text: str) -> str:
    slug = re.sub(r"[^a-z0-9]+", "-", text[:60].lower()).strip("-")
    return f"Write {slug}." if slug and slug != text else ""


def _word(key: Key, value: Value, table: HostTable) -> Iterator[Fault]:
    if value.sort in ("list", "map"):
        yield _wrong_type(key, value)
    elif key.folded:
        if _folded(value.text) not in {_folded(word) for word in key.values}:
            yield _not_one_of(key, value)
    elif value.text not in key.values or (value.sort != "text" and table.flavor.startswith("js")):
        yield _not_one_of(key, value)


def _folded(word: str) -> str:
    return word.lower().replace("-", "").replace("_", "")


def _not_one_of(key: Key, value: Value, path: str = "", values: tuple[str, ...] = ()) -> Fault:
    expected = f"one of {', '.join(values or key.values)}"
    meant = next((word for word in values or key.values if word.lower() == value.text.lower()), "")
    help = f"Write {meant}." if meant else ""
    return Fault("invalid-value", path, value, f"{expected} is expected, found {value.text[:60]!r}", expected, help)


def _true_false(key: Key, value: Value, table: HostTable) -> Iterator[Fault]:
    if value.sort != "true-false":
        yield _wrong_type(key, value)


def _integer(key: Key, value: Value, table: HostTable) -> Iterator[Fault]:
    number = number_of(value) if value.sort in ("integer", "number") else None
    is_whole = number is not None and number == number // 1 if number is None or math.isfinite(number) else False
    if not is_whole or number is None or (value.sort == "number" and not table.flavor.startswith("js")):
        yield _wrong_type(key, value)
    elif key.least is not None and number < key.least:
        expected = f"at least {key.least}"
        yield Fault("invalid-value", "", value, f"{expected} is expected, found {value.text[:20]}", expected)
    elif number > (most := _LARGEST.get(table.flavor, number)):
        yield Fault("invalid-value", "", value, f"at most {most:,} is expected, found {value.text[:20]}")


def _number(key: Key, value: Value, table: HostTable) -> Iterator[Fault]:
    number = number_of(value) if value.sort in ("integer", "number") else None
    if value.sort not in ("integer", "number"):
        yield _wrong_type(key, value)
    elif number is not None and (math.isnan(number) or (math.isinf(number) and table.flavor == "js-yaml-3")):
        yield Fault("invalid-value", "", value, f"a finite number is expected, found {value.text}", "a finite number")


def _list(key: Key, value: Value, table: HostTable) -> Iterator[Fault]:
    if value.sort != "list":
        yield _wrong_type(key, value)


def _text_list(key: Key, value: Value, table: HostTable) -> Iterator[Fault]:
    if value.sort != "list":
        yield _wrong_type(key, value)
        return
    for index, item in enumerate(value.items):
        if not _is_text(item, table.flavor, table):
            yield _wrong_type(key, item, f"[{index}]", "text")
        elif key.pattern and not _compiled(key.pattern).fullmatch(item.text):
            message = f"{item.text[:60]!r} is not allowed: it takes {key.pattern_says}"
            yield Fault("invalid-value", f"[{index}]", item, message, key.pattern_says)


def _names(key: Key, value: Value, table: HostTable) -> Iterator[Fault]:
    if value.sort == "list":
        for index, item in enumerate(value.items):
            if item.sort in ("list", "map"):
                yield _wrong_type(key, item, f"[{index}]", "text")
    elif value.sort != "text" and (table.flavor == "serde" or value.sort in ("map", "true-false")):
        yield _wrong_type(key, value)


def _map(key: Key, value: Value, table: HostTable) -> Iterator[Fault]:
    if value.sort != "map":
        yield _wrong_type(key, value)


def _text_map(key: Key, value: Value, table: HostTable) -> Iterator[Fault]:
    if value.sort != "map":
        yield _wrong_type(key, value)
        return
    for name, item in value.pairs:
        if not _is_text(item, table.flavor, table):
            yield _wrong_type(key, item, f".{name}", "text")


def _switches(key: Key, value: Value, table: HostTable) -> Iterator[Fault]:
    if value.sort != "map":
        yield _wrong_type(key, value)
        return
    for name, item in value.pairs:
        if item.sort != "true-false":
            yield _wrong_type(key, item, f".{name}", "true or false")


def _permission(key: Key, value: Value, table: HostTable) -> Iterator[Fault]:
    if value.sort != "map":
        yield from _permission_word(key, value, "", "ask, allow or deny, or a map of them")
        return
    for name, item in value.pairs:
        if item.sort == "map" and name not in FLAT_PERMISSIONS:
            for pattern, word in item.pairs:
                yield from _permission_word(key, word, f".{name}.{pattern}", "ask, allow or deny")
        else:
            flat = name in FLAT_PERMISSIONS
            expected = "ask, allow or deny" if flat else "ask, allow or deny, or a map of patterns to them"
            yield from _permission_word(key, item, f".{name}", expected)


def _permission_word(key: Key, value: Value, path: str, expected: str) -> Iterator[Fault]:
    if value.sort == "true-false":
        yield _wrong_type(key, value, path, expected, "Write deny for false, and allow for true.")
    elif value.sort != "text":
        yield _wrong_type(key, value, path, expected)
    elif value.text not in PERMISSION_WORDS:
        yield _not_one_of(key, value, path, PERMISSION_WORDS)


def _servers(key: Key, value: Value, table: HostTable) -> Iterator[Fault]:
    if value.sort not in ("list", "map", "text"):
        yield _wrong_type(key, value)


def _color(key: Key, value: Value, table: HostTable) -> Iterator[Fault]:
    if value.sort != "text":
        yield _wrong_type(key, value)
    elif value.text not in key.values and not _HEX_COLOR.fullmatch(value.text):
        expected = f"#rrggbb in quotes, or one of {', '.join(key.values)}"
        message = f"{expected} is expected, found {value.text[:60]!r}"
        yield Fault("invalid-value", "", value, message, expected, f'Write it as color: "#{"5f87ff"}", for example.')


def _any(key: Key, value: Value, table: HostTable) -> Iterator[Fault]:
    yield from ()


_CHECKS: Mapping[Kind, Callable[[Key, Value, HostTable], Iterator[Fault]]] = {
    "text": _text,
    "word": _word,
    "true-false": _true_false,
    "integer": _integer,
    "number": _number,
    "list": _list,
    "text-list": _text_list,
    "names": _names,
    "map": _map,
    "text-map": _text_map,
    "switches": _switches,
    "permission": _permission,
    "servers": _servers,
    "color": _color,
    "any": _any,
}
