"""Reads and writes persona files on disk: bytes in, atomic replacement out, one clear error for either."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from pathlib import Path

from personae.errors import StorageError
from personae.persona.source import MAX_FILE_BYTES

__all__ = ["read_bytes", "write_bytes"]


def read_bytes(path: Path, *, most: int = MAX_FILE_BYTES + 1) -> bytes:
    """Return the first `most` bytes of `path`, by default one more than a persona file may have. Raises `StorageError`.

    Only regular files are opened: a pipe or a device named like a persona would otherwise never end.
    """
    try:
        # `Path.open` has no opener, and a named pipe must be opened without waiting for a writer.
        with open(path, "rb", buffering=0, opener=_without_waiting) as stream:
            status = os.fstat(stream.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise StorageError("read", path.as_posix(), "it is not a regular file")
            data = stream.read(min(most, status.st_size + 1))
            while len(data) < most and (more := stream.read(most - len(data))):  # it grows, or hides its size
                data += more
            return data
    except OSError as error:
        raise StorageError("read", path.as_posix(), _reason(error), help=_help(error)) from error


def write_bytes(path: Path, data: bytes) -> None:
    """Replace `path` by `data` in one step: after a crash it holds the old bytes or the new. Raises `StorageError`.

    Missing folders are made; the file's permission bits are kept; a symbolic link is followed, not replaced.
    """
    import tempfile  # noqa: PLC0415  most programs read many files and write none

    temporary: str | None = None
    try:
        path = path.resolve()
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).chmod(stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o666 & ~_umask())
        Path(temporary).replace(path)
        temporary = None
    except OSError as error:
        raise StorageError("write", path.as_posix(), _reason(error), help=_help(error)) from error
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def _help(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "Check the spelling; personae list shows what is here."
    if isinstance(error, PermissionError):
        return "Check who owns it and its permissions."
    if error.errno == errno.ENOSPC:
        return "The disk is full: free some space and try again; nothing was changed."
    return ""
