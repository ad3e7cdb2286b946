"""Hears of changes in PostgreSQL: one thread and one connection that waits in LISTEN, and comes back when it breaks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import psycopg

__all__ = ["CHANNEL", "Listener"]

CHANNEL = "personae"
_PAUSE_S = 0.02
"""After each word, so that a burst of writes is one."""
_AGAIN_S = 1.0
_LOOK_S = 1.0
"""How long it waits at once: how soon it stops when it is told to."""


class Listener:
    """Calls `heard` from its thread, at most fifty times a second."""

    def __init__(self, url: str, heard: Callable[[], None]) -> None:
        self._url, self._heard = url, heard
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self.hears = False
        """Whether the connection stands. While it does not, what is written may be missed."""

    def start(self) -> None:
        """Begin to listen; nothing where it does."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._listen, name="record: listening", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Stop listening."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _listen(self) -> None:
        while not self._stop.is_set():
            try:
                with psycopg.connect(self._url, autocommit=True, connect_timeout=10) as connection:
                    connection.execute(f"LISTEN {CHANNEL}".encode())
                    self.hears = True
                    self._heard()  # of what was written before it listened
                    while not self._stop.is_set():
                        if any(connection.notifies(timeout=_LOOK_S, stop_after=1)):
                            self._heard()
                            time.sleep(_PAUSE_S)
            except psycopg.Error:
                self.hears = False
                self._stop.wait(_AGAIN_S)
        self.hears = False
