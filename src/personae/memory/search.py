"""What a search gives, and the search itself where SQLite has no full-text index. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from personae.memory.entry import MAX_IMPORTANCE, Entry
from personae.memory.words import words

__all__ = ["LATEST", "MOST", "Found", "Hit", "current", "search_without_index"]

MOST = 100
"""Entries weighed for one recall; an allowance holds fewer."""
LATEST = 5
"""Recent entries given when none speaks of the question."""

# Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009; FTS5 has the same two.
_K1, _B = 1.2, 0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """An entry and how well it answers; comparable within one search only."""

    entry: Entry
    relevance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What one search gave."""

    count: int
    """The entries searched."""
    matching: tuple[Hit, ...]
    """The best first."""
    important: tuple[Hit, ...]
    """Recalled whatever the question."""
    latest: tuple[Hit, ...]
    """Only where nothing matches."""


def current(entries: Iterable[Entry]) -> list[Entry]:
    """Return the entries that no other one replaces."""
    everything = list(entries)
    replaced = {entry.replaces for entry in everything if entry.replaces}
    return [entry for entry in everything if entry.id not in replaced]


def search_without_index(entries: Sequence[Entry], wanted: Sequence[str]) -> Found:
    """Return what `index.search` returns, ranked by BM25 over whole words; slower, and without word stems."""
    counts = [Counter(words(entry.text)) for entry in entries]
    mean = sum(count.total() for count in counts) / len(counts) if counts else 1.0
    rarity = {word: _rarity(sum(word in count for count in counts), len(counts)) for word in wanted}
    hits = [
        Hit(entry=entry, relevance=score)
        for entry, count in zip(entries, counts, strict=True)
        if (score := sum(rarity[word] * _weight(count[word], count.total() / mean) for word in wanted)) > 0
    ]
    hits.sort(key=lambda hit: -hit.relevance)
    by_date = sorted(enumerate(entries), key=_youth, reverse=True)
    latest = [Hit(entry=entry, relevance=0.0) for _, entry in by_date]
    important = [hit for hit in latest if hit.entry.importance == MAX_IMPORTANCE]
    return Found(
        count=len(entries),
        matching=tuple(hits[:MOST]),
        important=tuple(important[:MOST]),
        latest=() if hits else tuple(latest[:LATEST]),
    )


def _youth(numbered: tuple[int, Entry]) -> tuple[float, int]:
    number, entry = numbered
    return (entry.date.timestamp() if entry.date else -math.inf), number


def _rarity(holding: int, of: int) -> float:
    return math.log(1 + (of - holding + 0.5) / (holding + 0.5))


def _weight(times: int, length: float) -> float:
    return times * (_K1 + 1) / (times + _K1 * (1 - _B + _B * length))
