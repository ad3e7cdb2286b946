"""One process at a time in a folder. The system frees the lock when its holder dies, so there is no stale one."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

__all__ = ["locked", "try_lock"]

_POLL_S = 0.2


@contextmanager
def locked(path: Path, *, on_wait: Callable[[], None]) -> Iterator[None]:
    """Hold the lock of `path` (the file stays, empty). `on_wait` is called every 0.2 s while another holds it."""
    with path.open("ab") as handle:
        while not try_lock(handle):
            on_wait()
            time.sleep(_POLL_S)
        try:
            yield
        finally:
            _unlock(handle)


def try_lock(handle: IO[bytes]) -> bool:
    """Take the lock if nobody has it; closing the file gives it back."""
    try:
        if sys.platform == "win32":
            msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _unlock(handle: IO[bytes]) -> None:
    if sys.platform == "win32":
        msvcrt.locking(handle.fileno(), msvcrt.LK_UNLCK, 1)
    else:
        fcntl.flock(handle, fcntl.LOCK_UN)
