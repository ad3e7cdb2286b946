"""The record in PostgreSQL, for a fleet: many processes on many machines, each with a few connections.

psycopg's plain interface in a few threads, since verbs are synchronous. A unit of work that the server undoes
(deadlock, serialization) or whose connection breaks is done again: every verb may be done twice, and then finds what
the first time wrote. Sessions that stand idle inside a transaction (a frozen process) lose it after ten seconds, so
that they hold up nobody.
"""

from __future__ import annotations

import asyncio
import logging
import random
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import lru_cache
from typing import Any, TypeAlias, TypeVar

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import ConnectionPool

from personae.errors import RecordError
from personae.run.record.changes import Changes
from personae.run.record.database import Row, Transaction, Value
from personae.run.record.holds import PostgresHold, is_held
from personae.run.record.listener import CHANNEL, Listener
from personae.run.record.schema import migrate

__all__ = ["PostgresDatabase", "open_postgres", "place_of"]

_T = TypeVar("_T")
Connection: TypeAlias = psycopg.Connection[Any]

_CONNECTIONS = 8
"""Of one process; a server takes a hundred by default."""
_PATIENCE_S = 30.0
"""How long a server that is gone is waited for: a restart takes seconds."""
_TRIES = 20
"""Of a unit of work that the server undid. Each waits a little longer, so that 20 mean some seconds."""
_LOOK_EVERY_S = 0.5
"""How often everybody looks for changes while notifications do not come through."""
_MIGRATING = 0x706572736F6E61
"""The key of the lock that lets one process migrate: `persona` in ASCII."""
_SESSION = (
    "SET idle_in_transaction_session_timeout = '10s'",
    "SET default_transaction_isolation = 'read committed'",
)
_KEEPALIVE = {"keepalives": 1, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
"""So that a server that vanished without a word is noticed in half a minute."""

# Broken connections are told as errors of ours; the pool would say them once more on standard error.
logging.getLogger("psycopg.pool").addHandler(logging.NullHandler())


class PostgresDatabase:
    """A few connections of this process. Any of its threads may use it."""

    def __init__(self, pool: ConnectionPool[Connection], url: str) -> None:
        self._pool, self._url, self._place = pool, url, place_of(url)
        self._threads = ThreadPoolExecutor(_CONNECTIONS, thread_name_prefix="record")
        self._listener = Listener(url, self._heard)
        self._changes = Changes(lambda: not self._listener.hears, every_s=_LOOK_EVERY_S)
        self._busy = threading.local()

    def run(self, work: Callable[[Transaction], _T]) -> _T:
        """Do `work` in one transaction, again where the server asks for it or the connection broke."""
        if getattr(self._busy, "now", False):
            raise AssertionError("a unit of work does not begin another")
        self._busy.now = True
        try:
            return self._until_done(work)
        finally:
            self._busy.now = False

    async def do(self, work: Callable[[Transaction], _T]) -> _T:
        """Do `work` in a thread. A cancelled wait lets it end first: nothing is written behind one's back."""
        doing = asyncio.get_running_loop().run_in_executor(self._threads, self.run, work)
        try:
            return await asyncio.shield(doing)
        except asyncio.CancelledError:
            while not doing.done():
                with suppress(asyncio.CancelledError, Exception):
                    await asyncio.wait([doing])
            with suppress(Exception):
                doing.result()
            raise

    async def changed(self, *, timeout_s: float) -> bool:
        """Return when anybody has written: the server tells it (LISTEN); without that, all look twice a second."""
        self._listener.start()
        return await self._changes.wait(timeout_s=timeout_s)

    def hold(self) -> PostgresHold:
        """Let others know that this process lives: one more connection, with a lock on a name."""
        return PostgresHold(self._url, self._place)

    def lives(self, id: str) -> bool:
        """Return whether the process called `id` lives, on whatever machine."""
        return bool(id) and self.run(lambda transaction: is_held(transaction, id))

    def close(self) -> None:
        """Give back the connections."""
        self._listener.stop()
        self._threads.shutdown(wait=True)
        self._pool.close()

    def _heard(self) -> None:
        self._changes.note()

    def _until_done(self, work: Callable[[Transaction], _T]) -> _T:
        deadline = time.monotonic() + _PATIENCE_S
        tries = 0
        while True:
            try:
                return self._once(work)
            except (errors.SerializationFailure, errors.DeadlockDetected) as error:
                tries += 1
                if tries == _TRIES:
                    raise self._error(error) from error
                time.sleep(random.uniform(0, 0.02 * tries))
            except psycopg.OperationalError as error:
                if not _is_lost(error) or time.monotonic() > deadline:
                    raise self._error(error) from error
                time.sleep(0.1)
            except psycopg.Error as error:
                raise self._error(error) from error

    def _once(self, work: Callable[[Transaction], _T]) -> _T:
        connection = self._pool.getconn(timeout=_PATIENCE_S)
        try:
            transaction = _Work(connection)
            connection.execute(b"BEGIN")
            try:
                result = work(transaction)
                # After the commit, in the same trip: inside it, the lock of NOTIFY lets one commit in at a time.
                connection.execute(f"COMMIT; NOTIFY {CHANNEL}".encode() if transaction.wrote else b"COMMIT")
            except BaseException:
                with suppress(psycopg.Error):
                    connection.execute(b"ROLLBACK")
                raise
        finally:
            self._pool.putconn(connection)
        if transaction.wrote:
            self._changes.note()
        return result

    def _error(self, error: psycopg.Error) -> RecordError:
        return _storage_error("use", self._place, error)


class _Work:
    """An open unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.wrote = False

    def execute(self, sql: str, values: Mapping[str, Value] = {}) -> Sequence[Row]:
        """Run one statement."""
        cursor = self._connection.execute(
            _translated(sql), {name: _storable(value) for name, value in values.items()} if values else None
        )
        rows: Sequence[Row] = cursor.fetchall() if cursor.description else ()
        if cursor.rowcount > 0 and not (cursor.statusmessage or "").startswith("SELECT"):
            self.wrote = True
        return rows


def open_postgres(url: str) -> PostgresDatabase:
    """Open the record in the database that `url` names, and make its tables. Raises `StorageError`."""
    place = place_of(url)
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection, connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", [_MIGRATING])
            migrate(_Work(connection), dialect="postgres", place=place)
    except psycopg.Error as error:
        raise _storage_error("open", place, error) from error
    pool: ConnectionPool[Connection] = ConnectionPool(
        url,
        min_size=1,
        max_size=_CONNECTIONS,
        num_workers=1,
        open=True,
        configure=_configure,
        kwargs={"autocommit": True, "connect_timeout": 10, **_KEEPALIVE},
    )
    return PostgresDatabase(pool, url)


def place_of(url: str) -> str:
    """Return where `url` leads, without its password."""
    try:
        parts = conninfo_to_dict(url)
    except psycopg.Error:
        return "the database of PERSONAE_DATABASE_URL"
    return f"{parts.get('dbname') or 'the database'} on {parts.get('host') or 'this machine'}"


def _configure(connection: Connection) -> None:
    for statement in _SESSION:
        connection.execute(statement.encode())


@lru_cache(maxsize=256)
def _translated(sql: str) -> bytes:
    """Return `sql` as psycopg spells it: `%(name)s` for `:name`."""
    return re.sub(r"(?<![:\w]):([a-z_]\w*)", r"%(\1)s", sql.replace("%", "%%")).encode()


def _storable(value: Value) -> Value:
    """Return `value` as a text of PostgreSQL can hold it: all but the character zero."""
    return value.replace("\x00", "\N{REPLACEMENT CHARACTER}") if isinstance(value, str) else value


def _is_lost(error: psycopg.OperationalError) -> bool:
    """Return whether the server is away and may come back: no code, a lost connection, a restart, no slot free."""
    code = error.sqlstate
    return code is None or code.startswith(("08", "57P")) or code in ("53300", "25P03")


def _storage_error(action: str, place: str, error: psycopg.Error) -> RecordError:
    reason = (str(error).strip().splitlines() or ["no reason given"])[0]
    help = "" if error.sqlstate else "Is PERSONAE_DATABASE_URL right, and does the server run?"
    return RecordError(action, place, reason, help=help)
