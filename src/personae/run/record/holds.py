"""Who lives, over many machines: a process keeps a session of PostgreSQL that locks its name. The dead hold no locks.

A connection breaks more easily than a process: the thread that keeps it comes back and takes the lock again. Until
then the process looks dead, and others may take its work; `steady_s` tells how far to trust what it sees of others.
"""

from __future__ import annotations

import hashlib
import math
import os
import secrets
import socket
import threading
import time
from contextlib import suppress

import psycopg

from personae.errors import StorageError
from personae.run.record.database import Transaction

__all__ = ["PostgresHold", "is_held", "key_of"]

_LOOK_EVERY_S = 1.0
# The server notices a machine that vanished in half a minute, instead of two hours.
_SESSION = (
    b"SET tcp_keepalives_idle = 10",
    b"SET tcp_keepalives_interval = 5",
    b"SET tcp_keepalives_count = 3",
)


class PostgresHold:
    """A process as others see it. Raises `StorageError` when the database cannot be reached at first."""

    def __init__(self, url: str, place: str) -> None:
        host = "".join(character for character in socket.gethostname() if character.isalnum())[:20]
        self.id = f"{host}-{os.getpid()}-{secrets.token_hex(4)}"
        self._url = url
        self._stop = threading.Event()
        self._since: float | None = -math.inf
        try:
            self._connection: psycopg.Connection | None = self._hold()
        except psycopg.Error as error:
            raise StorageError("use", place, str(error).strip().splitlines()[0]) from error
        self._thread = threading.Thread(target=self._keep, name="record: holding", daemon=True)
        self._thread.start()

    @property
    def steady_s(self) -> float:
        """How long it has been held since it broke; 0 while it is not, infinite where it never broke."""
        return 0.0 if self._since is None else time.monotonic() - self._since

    def close(self) -> None:
        """Let go: others may take what this process does."""
        self._stop.set()
        self._thread.join()

    def _hold(self) -> psycopg.Connection:
        connection = psycopg.connect(self._url, autocommit=True, connect_timeout=10)
        try:
            for statement in _SESSION:
                connection.execute(statement)
            connection.execute("SELECT pg_advisory_lock(%s)", [key_of(self.id)])
        except BaseException:
            connection.close()
            raise
        return connection

    def _keep(self) -> None:
        while not self._stop.wait(_LOOK_EVERY_S):
            try:
                if self._connection is None:
                    self._connection = self._hold()
                    self._since = time.monotonic()
                self._connection.execute("SELECT 1")
            except psycopg.Error:
                self._since = None
                if self._connection is not None:
                    self._connection.close()
                self._connection = None
        if self._connection is not None:
            with suppress(psycopg.Error):
                self._connection.close()


def key_of(id: str) -> int:
    """Return the number that PostgreSQL locks for the process called `id`."""
    return int.from_bytes(hashlib.sha256(id.encode()).digest()[:8], signed=True)


def is_held(transaction: Transaction, id: str) -> bool:
    """Return whether the process called `id` lives. It looks and takes nothing, so that nobody's lock is in the way."""
    key = key_of(id) & (2**64 - 1)
    rows = transaction.execute(
        """SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND classid = :high AND objid = :low""",
        {"high": key >> 32, "low": key & 0xFFFFFFFF},
    )
    return bool(rows)
