"""Who does a run: a process, known by a file that it keeps locked while it lives. The dead hold no locks."""

from __future__ import annotations

import os
import secrets
import time
from contextlib import suppress
from pathlib import Path

from personae.run.models.lock import try_lock

__all__ = ["OWNERS", "Owner", "is_alive", "sweep"]

OWNERS = Path(".personae", "owners")


class Owner:
    """The process as others see it. Made once; `close` or the end of the process gives its runs free."""

    def __init__(self, root: Path) -> None:
        self.id = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._path = root / OWNERS / self.id
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._handle = self._path.open("xb")
        while not try_lock(self._handle):  # somebody looks whether it lives, for a microsecond
            time.sleep(0.001)

    def close(self) -> None:
        """Let go of everything this process owns."""
        with suppress(OSError):
            self._path.unlink()  # before the lock: nobody may find the file free and think that it died
        self._handle.close()


def is_alive(root: Path, id: str) -> bool:
    """Return whether the process called `id` still runs on this machine."""
    if not id:
        return False
    try:
        with (root / OWNERS / id).open("rb") as handle:
            return not try_lock(handle)
    except OSError:
        return False


def sweep(root: Path) -> None:
    """Take away the files that dead processes left."""
    with suppress(OSError):
        for path in (root / OWNERS).iterdir():
            if not is_alive(root, path.name):
                with suppress(OSError):
                    path.unlink()
