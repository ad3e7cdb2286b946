"""The unfinished file of weights: it grows and is cut back. What the disk says becomes a `WeightsError`."""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from personae.errors import WeightsError

__all__ = ["PartFile", "disk_errors", "sha256_of"]

_CHUNK_BYTES = 1 << 20
_FULL = (errno.ENOSPC, errno.EDQUOT)


class PartFile:
    """A file that holds the first `size_bytes` of what is wanted, in order, so that any source can go on from there."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def size_bytes(self) -> int:
        """What is there already."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    def cut(self, size_bytes: int) -> None:
        """Keep the first `size_bytes` only."""
        with disk_errors(self.path):
            if size_bytes == 0:
                self.path.unlink(missing_ok=True)
            elif self.size_bytes > size_bytes:
                with self.path.open("r+b") as handle:
                    handle.truncate(size_bytes)

    @contextmanager
    def growing(self) -> Iterator[Callable[[bytes], None]]:
        """Open it for more; the value writes one chunk. A full disk deletes the file, since it is of no use there."""
        with disk_errors(self.path):
            handle = self.path.open("ab")

        def write(chunk: bytes) -> None:
            with disk_errors(self.path):
                handle.write(chunk)

        try:
            yield write
        except BaseException:
            _close_quietly(handle.close)
            raise
        with disk_errors(self.path):
            handle.close()


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn what the system says about `path` into a sentence; a full disk also gives back what the file took."""
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise WeightsError(
                f"cannot write {path}: {error.strerror or error}",
                help="Make the folder writable, or set XDG_CACHE_HOME to one that is.",
            ) from error
        path.unlink(missing_ok=True)
        raise WeightsError(
            f"the disk of {path.parent} is full, so the embedded model's weights cannot be kept there",
            help="Free some space, or set XDG_CACHE_HOME to a folder on another disk, and run it again.",
        ) from error


def _close_quietly(close: Callable[[], None]) -> None:
    """Close after a failure: what the disk says now is the same story again."""
    try:
        close()
    except OSError:
        return


def sha256_of(path: Path, *, tell: Callable[[int], None]) -> str:
    """Return the hash of a file in hex; `tell` gets the bytes read so far."""
    digest, done = hashlib.sha256(), 0
    with path.open("rb") as handle:
        while chunk := handle.read(_CHUNK_BYTES):
            digest.update(chunk)
            done += len(chunk)
            tell(done)
    return digest.hexdigest()
