"""What of a memory fits a question and an allowance of tokens, and why each entry is among it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from pathlib import Path

from personae.library.catalogue import estimate_tokens
from personae.memory.book import decode
from personae.memory.entry import MAX_IMPORTANCE, Entry
from personae.memory.markdown import entries_of
from personae.memory.search import Found, current, search_without_index
from personae.memory.store import read
from personae.memory.words import query_words

__all__ = ["HALF_LIFE_DAYS", "Recall", "Recalled", "recall"]

HALF_LIFE_DAYS = 30.0
"""After this an entry's recency counts half."""

# Relevance, recency and importance added up, as in Park et al., "Generative Agents", 2023. There all three weigh the
# same; here the question leads, and the other two decide between entries that answer it about as well.
_RECENCY, _IMPORTANCE = 0.25, 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """One entry of a recall."""

    entry: Entry
    score: float
    because: str

    @property
    def text(self) -> str:
        """The entry as a model is shown it."""
        day = f"{self.entry.date:%Y-%m-%d}: " if self.entry.date else ""
        return f"- {day}{self.entry.text}".replace("\n", "\n  ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """What is recalled for one question."""

    entries: tuple[Recalled, ...] = ()
    """The best first."""
    because: str
    """How these were chosen, one sentence."""
    left_out: int = 0
    """Entries that answer too and do not fit the allowance."""

    @property
    def text(self) -> str:
        """A list for a prompt, empty when nothing is recalled. It is material: frame it, and let it close no frame."""
        return "\n".join(item.text for item in self.entries)

    @property
    def tokens(self) -> int:
        """Estimated."""
        return estimate_tokens(self.text)


def recall(memory: Path, query: str, *, budget_tokens: int, now: datetime, index: Path | None = None) -> Recall:
    """Return the entries of the file `memory` that fit `query`, the best first, within `budget_tokens`.

    An entry of importance 5 is recalled whatever the question; where nothing answers it, the latest few are. Entries
    that another one replaces are not. `index` is where a search index may be kept (`place.index_path`); without it one
    is built for this call. A memory that is absent or no text recalls nothing. Raises `StorageError`.
    """
    data = read(memory)
    text, wrong = decode(data, path=memory)
    if not text:
        return Recall(because=wrong[0].message if wrong else "there is no memory yet")
    wanted = query_words(query)
    state = blake2b(data, digest_size=16).hexdigest()
    found = _search(text, wanted, state, index)
    ranked = _rank(found, now)
    kept = _fitting(ranked, budget_tokens)
    because = _because(found, kept, wanted, budget_tokens)
    return Recall(entries=tuple(kept), because=because, left_out=len(ranked) - len(kept))


def _fitting(ranked: Sequence[Recalled], budget_tokens: int) -> list[Recalled]:
    """Return what fits, in its order. Half is kept for what people marked as to be recalled always."""
    always = [item for item in ranked if item.entry.importance == MAX_IMPORTANCE]
    kept, spent = _filled(always, budget_tokens // 2)
    others, _ = _filled([item for item in ranked if item.entry.start not in kept], budget_tokens - spent)
    return [item for item in ranked if item.entry.start in kept | others]


def _filled(items: Sequence[Recalled], budget_tokens: int) -> tuple[set[int], int]:
    taken: set[int] = set()
    spent = 0
    for item in items:
        cost = estimate_tokens(f"{item.text}\n")
        if spent + cost <= budget_tokens:
            taken.add(item.entry.start)
            spent += cost
    return taken, spent


def _search(text: str, wanted: Sequence[str], state: str, cache: Path | None) -> Found:
    try:
        # SQLite is loaded for a search and for nothing else; some builds of Python lack it.
        import sqlite3  # noqa: PLC0415

        from personae.memory import index  # noqa: PLC0415
    except ImportError:
        return search_without_index(current(entries_of(text)), wanted)
    try:
        return index.search(text, wanted, state=state, cache=cache)
    except sqlite3.Error:
        return search_without_index(current(entries_of(text)), wanted)


def _rank(found: Found, now: datetime) -> list[Recalled]:
    best = max((hit.relevance for hit in found.matching), default=0.0) or 1.0
    relevance = {hit.entry.start: hit.relevance / best for hit in found.matching}
    matching = [hit.entry for hit in found.matching]
    important = [hit.entry for hit in found.important if hit.entry.start not in relevance]
    always = {entry.start for entry in important}
    latest = [hit.entry for hit in found.latest if hit.entry.start not in always]
    return [
        *_sorted(_weighed(matching, relevance, now, "answers the question")),
        *_sorted(_weighed(important, relevance, now, f"importance {MAX_IMPORTANCE}, whatever the question")),
        *_sorted(_weighed(latest, relevance, now, "one of the latest, nothing answers the question")),
    ]


def _weighed(entries: Iterable[Entry], relevance: dict[int, float], now: datetime, because: str) -> Iterable[Recalled]:
    for entry in entries:
        recency = _recency(entry.date, now)
        importance = (entry.importance - 1) / (MAX_IMPORTANCE - 1)
        score = relevance.get(entry.start, 0.0) + _RECENCY * recency + _IMPORTANCE * importance
        yield Recalled(entry=entry, score=round(score, 4), because=because)


def _sorted(items: Iterable[Recalled]) -> list[Recalled]:
    return sorted(items, key=lambda item: (-item.score, -item.entry.start))


def _recency(date: datetime | None, now: datetime) -> float:
    """Return 1 for now, a half after each half-life, 0 for what has no date."""
    if date is None:
        return 0.0
    days = max((now - date).total_seconds(), 0.0) / 86400
    return float(0.5 ** (days / HALF_LIFE_DAYS))


def _because(found: Found, kept: Sequence[Recalled], wanted: Sequence[str], budget_tokens: int) -> str:
    entries = f"{len(kept):,} of {found.count:,} {'entry' if found.count == 1 else 'entries'}"
    if not wanted:
        how = "the latest and most important, since no question was asked"
    elif found.matching:
        how = "by what they say, then how recent and how important they are"
    else:
        how = "the latest and most important, since none speaks of the question"
    return f"{entries}, {how}, within {budget_tokens:,} tokens"
