"""Whether two sets of globs can match one path: a product of automata, of names in paths and characters in names.

The answer is a short path that both match, so that people can see for themselves.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from personae.team.globs import (
    ANY_DEPTH,
    EVERYTHING,
    STAR,
    CharSet,
    Pattern,
    Segment,
    is_literal,
    literal_pattern,
    literal_prefix,
    parse_glob,
)

__all__ = ["Files", "Overlaps", "find_overlaps", "shared_name", "shared_path"]

Overlaps = Mapping[str, Mapping[str, str]]
"""Name to the names whose files can meet its own, each with a path that both have. Pairs stand both ways round."""

MOST_PATTERNS = 500
"""Of one plan; beyond this it is read as touching everything."""
_NICE = (*range(ord("a"), ord("z") + 1), *range(ord("0"), ord("9") + 1), *range(ord("A"), ord("Z") + 1), ord("_"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """The files of one plan: globs that it declares, and paths that it is known to change."""

    globs: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Entry:
    owner: str
    text: str
    pattern: Pattern
    last: Segment | None = None
    """The last name where it has no wildcard."""
    folders: frozenset[Segment] = frozenset()
    """Names without wildcards before the last."""


def _entry(owner: str, text: str, pattern: Pattern) -> _Entry:
    last = pattern[-1] if pattern and is_literal(pattern[-1]) else None
    return _Entry(owner, text, pattern, last, frozenset(name for name in pattern[:-1] if is_literal(name)))


def find_overlaps(files: Mapping[str, Files]) -> Overlaps:
    """Return which of `files` can meet; every name of `files` is there, also with nothing."""
    entries = [entry for owner, its in files.items() for entry in _entries(owner, its)]
    under: defaultdict[Pattern, list[tuple[int, _Entry]]] = defaultdict(list)
    for number, entry in enumerate(entries):
        under[literal_prefix(entry.pattern)].append((number, entry))
    found: dict[str, dict[str, str]] = {owner: {} for owner in files}
    known: dict[tuple[int, int], str | None] = {}
    for number, entry in enumerate(entries):
        prefix = literal_prefix(entry.pattern)
        for length in range(len(prefix) + 1):
            for other_number, other in under.get(prefix[:length], ()):
                if other.owner == entry.owner or other.owner in found[entry.owner]:
                    continue
                if length == len(prefix) and other_number < number:
                    continue  # the pair was looked at from the other side
                if _cannot_meet(entry, other):
                    continue
                path = _known_or_shared(entry, other, known)
                if path is not None:
                    found[entry.owner][other.owner] = found[other.owner][entry.owner] = path
    return found


def _cannot_meet(one: _Entry, other: _Entry) -> bool:
    """Say cheaply that two patterns end in different names, and neither has the other's end as a folder."""
    return (
        one.last is not None
        and other.last is not None
        and one.last != other.last
        and one.last not in other.folders
        and other.last not in one.folders
    )


def _known_or_shared(one: _Entry, other: _Entry, known: dict[tuple[int, int], str | None]) -> str | None:
    """Search once for each pair of patterns: many plans name the same folders, and one text gives one object."""
    key = (id(one.pattern), id(other.pattern))
    if key not in known:
        known[key] = _shared(one.pattern, other.pattern)
    return known[key]


def _entries(owner: str, files: Files) -> list[_Entry]:
    from_globs = [_entry(owner, glob, pattern) for glob in files.globs for pattern in parse_glob(glob).patterns]
    paths = files.paths
    if len(paths) > MOST_PATTERNS:
        paths = tuple(dict.fromkeys(path.partition("/")[0] for path in paths))
        from_paths = [_entry(owner, path, (*literal_pattern(path), ANY_DEPTH)) for path in paths]
    else:
        from_paths = [_entry(owner, path, literal_pattern(path)) for path in paths]
    if len(from_globs) > MOST_PATTERNS:
        from_globs = [_entry(owner, "**", EVERYTHING)]
    return from_globs + from_paths


def shared_path(one: str, other: str) -> str | None:
    """Return a path that both globs match, or None. Exact, but for what `globs` says it reads generously."""
    for mine in parse_glob(one).patterns:
        for theirs in parse_glob(other).patterns:
            path = _shared(mine, theirs)
            if path is not None:
                return path
    return None


def _shared(mine: Pattern, theirs: Pattern) -> str | None:
    """Return a path that both match; what one ends in may be a folder of the other."""
    return _search(mine, theirs) or _below(mine, theirs) or _below(theirs, mine)


def _below(one: Pattern, other: Pattern) -> str | None:
    """Return a path where `other` has as a folder what `one` ends in, or None."""
    if not is_literal(one[-1]):
        return None
    for length in range(1, len(other)):
        if is_literal(other[length - 1]) and (folder := _search(one, other[:length])):
            rest = _search(EVERYTHING, other[length:])
            return f"{folder}/{rest}" if rest != "." else folder
    return None


def _search(mine: Pattern, theirs: Pattern) -> str | None:
    """Search the pairs of positions breadth first; an arrow eats one name on both sides, or nothing at `**`."""
    goal = (len(mine), len(theirs))
    came_from: dict[tuple[int, int], tuple[tuple[int, int], str | None]] = {(0, 0): ((0, 0), None)}
    front = deque([(0, 0)])
    while front:
        here = front.popleft()
        if here == goal:
            return _path_to(goal, came_from)
        for there, name in _moves(mine, theirs, here):
            if there not in came_from:
                came_from[there] = (here, name)
                (front.appendleft if name is None else front.append)(there)
    return None


def _moves(mine: Pattern, theirs: Pattern, here: tuple[int, int]) -> Iterable[tuple[tuple[int, int], str | None]]:
    at, other_at = here
    one = mine[at] if at < len(mine) else None
    other = theirs[other_at] if other_at < len(theirs) else None
    if one == ANY_DEPTH:
        yield (at + 1, other_at), None
    if other == ANY_DEPTH:
        yield (at, other_at + 1), None
    if one is None or other is None:
        return
    # Both at `**` need no name: leaving one of them is enough.
    if one == ANY_DEPTH and other != ANY_DEPTH:
        yield (at, other_at + 1), shared_name(other, (STAR,)) or "x"
    elif other == ANY_DEPTH and one != ANY_DEPTH:
        yield (at + 1, other_at), shared_name(one, (STAR,)) or "x"
    elif one != ANY_DEPTH and (name := shared_name(one, other)) is not None:
        yield (at + 1, other_at + 1), name


def _path_to(goal: tuple[int, int], came_from: dict[tuple[int, int], tuple[tuple[int, int], str | None]]) -> str:
    names: list[str] = []
    here = goal
    while here != (0, 0):
        here, name = came_from[here]
        if name is not None:
            names.append(name)
    return "/".join(reversed(names)) or "."


@lru_cache(maxsize=1 << 16)
def shared_name(one: Segment, other: Segment) -> str | None:
    """Return a short name that both segments match, or None. A name is never empty."""
    goal = (len(one), len(other))
    came_from: dict[tuple[int, int], tuple[tuple[int, int], str]] = {(0, 0): ((0, 0), "")}
    front = deque([(0, 0)])
    while front:
        here = front.popleft()
        if here == goal:
            return _name_to(goal, came_from) or "x"
        at, other_at = here
        mine = one[at] if at < len(one) else None
        theirs = other[other_at] if other_at < len(other) else None
        for there, eaten in _steps(mine, theirs, here):
            if there not in came_from:
                came_from[there] = (here, eaten)
                (front.append if eaten else front.appendleft)(there)
    return None


def _steps(
    mine: CharSet | None, theirs: CharSet | None, here: tuple[int, int]
) -> Iterable[tuple[tuple[int, int], str]]:
    at, other_at = here
    if mine == STAR:
        yield (at + 1, other_at), ""
    if theirs == STAR:
        yield (at, other_at + 1), ""
    if not mine and not theirs:
        return
    if mine == STAR and theirs:
        yield (at, other_at + 1), _pick(theirs)
    elif theirs == STAR and mine:
        yield (at + 1, other_at), _pick(mine)
    elif mine and theirs and (both := _common(mine, theirs)):
        yield (at + 1, other_at + 1), _pick(both)


def _name_to(goal: tuple[int, int], came_from: dict[tuple[int, int], tuple[tuple[int, int], str]]) -> str:
    characters: list[str] = []
    here = goal
    while here != (0, 0):
        here, eaten = came_from[here]
        characters.append(eaten)
    return "".join(reversed(characters))


def _common(one: CharSet, other: CharSet) -> CharSet:
    pairs = ((max(low, first), min(high, last)) for low, high in one for first, last in other)
    return tuple(pair for pair in pairs if pair[0] <= pair[1])


def _pick(charset: CharSet) -> str:
    nice = (code for code in _NICE if any(low <= code <= high for low, high in charset))
    return chr(next(nice, charset[0][0]))
