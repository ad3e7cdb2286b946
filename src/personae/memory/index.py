"""Full-text search with SQLite's FTS5, and its cache: a file that can be deleted, and that no text is taken from.

The index says where in the memory the best entries stand; what they say is read there. It holds for one state of the
file, known by a digest, so it is never out of date. The caller loads this module late: SQLite costs a start-up.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from personae.errors import StorageError
from personae.memory.entry import MAX_IMPORTANCE, Entry
from personae.memory.markdown import entries_of
from personae.memory.search import LATEST, MOST, Found, Hit, current
from personae.memory.words import words
from personae.persona.store import write_bytes

__all__ = ["search"]

_VERSION = 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BROKEN = (sqlite3.Error, TypeError, ValueError, ArithmeticError)
"""What a damaged cache may raise; SQLite puts any type into any column."""
_SCHEMA = """
CREATE TABLE about (version INTEGER, state TEXT, entries INTEGER);
CREATE TABLE entries (id INTEGER PRIMARY KEY, name TEXT, line INTEGER, start INTEGER, end INTEGER, date REAL,
                      importance INTEGER);
CREATE INDEX by_date ON entries (date, id);
CREATE INDEX by_importance ON entries (importance, date, id);
CREATE TABLE frequent (word TEXT PRIMARY KEY, holding INTEGER) WITHOUT ROWID;
CREATE VIRTUAL TABLE words USING fts5(text, content='', tokenize='porter unicode61 remove_diacritics 2');
"""
_COLUMNS = "entries.name, entries.line, entries.start, entries.end, entries.date"
_MATCHING = f"""SELECT {_COLUMNS}, -rank FROM words JOIN entries ON entries.id = words.rowid
WHERE words MATCH ? ORDER BY rank LIMIT {MOST}"""
_IMPORTANT = f"""SELECT {_COLUMNS}, 0.0 FROM entries WHERE importance = {MAX_IMPORTANCE}
ORDER BY date DESC, id DESC LIMIT {MOST}"""
_LATEST = f"SELECT {_COLUMNS}, 0.0 FROM entries ORDER BY date DESC, id DESC LIMIT {LATEST}"
_FREQUENT = 0.1
"""The share of the entries from which on a word's count is kept."""
_FEWEST_TO_JUDGE = 500
_MOST_ROWS = 6_000
"""What frequent words may match together. A thousand rows take near a millisecond, and tell few entries apart."""


def search(text: str, wanted: Sequence[str], *, state: str, cache: Path | None) -> Found:
    """Return the entries of the memory `text` that hold some of the words `wanted`, and those recalled regardless.

    `state` is a digest of the text. With `cache` the index is kept there. Raises `sqlite3.Error` where this SQLite has
    no FTS5.
    """
    if cache is not None:
        # Whatever is wrong with a cache, it is built anew.
        with suppress(*_BROKEN), closing(_open(cache)) as index:
            if index.execute("SELECT version, state FROM about").fetchone() == (_VERSION, state):
                return _search(index, text, wanted)
    with closing(_build(text, state)) as index:
        found = _search(index, text, wanted)
        if cache is not None:
            _keep(index, cache)
        return found


def _open(cache: Path) -> sqlite3.Connection:
    index = sqlite3.connect(f"{cache.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
    index.execute("PRAGMA trusted_schema = OFF")
    return index


def _build(text: str, state: str) -> sqlite3.Connection:
    index = sqlite3.connect(":memory:")
    try:
        index.executescript(_SCHEMA)
        entries = current(entries_of(text))
        spoken = [words(entry.text) for entry in entries]
        index.execute("INSERT INTO about VALUES (?, ?, ?)", (_VERSION, state, len(entries)))
        index.executemany("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?)", _rows(entries))
        index.executemany(
            "INSERT INTO words (rowid, text) VALUES (?, ?)", ((n, " ".join(said)) for n, said in enumerate(spoken))
        )
        index.executemany("INSERT INTO frequent VALUES (?, ?)", _frequent(spoken))
        index.commit()
    except BaseException:
        index.close()
        raise
    return index


def _frequent(spoken: Sequence[Sequence[str]]) -> list[tuple[str, int]]:
    if len(spoken) < _FEWEST_TO_JUDGE:
        return []
    holding = Counter(word for said in spoken for word in set(said))
    return [(word, count) for word, count in holding.items() if count > len(spoken) * _FREQUENT]


def _rows(entries: Iterable[Entry]) -> Iterator[tuple[object, ...]]:
    for number, entry in enumerate(entries):
        date = entry.date.timestamp() if entry.date else None
        yield number, entry.id, entry.line, entry.start, entry.end, date, entry.importance


def _keep(index: sqlite3.Connection, cache: Path) -> None:
    # Some builds cannot serialize, and a project may be read-only: then the next recall builds it again.
    with suppress(AttributeError, StorageError, sqlite3.Error):
        write_bytes(cache, index.serialize())


def _search(index: sqlite3.Connection, text: str, wanted: Sequence[str]) -> Found:
    (count,) = index.execute("SELECT entries FROM about").fetchone()
    expression = " OR ".join(f'"{word}"' for word in _telling(index, wanted))
    matching = index.execute(_MATCHING, (expression,)).fetchall() if wanted else []
    important = index.execute(_IMPORTANT).fetchall()
    latest = [] if matching else index.execute(_LATEST).fetchall()
    return Found(
        count=count,
        matching=tuple(_hits(matching, text)),
        important=tuple(_hits(important, text)),
        latest=tuple(_hits(latest, text)),
    )


def _telling(index: sqlite3.Connection, wanted: Sequence[str]) -> list[str]:
    """Return the words worth searching for: all but the most frequent ones, and always one."""
    marks = ", ".join("?" * len(wanted))
    query = f"SELECT word, holding FROM frequent WHERE word IN ({marks}) ORDER BY holding"
    frequent: dict[str, int] = dict(index.execute(query, tuple(wanted)).fetchall())
    telling = [word for word in wanted if word not in frequent]
    rows = 0
    for word, holding in frequent.items():
        rows += holding
        if rows > _MOST_ROWS and telling:
            break
        telling.append(word)
    return telling


def _hits(rows: Iterable[tuple[str, int, int, int, float | None, float]], text: str) -> Iterator[Hit]:
    for name, line, start, end, date, rank in rows:
        entry = next(entries_of(text[start:end]), None)
        if entry is not None:
            # The date may be that of a heading above, which the entry's own lines do not hold.
            moment = None if date is None else _EPOCH + timedelta(seconds=date)
            yield Hit(entry=replace(entry, id=name, line=line, start=start, end=end, date=moment), relevance=rank)
