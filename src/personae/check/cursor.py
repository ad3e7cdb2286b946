"""What stands at a place of the frontmatter while somebody types it: broken or not, so by lines and not by YAML."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from personae.check.known_keys import KnownKey, keys_at
from personae.check.subject import PERSONA
from personae.persona.dialects import detect
from personae.persona.parse import home_of

__all__ = ["Offer", "Spot", "dialect_of", "key_at", "offers", "spot_at"]

_KEY_LINE = re.compile(r"(?P<indent>[ ]*)(?P<dash>(?:-[ ]+)?)(?P<key>[\"']?[A-Za-z_][\w-]*[\"']?)[ ]*:(?:[ ]|$)")
_TOML_LINE = re.compile(r"(?P<indent>)(?P<dash>)(?P<key>[A-Za-z_][\w-]*)[ ]*=")
_TYPING_KEY = re.compile(r"[ ]*(?:-[ ]+)?[\w-]*")
_ENTRY = re.compile(r"[ ]*-[ ]+[\"']?[\w-]*")
_FENCE = "---"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A place in a frontmatter."""

    path: str
    """The map around it; empty is the top."""
    key: str = ""
    """The key of its line, when there is one."""
    is_value: bool = False
    """Whether it is behind that key's colon, or in an entry of that key's list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Something that may be typed there."""

    label: str
    insert: str
    doc: str = ""
    is_key: bool = False
    required: bool = False


def dialect_of(path: PurePath) -> str | None:
    """Return whose file lies at `path`; None when it is nobody's."""
    if home_of(path):
        return PERSONA
    dialect = detect(path)
    return dialect.id if dialect else None


def spot_at(lines: Sequence[str], line: int, column: int, *, in_toml: bool = False) -> Spot | None:
    """Return what is at `line` and `column`, both from 0; None outside the frontmatter."""
    if not in_toml and not _is_frontmatter(lines, line):
        return None
    text = lines[line] if line < len(lines) else ""
    found = (_TOML_LINE if in_toml else _KEY_LINE).match(text)
    if found:
        key_column = found.start("key")
        is_value = column > found.end("key")
        return Spot(path=_path_of(lines, line, key_column), key=found["key"].strip("\"'"), is_value=is_value)
    before = text[:column]
    if in_toml:
        return Spot(path="")
    indent = len(before) - len(before.lstrip(" "))
    path = _path_of(lines, line, indent + (2 if before.lstrip().startswith("-") else 0))
    if _ENTRY.fullmatch(before):
        outer, _, key = path.rpartition(".")
        return Spot(path=outer, key=key, is_value=True)
    return Spot(path=path)


def key_at(dialect: str, spot: Spot) -> KnownKey | None:
    """Return what is known of the key at `spot`."""
    return keys_at(dialect, spot.path).get(spot.key)


def offers(dialect: str, lines: Sequence[str], line: int, column: int, *, in_toml: bool = False) -> list[Offer]:
    """Return what may be typed at `line` and `column`, both from 0."""
    spot = spot_at(lines, line, column, in_toml=in_toml)
    if spot is None:
        return []
    before = (lines[line] if line < len(lines) else "")[:column]
    if spot.is_value:
        known = key_at(dialect, spot)
        inner = keys_at(dialect, f"{spot.path}.{spot.key}" if spot.path else spot.key)
        if known is not None and not inner:
            return [Offer(label=word, insert=word) for word in known.words]
        return _keys(inner, lines, line) if _ENTRY.fullmatch(before) else []
    return _keys(keys_at(dialect, spot.path), lines, line, in_toml=in_toml) if _TYPING_KEY.fullmatch(before) else []


def _keys(known: Mapping[str, KnownKey], lines: Sequence[str], line: int, *, in_toml: bool = False) -> list[Offer]:
    given = _siblings(lines, line, in_toml=in_toml)
    colon = " = " if in_toml else ": "
    return [
        Offer(label=key.name, insert=f"{key.name}{colon}", doc=key.doc, is_key=True, required=key.required)
        for key in known.values()
        if key.name not in given
    ]


def _siblings(lines: Sequence[str], line: int, *, in_toml: bool) -> set[str]:
    """Return the keys of the map around `line`, whose own is still being typed."""
    pattern = _TOML_LINE if in_toml else _KEY_LINE
    text = lines[line] if line < len(lines) else ""
    mine = len(text) - len(text.lstrip(" -"))
    found: set[str] = set()
    for step in (-1, 1):
        number = line
        while 0 <= (number := number + step) < len(lines) and lines[number].rstrip() != _FENCE:
            if (step > 0 or text.lstrip().startswith("-")) and _begins_entry(lines, number if step > 0 else number + 1):
                break  # the next entry of a list has keys of its own
            match = pattern.match(lines[number])
            if match and match.start("key") == mine:
                found.add(match["key"].strip("\"'"))
            if lines[number].strip() and len(lines[number]) - len(lines[number].lstrip(" -")) < mine:
                break
            if step < 0 and match and match["dash"] and match.start("key") == mine:
                break
    return found


def _begins_entry(lines: Sequence[str], number: int) -> bool:
    return number < len(lines) and lines[number].lstrip().startswith("- ")


def _is_frontmatter(lines: Sequence[str], line: int) -> bool:
    if not lines or lines[0].rstrip() != _FENCE or line == 0:
        return False
    end = next((number for number, text in enumerate(lines) if number and text.rstrip() == _FENCE), len(lines))
    return line < end


def _path_of(lines: Sequence[str], line: int, column: int) -> str:
    """Return the path of the map whose keys stand at `column`, found upward by indentation."""
    steps: list[str] = []
    for number in range(line, 0, -1):
        found = _KEY_LINE.match(lines[number]) if number < len(lines) else None
        if found is None:
            continue
        # A list may stand as far left as its key: there the dash counts, not what follows it.
        is_outer = found.start("key") < column
        if number != line and is_outer:
            steps.insert(0, found["key"].strip("\"'"))
            column = found.start("key")
        if found["dash"] and found.start("key") == column:
            column = len(found["indent"]) + 1
    return ".".join(steps)
