"""Reads a memory file, and replaces it whole: two writers lose nothing, and a crash leaves the old file or the new."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable
from pathlib import Path

from personae.errors import StorageError
from personae.memory.lock import alone
from personae.persona.store import write_bytes

__all__ = ["MAX_BYTES", "change", "read"]

MAX_BYTES = 8 * 1024 * 1024
"""Some forty thousand entries."""


def read(path: Path) -> bytes:
    """Return the bytes of `path`, none when it is absent. Raises `StorageError`."""
    return _read(path)[0]


def change(path: Path, edit: Callable[[bytes], bytes]) -> None:
    """Replace `path` by what `edit` makes of its bytes, with no other writer of ours in between.

    Editors take no lock: when one has saved meanwhile, `edit` is called again with what it saved. Raises
    `StorageError`, and what `edit` raises; then nothing is written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError("write", path.as_posix(), _reason(error)) from error
    with alone(path):
        _remove_leftovers(path)
        while True:
            data, seen = _read(path)
            changed = edit(data)
            if changed == data:
                return
            if len(changed) > MAX_BYTES:
                raise _too_large(path)
            if _identity(path) == seen:
                write_bytes(path, changed)
                return


_Identity = tuple[int, int, int] | None


def _read(path: Path) -> tuple[bytes, _Identity]:
    try:
        with open(path, "rb", opener=_without_waiting) as stream:
            status = os.fstat(stream.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise StorageError("read", path.as_posix(), "it is not a regular file")
            data = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return b"", None
    except OSError as error:
        raise StorageError("read", path.as_posix(), _reason(error)) from error
    if len(data) > MAX_BYTES:
        raise _too_large(path)
    return data, (status.st_ino, status.st_size, status.st_mtime_ns)


def _identity(path: Path) -> _Identity:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StorageError("read", path.as_posix(), _reason(error)) from error
    return status.st_ino, status.st_size, status.st_mtime_ns


def _remove_leftovers(path: Path) -> None:
    """Remove what a killed writer left: who holds the lock knows that nobody is at work on it."""
    with contextlib.suppress(OSError), os.scandir(path.parent) as items:
        for item in items:
            if item.name.startswith(f".{path.name}.") and item.name.endswith(".tmp"):
                with contextlib.suppress(OSError):
                    Path(item.path).unlink()


def _without_waiting(path: str, flags: int) -> int:
    # A pipe would block without a writer; the path is a real one, so a link there was put in place since.
    extra = ("O_NONBLOCK", "O_BINARY", "O_NOFOLLOW")
    return os.open(path, flags | sum(getattr(os, name, 0) for name in extra))


def _too_large(path: Path) -> StorageError:
    return StorageError(
        "use",
        path.as_posix(),
        f"a memory has at most {MAX_BYTES // 1024 // 1024} MiB",
        help="Move old entries to another file.",
    )


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
