"""The record in one SQLite file: WAL, so that readers never wait, and one writer at a time across processes."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from personae.errors import RecordError, StorageError
from personae.run.owners import OWNERS, Owner, is_alive
from personae.run.record.changes import Changes
from personae.run.record.database import Row, Transaction, Value
from personae.run.record.schema import migrate

__all__ = ["SqliteDatabase", "open_sqlite"]

_T = TypeVar("_T")
_Work: TypeAlias = Callable[[Transaction], Any]
_Ended: TypeAlias = tuple[Any, BaseException | None]

_PATIENCE_S = 30.0
"""How long a writer waits for another process; each holds the file for a millisecond."""
_LOOK_EVERY_S = 0.03
"""How often another process is looked for. Reading `data_version` touches no page: 2 µs."""


class SqliteDatabase:
    """One connection of this process. It belongs to the thread that opened it, as an event loop does."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection, self._path = connection, path
        self._root = path.parent.parent if path.parent.name == OWNERS.parent.name else path.parent
        self._seen = self._version()
        self._changes = Changes(self._look, every_s=_LOOK_EVERY_S)
        self._busy = False
        self._queue: list[tuple[_Work, asyncio.Future[Any]]] = []
        self._loop: asyncio.AbstractEventLoop | None = None

    def run(self, work: Callable[[Transaction], _T]) -> _T:
        """Do `work` in one transaction. It takes well under a millisecond, so the event loop does it itself."""
        if self._busy:
            raise AssertionError("a unit of work does not begin another")
        self._busy = True
        try:
            before = self._connection.total_changes
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                result = work(self)
                self._connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise _storage_error(error, self._path) from error
        finally:
            self._busy = False
        if self._connection.total_changes != before:
            self._changes.note()
        return result

    async def do(self, work: Callable[[Transaction], _T]) -> _T:
        """Do `work` together with all that is asked for in this turn of the event loop: the disk is waited for once.

        One which raises undoes itself alone. It runs in this thread: handing it to another costs more than it does.
        """
        loop = asyncio.get_running_loop()
        if self._loop is not loop:  # what an ended loop left will never be waited for
            self._loop, self._queue = loop, []
        done: asyncio.Future[_T] = loop.create_future()
        self._queue.append((work, done))
        if len(self._queue) == 1:
            loop.call_soon(self._flush)
        return await done

    def _flush(self) -> None:
        queue, self._queue = [(work, done) for work, done in self._queue if not done.done()], []
        try:
            outcomes = self.run(lambda transaction: _together(transaction, [work for work, _ in queue]))
        except BaseException as fault:
            outcomes = [(None, fault)] * len(queue)
        for (_, done), (result, error) in zip(queue, outcomes, strict=True):
            if error is None:
                done.set_result(result)
            else:
                done.set_exception(error)

    def execute(self, sql: str, values: Mapping[str, Value] = {}) -> Sequence[Row]:
        """Run one statement of the open unit of work."""
        return self._connection.execute(sql, values).fetchall()

    async def changed(self, *, timeout_s: float) -> bool:
        """Return when this process or another has written; its own writes are known at once, others' within 30 ms."""
        return await self._changes.wait(timeout_s=timeout_s)

    def hold(self) -> Owner:
        """Let others know that this process lives: it keeps a file beside the record locked."""
        return Owner(self._root)

    def lives(self, id: str) -> bool:
        """Return whether the process called `id` lives on this machine."""
        return is_alive(self._root, id)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _look(self) -> bool:
        before, self._seen = self._seen, self._version()
        return self._seen != before

    def _version(self) -> int:
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])


def _together(transaction: Transaction, works: Sequence[_Work]) -> Sequence[_Ended]:
    """Do all of `works`, and where one raises do each again with a savepoint of its own: nearly always none does."""
    if len(works) == 1:
        return [(works[0](transaction), None)]
    transaction.execute("SAVEPOINT batch")
    try:
        return [(work(transaction), None) for work in works]
    except Exception:
        transaction.execute("ROLLBACK TO batch")
        return [_apart(transaction, work) for work in works]


def _apart(transaction: Transaction, work: _Work) -> _Ended:
    """Do `work` so that what it wrote is gone when it raises, and nothing else; return its result or its error."""
    transaction.execute("SAVEPOINT one")
    try:
        result = work(transaction)
    except BaseException as error:
        transaction.execute("ROLLBACK TO one")
        transaction.execute("RELEASE one")
        return None, error
    transaction.execute("RELEASE one")
    return result, None


def open_sqlite(path: Path) -> SqliteDatabase:
    """Open or make the record at `path`, readable by its owner alone. Raises `StorageError`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Made here, so that it never exists with other rights; SQLite gives its -wal and -shm files the same ones.
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        connection = sqlite3.connect(path, timeout=_PATIENCE_S, isolation_level=None, check_same_thread=False)
    except (OSError, sqlite3.Error) as error:
        raise _storage_error(error, path) from error
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA trusted_schema = OFF")
        database = SqliteDatabase(connection, path)
        database.run(lambda transaction: migrate(transaction, dialect="sqlite", place=path.as_posix()))
    except sqlite3.Error as error:
        connection.close()
        raise _storage_error(error, path) from error
    except StorageError:
        connection.close()
        raise
    return database


def _storage_error(error: OSError | sqlite3.Error, path: Path) -> RecordError:
    reason = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
    help = "Another process holds it for long: personae doctor." if "locked" in reason else ""
    return RecordError("use", path.as_posix(), reason.lower(), help=help)
