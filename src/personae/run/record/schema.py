"""The tables of the record, version by version. An older database is brought up to date, a newer one is refused."""

from __future__ import annotations

from itertools import chain
from typing import Literal, NamedTuple, TypeAlias

from personae.errors import StorageError
from personae.run.record.database import Transaction

__all__ = ["VERSION", "Dialect", "migrate"]

Dialect: TypeAlias = Literal["sqlite", "postgres"]

_SERIAL: dict[Dialect, str] = {
    # Without AUTOINCREMENT, which keeps count on one more page: a number whose line is gone may be given again.
    "sqlite": "INTEGER PRIMARY KEY",
    "postgres": "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
}


class _Only(NamedTuple):
    """A statement for one of the two."""

    dialect: Dialect
    sql: str


# Each version is statements in SQL that SQLite and PostgreSQL both read; `{serial}` is the one word that differs.
# A version that was written to anybody's disk is never changed; the next one is appended.
_VERSIONS: tuple[tuple[str | _Only, ...], ...] = (
    (
        """CREATE TABLE runs (
            id TEXT PRIMARY KEY, kind TEXT NOT NULL, title TEXT NOT NULL, persona TEXT NOT NULL,
            spec TEXT NOT NULL, created DOUBLE PRECISION NOT NULL,
            owner TEXT NOT NULL, status TEXT NOT NULL, reason TEXT NOT NULL, wish TEXT NOT NULL,
            ended DOUBLE PRECISION)""",
        "CREATE INDEX runs_by_status ON runs (status)",
        "CREATE INDEX runs_wished ON runs (owner) WHERE wish <> ''",
        """CREATE TABLE journal (
            seq {serial}, run TEXT NOT NULL, key TEXT NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL,
            at DOUBLE PRECISION NOT NULL, UNIQUE (run, key))""",
        """CREATE TABLE charges (
            seq {serial}, run TEXT NOT NULL, key TEXT NOT NULL, attempt INTEGER NOT NULL, kind TEXT NOT NULL,
            persona TEXT NOT NULL, model TEXT NOT NULL, day TEXT NOT NULL, scopes TEXT NOT NULL,
            usd_nanos BIGINT NOT NULL, tokens BIGINT NOT NULL,
            input_tokens BIGINT NOT NULL, output_tokens BIGINT NOT NULL,
            at DOUBLE PRECISION NOT NULL, UNIQUE (run, key, attempt, kind))""",
        "CREATE INDEX charges_by_day ON charges (day, persona)",
        """CREATE TABLE totals (
            scope TEXT PRIMARY KEY, usd_nanos BIGINT NOT NULL, tokens BIGINT NOT NULL, spawns BIGINT NOT NULL,
            open_usd_nanos BIGINT NOT NULL, open_tokens BIGINT NOT NULL)""",
        """CREATE TABLE items (
            id TEXT PRIMARY KEY, run TEXT NOT NULL, key TEXT NOT NULL, kind TEXT NOT NULL, persona TEXT NOT NULL,
            title TEXT NOT NULL, body TEXT NOT NULL, created DOUBLE PRECISION NOT NULL, expires DOUBLE PRECISION)""",
        """CREATE TABLE decisions (
            item TEXT PRIMARY KEY, verdict TEXT NOT NULL, body TEXT NOT NULL, who TEXT NOT NULL,
            at DOUBLE PRECISION NOT NULL)""",
        "CREATE INDEX runs_by_wish ON runs (wish) WHERE wish <> ''",
        # Standing personas; the verbs are in `standing/`.
        """CREATE TABLE heartbeats (
            persona TEXT NOT NULL, label TEXT NOT NULL, spec TEXT NOT NULL, held TEXT NOT NULL,
            seen BIGINT NOT NULL, PRIMARY KEY (persona, label))""",
        """CREATE TABLE beats (
            seq {serial}, persona TEXT NOT NULL, label TEXT NOT NULL, due BIGINT NOT NULL,
            last BIGINT NOT NULL, count INTEGER NOT NULL, status TEXT NOT NULL, reason TEXT NOT NULL,
            run TEXT NOT NULL, owner TEXT NOT NULL, at DOUBLE PRECISION NOT NULL, ended DOUBLE PRECISION,
            UNIQUE (persona, label, due))""",
        "CREATE INDEX beats_by_run ON beats (run)",
        "CREATE INDEX beats_by_status ON beats (status)",
        """CREATE TABLE pauses (
            persona TEXT PRIMARY KEY, who TEXT NOT NULL, at DOUBLE PRECISION NOT NULL)""",
        """CREATE TABLE dispatches (
            item TEXT PRIMARY KEY, kind TEXT NOT NULL, persona TEXT NOT NULL, body TEXT NOT NULL, who TEXT NOT NULL,
            at DOUBLE PRECISION NOT NULL, ended DOUBLE PRECISION, ending TEXT NOT NULL)""",
        """CREATE TABLE warned (
            scope TEXT PRIMARY KEY, whose TEXT NOT NULL, usd_nanos BIGINT NOT NULL, max_usd_nanos BIGINT NOT NULL,
            at DOUBLE PRECISION NOT NULL)""",
    ),
    (
        # Keys that begin alike stand together in the index only where they are compared byte by byte, as SQLite does.
        _Only("postgres", 'ALTER TABLE journal ALTER COLUMN key SET DATA TYPE TEXT COLLATE "C"'),
        _Only("postgres", 'ALTER TABLE totals ALTER COLUMN scope SET DATA TYPE TEXT COLLATE "C"'),
    ),
)
VERSION = len(_VERSIONS)


def migrate(transaction: Transaction, *, dialect: Dialect, place: str) -> None:
    """Bring the tables to `VERSION`. Raises `StorageError` for a database that a newer personae wrote.

    The caller holds a lock that lets one process in at a time.
    """
    transaction.execute("CREATE TABLE IF NOT EXISTS personae_schema (version INTEGER NOT NULL)")
    rows = transaction.execute("SELECT version FROM personae_schema")
    found = rows[0][0] if rows else 0
    if found > VERSION:
        reason = f"it has version {found}, and this personae knows {VERSION}"
        raise StorageError("open", place, reason, help="Update personae.")
    if found == VERSION:
        return
    for statement in chain.from_iterable(_VERSIONS[found:]):
        if isinstance(statement, str):
            transaction.execute(statement.replace("{serial}", _SERIAL[dialect]))
        elif statement.dialect == dialect:
            transaction.execute(statement.sql)
    transaction.execute("DELETE FROM personae_schema")
    transaction.execute("INSERT INTO personae_schema (version) VALUES (:version)", {"version": VERSION})
