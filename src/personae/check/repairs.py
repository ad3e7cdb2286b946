"""Which finding has a safe repair of one line, and what the line becomes. Pure; `fixes` proves what is made here.

A repair is safe when it can mean one thing only: another spelling of a known word, quotes that a value lacks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence

from personae.check.known_keys import keys_at, only_match
from personae.check.subject import PERSONA
from personae.errors import Diagnostic, Fix
from personae.persona.dialects import HOSTS
from personae.persona.patterns import lazy

__all__ = ["repair"]

_Lines = Sequence[str]
_NUMBER = lazy(r"-?\d+(?:\.\d+)?")
_TRUE_FALSE = ("true", "false")
_UNQUOTED: Mapping[str, Callable[[str], bool]] = {
    "true or false": _TRUE_FALSE.__contains__,
    "a whole number": str.isdecimal,
    "a number": lambda text: _NUMBER.fullmatch(text) is not None,
    "an amount in US dollars": lambda text: _NUMBER.fullmatch(text) is not None,
}
_LISTS = frozenset(["a list", "a list of names"])
# A run of blanks is tried once, from its beginning: from each of its characters a long one takes minutes.
_COMMENT = lazy(r"(?<!\s)\s+#.*$")
# A value that begins with none of YAML's indicators, after a key that may be an entry's first.
_PLAIN_VALUE = lazy(r"(?P<key>\s*(?:-\s+)?[A-Za-z_][\w-]*:\s+)(?P<value>[^\s\"'\[\]{}|>&*!%@`#,?-].*)")
_ALWAYS_LOAD = lazy(r"[\"']?always[_-]?load[\"']?\s*:\s*[^\s|>\[{][^\n]*", re.IGNORECASE)
_NONE_IN_LIST = lazy(r"\[\s*[\"']?none[\"']?\s*\]")


def repair(item: Diagnostic, lines: _Lines) -> Fix | None:
    """Return the safe repair of `item` in the file of `lines`; None when there is none, or when it takes a person."""
    if item.fix is not None:
        return item.fix
    if not 1 <= item.line <= len(lines):
        return None
    host, _, word = item.rule.partition("-")
    dialect, rule = (host, word) if host in HOSTS else (PERSONA, item.rule)
    maker = _MAKERS.get(rule)
    return maker(item, lines, dialect) if maker else None


def _spelling_of_key(item: Diagnostic, lines: _Lines, dialect: str) -> Fix | None:
    outer, _, last = item.field.rpartition(".")
    key = item.found if dialect == PERSONA and item.found else last
    meant = only_match(key, keys_at(dialect, outer))
    if not key or meant is None:
        return None
    pattern = re.compile(rf"(?P<before>.*?(?<![\w-]))[\"']?{re.escape(key)}[\"']?(?P<after>\s*[:=].*)")
    # Ours points at the key; a host's finding points at the value, which may begin below its key.
    nearest = range(item.line, 0, -1) if dialect != PERSONA else (item.line,)
    start = item.column - 1 if dialect == PERSONA else 0
    for number in nearest:
        line = lines[number - 1]
        if dialect == PERSONA and line[start:].lstrip("\"'").startswith(key):
            found = pattern.fullmatch(line, start)
        else:
            found = pattern.fullmatch(line) if re.match(rf"[\"']?{re.escape(key)}[\"']?\s*[:=]", line) else None
        if found:
            return Fix(file=item.file, line=number, text=f"{line[:start]}{found['before']}{meant}{found['after']}")
    return None


def _spelling_of_value(item: Diagnostic, lines: _Lines, dialect: str) -> Fix | None:
    expected = item.expected.removeprefix("one of ")
    meant = only_match(item.found, tuple(re.split(r" \| |, ", expected)))
    return _replaced(item, lines, item.found, meant) if meant and item.found else None


def _kind(item: Diagnostic, lines: _Lines, dialect: str) -> Fix | None:
    return _replaced(item, lines, item.found, "persona") if item.found.casefold() == "persona" else None


def _type(item: Diagnostic, lines: _Lines, dialect: str) -> Fix | None:
    line = lines[item.line - 1]
    value = _COMMENT.sub("", line[item.column - 1 :]).rstrip()
    inner = value[1:-1] if len(value) > 2 and value[0] == value[-1] and value[0] in "\"'" else ""
    fits = _UNQUOTED.get(item.expected)
    if fits is not None:
        return _replaced(item, lines, value, inner) if inner and fits(inner) else None
    is_text = (item.found == "text") if dialect == PERSONA else "found text" in item.message
    if item.expected in _LISTS and is_text:
        names = _names(inner or value)
        as_list = _as_list(names, in_toml=item.file.endswith(".toml"))
        return _replaced(item, lines, value, as_list) if names else None
    return None


def _names(text: str) -> list[str]:
    """Return the names in `a, b` or in one word; none when a space may be part of a name or between two."""
    if not text or text[0] in "|>[{&*!":
        return []
    names = [name.strip() for name in re.split(r",(?![^()]*\))", text)]
    has_one_word_each = all(re.fullmatch(r"[^\s()]+(?:\([^()]*\))?", name) for name in names if name)
    return [name for name in names if name] if has_one_word_each else []


def _as_list(names: Sequence[str], *, in_toml: bool) -> str:
    written = (name if not in_toml and re.fullmatch(r"[A-Za-z][\w.*-]*", name) else json.dumps(name) for name in names)
    return f"[{', '.join(written)}]"


def _replaced(item: Diagnostic, lines: _Lines, old: str, new: str) -> Fix | None:
    """Return the fix that puts `new` where `item` points, if `old` stands there, quoted or not."""
    line, start = lines[item.line - 1], item.column - 1
    for quote in ("", '"', "'"):
        if line.startswith(f"{quote}{old}{quote}", start):
            end = start + len(old) + 2 * len(quote)
            return Fix(file=item.file, line=item.line, text=f"{line[:start]}{quote}{new}{quote}{line[end:]}")
    return None


def _quotes(item: Diagnostic, lines: _Lines, dialect: str) -> Fix | None:
    line = lines[item.line - 1]
    found = _PLAIN_VALUE.fullmatch(line.rstrip())
    if found is None or not re.search(r":(?:\s|$)", found["value"]) or " #" in found["value"]:
        return None
    value = found["value"]
    quoted = f'"{value}"' if not {'"', "\\"}.intersection(value) else f"'{value.replace(chr(39), chr(39) * 2)}'"
    return Fix(file=item.file, line=item.line, text=f"{found['key']}{quoted}")


def _without_mark(item: Diagnostic, lines: _Lines, dialect: str) -> Fix:
    return Fix(file=item.file, line=1, text=lines[0].removeprefix("\ufeff"))


def _without_line(item: Diagnostic, lines: _Lines, dialect: str) -> Fix | None:
    is_alone = _ALWAYS_LOAD.fullmatch(lines[item.line - 1])
    return Fix(file=item.file, line=item.line, text=None) if is_alone else None


def _none(item: Diagnostic, lines: _Lines, dialect: str) -> Fix | None:
    if "none stands alone" not in item.message:
        return None
    text, count = _NONE_IN_LIST.subn("none", lines[item.line - 1])
    return Fix(file=item.file, line=item.line, text=text) if count == 1 else None


_MAKERS: Mapping[str, Callable[[Diagnostic, _Lines, str], Fix | None]] = {
    "unknown-key": _spelling_of_key,
    "misspelled-key": _spelling_of_key,
    "invalid-choice": _spelling_of_value,
    "invalid-value": _spelling_of_value,
    "wrong-kind": _kind,
    "wrong-type": _type,
    "invalid-yaml": _quotes,
    "broken-frontmatter": _quotes,
    "lost-frontmatter": _quotes,
    "tolerant-frontmatter": _quotes,
    "byte-order-mark": _without_mark,
    "always-load": _without_line,
    "invalid-tool": _none,
}
"""Rule, without the host before it, to what repairs it."""
