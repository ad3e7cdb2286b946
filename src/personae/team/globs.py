"""The text of one `touches` entry becomes patterns: sequences of segments. Of two readings of a text both are taken.

`*` and `?` stay within a name, `**` crosses folders (also inside a name: `src/**.py`), `[a-z]` and `[!a]` are one
character, `{a,b}` and `{1..3}` are alternatives. `./`, `//`, a leading `/` and `..` are resolved against the project
root. A last name without wildcards may be a folder, so it also stands for everything below: `src/api`, `src/api/` and
`src/api/**` are one. Only a name like `x.py` or `Makefile` is taken for a file, unless another glob has it as a folder;
else `src/x.py` would meet `**/y.py` at `src/x.py/y.py`. Names that begin with a dot are names like others.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

__all__ = [
    "ANY_DEPTH",
    "EVERYTHING",
    "STAR",
    "CharSet",
    "ParsedGlob",
    "Pattern",
    "Segment",
    "is_literal",
    "literal_pattern",
    "literal_prefix",
    "parse_glob",
]

CharSet = tuple[tuple[int, int], ...]
"""Code points as sorted, disjoint, inclusive ranges; never `/`."""
STAR: CharSet = ()
"""In a segment: any text within a name. (No set is empty otherwise: `[]` is no class.)"""
Segment = tuple[CharSet, ...]
ANY_DEPTH: Segment = ((),) * 2
"""As a segment: any number of names, also none."""
Pattern = tuple[Segment, ...]
EVERYTHING: Pattern = (ANY_DEPTH,)

MOST_ALTERNATIVES = 256
MOST_CHARACTERS = 1024
_MOST_STARS = 16
_LONGEST_NAME = 255

_SLASH = ord("/")
_ANY: CharSet = ((0, _SLASH - 1), (_SLASH + 1, sys.maxunicode))
_SPECIAL = frozenset("*?[]{},!\\")
_RANGE = re.compile(r"(?P<first>-?\d{1,9}|[A-Za-z])\.\.(?P<last>-?\d{1,9}|[A-Za-z])(?:\.\.(?P<step>-?\d{1,9}))?")
_ESCAPED = "\ue000"
"""Stands before a character that was escaped; from a private area that file names do not use."""
# An extension begins with a letter (`v1.2` is a folder), and some extensions are those of folders.
_FILE = re.compile(
    r"[^.].*\.(?!(?:d|app|framework|bundle|git|xcodeproj|lproj|egg)$)[A-Za-z][A-Za-z0-9]{0,7}"
    r"|(?:Make|Docker|Just|Proc|Gem|Rake|Vagrant|Jenkins|Container)file|LICENSE|README|CHANGELOG|NOTICE|AUTHORS|CODEOWNERS",
    re.DOTALL,
)
_STARS = re.compile(rf"(?<!{_ESCAPED})\*{{2,}}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedGlob:
    """The patterns that one text stands for, and how far that is exact."""

    patterns: tuple[Pattern, ...]
    problem: str = ""
    """Why the text was read as everything, or as nothing."""


@lru_cache(maxsize=1 << 14)
def parse_glob(text: str) -> ParsedGlob:
    """Return what `text` matches. A text that is too long or has too many alternatives is read as everything."""
    stripped = unicodedata.normalize("NFC", text.strip())
    if len(stripped) > MOST_CHARACTERS:
        problem = f"longer than {MOST_CHARACTERS:,} characters; read as everything"
        return ParsedGlob(patterns=(EVERYTHING,), problem=problem)
    if not stripped:
        return ParsedGlob(patterns=(), problem="empty; read as nothing")
    if stripped.startswith("!"):
        return ParsedGlob(patterns=(), problem="an exclusion; it is not subtracted")
    patterns: dict[Pattern, None] = {}
    for reading in _readings(stripped):
        for alternative in _expand(reading) or (None,):
            spread = None if alternative is None else _spread_stars(alternative)
            patterns.update(dict.fromkeys(map(_pattern, spread or ())))
            if spread is None or len(patterns) > MOST_ALTERNATIVES:
                problem = f"of more than {MOST_ALTERNATIVES:,} alternatives; read as everything"
                return ParsedGlob(patterns=(EVERYTHING,), problem=problem)
    return ParsedGlob(patterns=tuple(patterns))


def literal_pattern(path: str) -> Pattern:
    """Return the pattern that matches `path` only."""
    return tuple(tuple(_one(character) for character in name) for name in _names(unicodedata.normalize("NFC", path)))


def literal_prefix(pattern: Pattern) -> Pattern:
    """Return the leading names without wildcards. Patterns can meet only if one's is the beginning of the other's."""
    end = 0
    while end < len(pattern) and is_literal(pattern[end]):
        end += 1
    return pattern[:end]


def _readings(text: str) -> tuple[str, ...]:
    """A backslash is an escape before a special character, and a separator on Windows: `src\\*.py` may be either."""
    if "\\" not in text:
        return (text,)
    as_separator = text.replace("\\", "/")
    escaped = re.sub(
        r"\\(.)", lambda found: _ESCAPED + found[1] if found[1] in _SPECIAL else "/" + found[1], text, flags=re.DOTALL
    )
    return (as_separator,) if escaped == as_separator else (as_separator, escaped.replace("\\", "/"))


def _expand(text: str) -> list[str] | None:
    """Return `text` without braces, one for each choice; None when there are too many."""
    done: list[str] = []
    todo = [(text, 0)]
    while todo:
        current, start = todo.pop()
        opening = _find(current, "{", start)
        closing = _closing(current, opening) if opening >= 0 else -1
        if opening < 0:
            done.append(current)
        elif closing < 0:
            todo.append((current, opening + 1))
        else:
            head, tail = current[:opening], current[closing + 1 :]
            choices = _choices(current[opening + 1 : closing])
            if choices is None:
                return None
            todo.extend((head + choice + tail, opening) for choice in choices)
            if len(choices) == 1:
                # Shells keep the braces of `{a}`, other tools drop them.
                todo.append((current, opening + 1))
        if len(done) + len(todo) > MOST_ALTERNATIVES:
            return None
    return done


def _find(text: str, character: str, start: int) -> int:
    at = text.find(character, start)
    while at > 0 and text[at - 1] == _ESCAPED:
        at = text.find(character, at + 1)
    return at


def _closing(text: str, opening: int) -> int:
    depth = 0
    for at in range(opening, len(text)):
        if at and text[at - 1] == _ESCAPED:
            continue
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if depth == 0:
            return at
    return -1


def _choices(inside: str) -> list[str] | None:
    if span := _RANGE.fullmatch(inside):
        return _counted(span["first"], span["last"], span["step"])
    parts, depth = [""], 0
    for at, character in enumerate(inside):
        if at == 0 or inside[at - 1] != _ESCAPED:
            depth += {"{": 1, "}": -1}.get(character, 0)
            if character == "," and depth == 0:
                parts.append("")
                continue
        parts[-1] += character
    return parts


def _counted(first: str, last: str, step: str | None) -> list[str] | None:
    numbers = first.lstrip("-").isdigit() and last.lstrip("-").isdigit()
    if not numbers and (first.lstrip("-").isdigit() or last.lstrip("-").isdigit()):
        return [f"{first}..{last}"]
    low, high = (int(first), int(last)) if numbers else (ord(first), ord(last))
    stride = abs(int(step or 1)) or 1
    if abs(high - low) // stride >= MOST_ALTERNATIVES:
        return None
    values = range(low, high + 1, stride) if low <= high else range(low, high - 1, -stride)
    if not numbers:
        return [chr(value) for value in values]
    width = max(len(first), len(last)) if first.lstrip("-").startswith("0") or last.lstrip("-").startswith("0") else 0
    # With leading zeros shells pad; both spellings are taken, as not every tool does.
    return list(dict.fromkeys(spelled for value in values for spelled in (str(value), f"{value:0{width}d}")))


def _spread_stars(text: str) -> list[str] | None:
    """Replace each `a**b` inside a name by its two readings, within the name and across folders; None for too many."""
    spread = [""]
    for at, name in enumerate(text.split("/")):
        slash = "/" if at else ""
        parts = _STARS.split(name)
        if len(parts) > 1 and not any(parts):
            parts = ["**"]
        spread = [f"{text}{slash}{parts[0]}" for text in spread]
        for part in parts[1:]:
            spread = [f"{text}{stars}{part}" for text in spread for stars in ("*", "*/**/*")]
            if len(spread) > MOST_ALTERNATIVES:
                return None
    return spread


def _pattern(text: str) -> Pattern:
    folder = text.endswith(("/", "/.", "/.."))
    segments: list[Segment] = []
    for name in _names(text):
        if name == "..":
            # Below `**` any folder may be meant; above the root there is nothing of the project.
            if segments and segments[-1] != ANY_DEPTH:
                segments.pop()
        elif name == "**":
            if not segments or segments[-1] != ANY_DEPTH:
                segments.append(ANY_DEPTH)
        else:
            segments.append(_segment(name))
    if not segments:
        return EVERYTHING
    last = segments[-1]
    may_be_folder = folder or (is_literal(last) and not _FILE.fullmatch("".join(chr(item[0][0]) for item in last)))
    return (*segments, ANY_DEPTH) if may_be_folder and last != ANY_DEPTH else tuple(segments)


def _names(text: str) -> list[str]:
    return [name for name in text.split("/") if name not in ("", ".")]


def is_literal(segment: Segment) -> bool:
    """Say whether `segment` is one name, without wildcards."""
    return segment != ANY_DEPTH and all(_is_character(item) for item in segment)


def _is_character(item: CharSet) -> bool:
    return len(item) == 1 and item[0][0] == item[0][1]


def _segment(name: str) -> Segment:
    items: list[CharSet] = []
    at = 0
    while at < len(name):
        character = name[at]
        if character == _ESCAPED and at + 1 < len(name):
            at += 1
            items.append(_one(name[at]))
        elif character == "*":
            if not items or items[-1] != STAR:
                items.append(STAR)
        elif character == "?":
            items.append(_ANY)
        elif character == "[" and (found := _class(name, at)):
            charset, at = found
            items.append(charset)
        else:
            items.append(_one(character))
        at += 1
    # The search takes the product of two names' lengths. No file system has longer names; a name with more stars is
    # read as any name, which errs on the safe side.
    stars = items.count(STAR)
    return (STAR,) if stars > _MOST_STARS or (stars and len(items) > _LONGEST_NAME) else tuple(items)


def _one(character: str) -> CharSet:
    return ((ord(character), ord(character)),)


def _class(name: str, opening: int) -> tuple[CharSet, int] | None:
    """Return the set of the class that begins at `opening`, and where it ends; None when it is no class."""
    if name.startswith("[[:", opening):
        end = name.find(":]", opening)
        closing = name.find("]", end + 2) if end > 0 else -1
        return (_ANY, closing) if closing > 0 else None
    at = opening + 1
    negated = name[at : at + 1] in ("!", "^")
    at += negated
    closing = _find(name, "]", at + 1)
    if closing < 0:
        return None
    inside = name[at:closing].replace(_ESCAPED, "")
    ranges: list[tuple[int, int]] = []
    while inside:
        if len(inside) > 2 and inside[1] == "-":
            ranges.append((ord(inside[0]), ord(inside[2])))
            inside = inside[3:]
        else:
            ranges.append((ord(inside[0]), ord(inside[0])))
            inside = inside[1:]
    charset = _normal(ranges)
    charset = _without(_ANY, charset) if negated else _without(charset, ((_SLASH, _SLASH),))
    return (charset, closing) if charset else None


def _normal(ranges: list[tuple[int, int]]) -> CharSet:
    merged: list[tuple[int, int]] = []
    for low, high in sorted(pair for pair in ranges if pair[0] <= pair[1]):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], high))
        else:
            merged.append((low, high))
    return tuple(merged)


def _without(charset: CharSet, taken: CharSet) -> CharSet:
    left = list(charset)
    for low, high in taken:
        left = [
            piece
            for first, last in left
            for piece in ((first, min(last, low - 1)), (max(first, high + 1), last))
            if piece[0] <= piece[1]
        ]
    return tuple(left)
