"""Does a version lie in a range? Enough of it for providers of capabilities: `>=1.4,<2`, `~=1.2`, `==1.*`. Total."""

from __future__ import annotations

from personae.persona.patterns import lazy

__all__ = ["is_range", "satisfies"]

_VERSION = lazy(
    r"v?(?P<release>\d{1,9}(?:\.\d{1,9}){0,5})(?:[-._]?(?P<stage>a|alpha|b|beta|c|rc|pre|dev)[-._]?(?P<number>\d{0,9}))?"
    r"(?:[-._]?post\d{0,9})?(?:\+[0-9a-z.-]+)?"
)
_CLAUSE = lazy(r"\s*(?P<operator>>=|<=|==|!=|~=|>|<|\^)?\s*(?P<version>[^\s,]+)\s*")

_Key = tuple[tuple[int, ...], int, int]
_RANK = {"dev": -4, "a": -3, "alpha": -3, "b": -2, "beta": -2, "c": -1, "rc": -1, "pre": -1}


def satisfies(version: str, wanted: str) -> bool:
    """Return whether `version` meets every clause of `wanted`, separated by commas. What cannot be read does not."""
    return _key(version) is not None and all(_meets(version, clause) for clause in wanted.split(","))


def is_range(text: str) -> bool:
    """Return whether `text` is a range that can be read."""
    return all(_read(clause) is not None for clause in text.split(","))


def _read(clause: str) -> tuple[str, str] | None:
    match = _CLAUSE.fullmatch(clause)
    if match is None:
        return None
    operator, version = match["operator"] or "==", match["version"]
    if version.endswith(".*"):
        return (f"{operator}*", version[:-2]) if operator in ("==", "!=") and _key(version[:-2]) else None
    if operator == "~=" and "." not in version:
        return None  # PEP 440: it would mean nothing
    return (operator, version) if _key(version) else None


def _meets(version: str, clause: str) -> bool:
    read = _read(clause)
    have = _key(version)
    if read is None or have is None:
        return False
    operator, wanted = read
    want = _key(wanted)
    assert want is not None
    release = _release(wanted)
    match operator:
        case "==*" | "!=*":
            same = (have[0] + (0,) * 6)[: len(release)] == tuple(release)
            return same if operator == "==*" else not same
        case "~=":
            return have >= want and _prefix(have, len(release) - 1) == tuple(release[:-1])
        case "^":
            # As in npm: up to the next change of the leftmost number that is not 0.
            fixed = next((index for index, number in enumerate(release) if number), len(release) - 1) + 1
            return have >= want and _prefix(have, fixed) == tuple(release[:fixed])
        case ">=" | "<=":
            return have == want or (have > want) == (operator == ">=")
        case ">" | "<":
            return have != want and (have > want) == (operator == ">")
        case _:
            return (have == want) == (operator == "==")


def _prefix(key: _Key, length: int) -> tuple[int, ...]:
    return (key[0] + (0,) * 6)[:length]


def _release(version: str) -> list[int]:
    """Return the numbers as they are written, without what comes before or after them; none of what is no version."""
    match = _VERSION.fullmatch(version.strip().casefold())
    return [int(part) for part in match["release"].split(".")] if match else []


def _key(version: str) -> _Key | None:
    """Return what sorts as versions do: `1.4` equals `1.4.0`, and `2.0rc1` is below `2.0`."""
    match = _VERSION.fullmatch(version.strip().casefold())
    if match is None:
        return None
    release = _release(version)
    while release and release[-1] == 0:
        release.pop()
    return tuple(release), _RANK.get(match["stage"] or "", 0), int(match["number"] or 0)
