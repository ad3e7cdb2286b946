"""Temporary workspaces: a fresh folder for one task, always deleted, also after a crash: the next one sweeps.

They lie together in one folder of this user, outside every project. Each has a lock beside it that its process holds
while it lives; a folder that a process still stands in, or has a file of open, is left for a later sweep.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import stat
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

from personae.errors import StorageError
from personae.run.models.lock import try_lock
from personae.tools.workspace import Workspace, scratch

__all__ = ["in_use", "sweep", "temporary"]

_WAIT_S = 2.0
"""How long a process that is ending may take to be gone."""
_LOCK = ".lock"


@asynccontextmanager
async def temporary(*, top: Path | None = None) -> AsyncIterator[Workspace]:
    """Make a fresh folder and give it as a workspace; it is gone when the body ends. Raises `StorageError`.

    `top` is where such folders lie; None is the system's place for temporary files.
    """
    top = _top(top)
    await asyncio.to_thread(sweep, top=top)
    with _named(top) as folder:
        try:
            folder.mkdir(mode=0o700)
        except OSError as error:
            raise _cannot("make", folder, error) from error
        try:
            yield scratch(folder)
        finally:
            # To the end also when it is cancelled once more: a folder that is half gone helps nobody.
            await asyncio.shield(asyncio.create_task(_remove(folder)))


def sweep(*, top: Path | None = None) -> int:
    """Delete the folders whose process is gone and that nobody uses; return how many."""
    top = _top(top)
    gone = 0
    with suppress(OSError):
        for lock in top.glob(f"*{_LOCK}"):
            with suppress(OSError), lock.open("rb") as handle:
                folder = lock.with_suffix("")
                if not try_lock(handle) or in_use(folder):
                    continue
                _delete(folder)
                if not folder.exists():
                    lock.unlink()
                    gone += 1
    return gone


def in_use(folder: Path) -> bool:
    """Return whether a process stands in `folder` or has a file of it open; False where the system does not tell."""
    prefix = folder.as_posix()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            for link in (process / "cwd", process / "root", *(process / "fd").iterdir()):
                with suppress(OSError):
                    target = link.readlink().as_posix()
                    if target == prefix or target.startswith(prefix + "/"):
                        return True
    return False


async def _remove(folder: Path) -> None:
    deadline = asyncio.get_running_loop().time() + _WAIT_S
    while await asyncio.to_thread(in_use, folder):
        if asyncio.get_running_loop().time() > deadline:
            return  # swept once the process is gone
        await asyncio.sleep(0.05)
    await asyncio.to_thread(_delete, folder)


def _delete(folder: Path) -> None:
    """Delete `folder` whatever rights lie on the folders in it. Neither `walk` nor `rmtree` follows a link."""
    for place, folders, _ in os.walk(folder):
        for name in folders:
            path = Path(place, name)
            if not path.is_symlink():
                with suppress(OSError):
                    path.chmod(stat.S_IRWXU)
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _named(top: Path) -> Iterator[Path]:
    """Give the path of a folder to be made, its name held by a lock. Raises `StorageError`."""
    while True:
        lock = top / f"{secrets.token_hex(8)}{_LOCK}"
        try:
            handle = lock.open("xb")
        except OSError as error:
            raise _cannot("make", lock, error) from error
        with handle:
            while not try_lock(handle):  # somebody sweeps, and looks whether we live
                time.sleep(0.001)
            if not lock.exists():
                continue  # he looked before we held it, and took us for dead
            folder = lock.with_suffix("")
            try:
                yield folder
            finally:
                if not folder.exists():
                    with suppress(OSError):
                        lock.unlink()
            return


def _cannot(action: str, path: Path, error: OSError) -> StorageError:
    return StorageError(action, path.as_posix(), (error.strerror or str(error)).lower())


def _top(top: Path | None) -> Path:
    top = top or Path(tempfile.gettempdir(), f"personae-{os.getuid() if hasattr(os, 'getuid') else 'user'}")
    try:
        top.mkdir(mode=0o700, parents=True, exist_ok=True)
        seen = top.lstat()
    except OSError as error:
        raise _cannot("make", top, error) from error
    mine = not hasattr(os, "getuid") or seen.st_uid == os.getuid()
    # In a folder that everybody may write to, somebody else may have been first.
    if not stat.S_ISDIR(seen.st_mode) or not mine or seen.st_mode & 0o077:
        help = "Remove it, or set TMPDIR to a folder of yours."
        raise StorageError("use", top.as_posix(), "it is not a folder of yours alone", help=help)
    return top.resolve()
