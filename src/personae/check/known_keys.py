"""Which keys may stand at a place of a file, and which words they take, by the tables of ours and of hosts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from personae.check.subject import PERSONA
from personae.persona.dialects import HOSTS
from personae.persona.fields import KEYS
from personae.persona.patterns import lazy
from personae.persona.shapes import Field, Flag, ListOf, MapOf, Shape, Text

__all__ = ["KnownKey", "fold", "keys_at", "only_match"]

_STEP = lazy(r"[^.\[\]]+|\[\d+\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownKey:
    """One key that may stand at some place."""

    name: str
    doc: str = ""
    words: tuple[str, ...] = ()
    """What it takes, when that is a choice."""
    required: bool = False


def keys_at(dialect: str, path: str = "") -> Mapping[str, KnownKey]:
    """Return the keys that the map at `path` may hold; empty where no map can be. Hosts' keys are known at the top."""
    if dialect == PERSONA:
        return _of_ours(path)
    return _of_host(dialect) if not path else {}


def fold(word: str) -> str:
    """Return `word` without what spellings of one word differ in."""
    return word.casefold().replace("_", "").replace("-", "")


def only_match(word: str, known: Mapping[str, KnownKey] | tuple[str, ...]) -> str | None:
    """Return the one of `known` that is `word` in another spelling; None when it is none of them, or two, or itself."""
    same = [item for item in known if fold(item) == fold(word)]
    return same[0] if len(same) == 1 and same[0] != word else None


@lru_cache(maxsize=256)
def _of_ours(path: str) -> Mapping[str, KnownKey]:
    return {name: _ours(name, known) for name, known in _fields_at(path).items()}


def _fields_at(path: str) -> Mapping[str, Field]:
    fields: Mapping[str, Field] = KEYS
    for step in _STEP.findall(path):
        if step.startswith("["):
            continue  # the entries of a list are all alike
        if step not in fields:
            return {}
        shape: Shape = fields[step].shape
        shape = shape.item if isinstance(shape, ListOf) else shape
        if not isinstance(shape, MapOf):
            return {}
        fields = shape.fields
    return fields


def _ours(name: str, known: Field) -> KnownKey:
    return KnownKey(name=name, doc=known.doc, words=_words(known.shape), required=known.required)


def _words(shape: Shape) -> tuple[str, ...]:
    if isinstance(shape, Text):
        return shape.choices
    if isinstance(shape, Flag):
        return ("false",) if shape.never_true else ("true", "false")
    if isinstance(shape, ListOf):
        return (*_words(shape.item), *((shape.or_word,) if shape.or_word else ()))
    return ()


@lru_cache(maxsize=32)
def _of_host(host: str) -> Mapping[str, KnownKey]:
    table = HOSTS.get(host)
    if table is None:
        return {}
    found = {}
    for key in table.keys:
        words = ("true", "false") if key.kind == "true-false" else key.values
        if key.name in (table.tools_key, table.denied_key):
            words = tuple(sorted(table.tools.known))
        doc = f"{table.title}: {key.kind.replace('-', ' ')}" + (f"; {key.inert}" if key.inert else "")
        found[key.name] = KnownKey(name=key.name, doc=doc, words=words, required=key.required)
    return found
