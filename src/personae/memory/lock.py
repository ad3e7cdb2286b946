"""One writer at a time: a lock on a folder, that the system gives back when its holder dies.

Where there is no `flock`, or the file system has none for folders (NFS), a file that only one can make stands for it.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from personae.errors import StorageError

__all__ = ["alone"]

_try_lock: Callable[[int], None] | None
try:
    import fcntl
except ImportError:  # Windows
    _try_lock = None
else:

    def _try_lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


_PATIENCE_S = 15.0
_STALE_S = 10.0
"""A holder needs milliseconds. One that slept longer finds out before it replaces the file (`store.change`)."""
_NAP_S = 0.002


@contextlib.contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold the lock of the existing folder that `path` lies in. Raises `StorageError` when it cannot be had."""
    deadline = time.monotonic() + _PATIENCE_S
    release = _lock_folder(path, deadline) or _make_lock_file(path, deadline)
    try:
        yield
    finally:
        release()


def _lock_folder(path: Path, deadline: float) -> Callable[[], None] | None:
    """Return how to unlock the folder, or None where folders cannot be locked."""
    if _try_lock is None:
        return None
    try:
        handle = os.open(path.parent, os.O_RDONLY)
    except OSError as error:
        raise StorageError("lock", path.parent.as_posix(), (error.strerror or str(error)).lower()) from error
    held = False
    try:
        while not held:
            try:
                _try_lock(handle)
                held = True
            except BlockingIOError:
                _wait(path, deadline)
            except OSError:
                return None
    finally:
        if not held:
            os.close(handle)
    return lambda: os.close(handle)


def _make_lock_file(path: Path, deadline: float) -> Callable[[], None]:
    file = path.with_name(f".{path.name}.lock")
    while True:
        try:
            os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            return lambda: file.unlink(missing_ok=True)
        except (FileExistsError, PermissionError) as error:  # Windows denies access while a deletion is pending
            if isinstance(error, PermissionError) and os.name != "nt":
                raise StorageError("lock", file.as_posix(), "permission denied") from error
            _take_away_when_stale(file)
            _wait(path, deadline)
        except OSError as error:
            raise StorageError("lock", file.as_posix(), (error.strerror or str(error)).lower()) from error


def _take_away_when_stale(file: Path) -> None:
    # Renamed before it is deleted: of several that find it stale, one gets it.
    with contextlib.suppress(OSError):
        if time.time() - file.stat().st_mtime > _STALE_S:
            aside = file.with_name(f"{file.name}.{os.getpid()}.tmp")
            file.rename(aside)
            aside.unlink()


def _wait(path: Path, deadline: float) -> None:
    if time.monotonic() > deadline:
        raise StorageError(
            "write",
            path.as_posix(),
            f"something else has been writing there for {_PATIENCE_S:.0f} seconds",
            help="Wait for the other run, or end it.",
        )
    time.sleep(_NAP_S)
