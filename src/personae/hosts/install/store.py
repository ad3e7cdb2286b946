"""Looks at the files of an install and changes them: each in one step, and all of them or none.

What fails, or is stopped by Ctrl-C, is taken back. What is killed leaves a journal of the digests that it was about to
write, so that the next run knows the files of the first half as ours and finishes.
"""

from __future__ import annotations

import contextlib
import json
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from personae.errors import StorageError
from personae.hosts.install.lock import LOCK_NAME, Lock, digest, parse_lock, path_problem, render_lock
from personae.hosts.install.plan import Found, Step
from personae.hosts.places import Folders, in_the_way
from personae.hosts.store import make_executable
from personae.library.roots import user_folder
from personae.memory.lock import alone
from personae.persona.store import read_bytes, write_bytes

__all__ = ["Site", "project_site", "user_site"]

_MOST_BYTES = 1 << 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A place where files are installed, and where it is kept in mind."""

    root: Path
    lock_file: Path
    journal_file: Path

    def read_lock(self) -> Lock:
        """Return what is installed here; nothing where there is no lock. Raises `StorageError`, `InvalidFileError`."""
        if not self.lock_file.exists():
            return Lock()
        return parse_lock(read_bytes(self.lock_file, most=_MOST_BYTES), file=self.lock_file.name)

    def read_journal(self) -> dict[str, str]:
        """Return the digests that an interrupted install was about to write; mostly there are none."""
        try:
            data = json.loads(read_bytes(self.journal_file, most=_MOST_BYTES))
        except (StorageError, ValueError, RecursionError):
            return {}
        files = data.get("files") if isinstance(data, dict) else None
        return {
            path: sha
            for path, sha in (files.items() if isinstance(files, dict) else ())
            if isinstance(sha, str) and not path_problem(path)
        }

    def looker(self) -> Callable[[str], Found]:
        """Return `look` for a run that looks at many files: it lists each folder once."""
        return partial(self.look, folders=Folders())

    def look(self, path: str, *, folders: Folders | None = None) -> Found:
        """Return what stands at `path` below the root. Raises `StorageError`."""
        full = self.root / path
        problem = in_the_way(full, self.root, folders)
        if problem or not full.exists():
            return Found(data=None, problem=problem)
        executable = bool(full.stat().st_mode & stat.S_IXUSR)
        return Found(data=read_bytes(full, most=_MOST_BYTES), executable=executable)

    def apply(self, steps: Sequence[Step], lock: Lock, *, before: Lock) -> None:
        """Take `steps` and write `lock` over `before`; when one fails, none is taken. Raises `StorageError`."""
        with self._alone():
            if self.read_lock() != before:
                reason = "another install changed it meanwhile"
                raise StorageError("write", self.lock_file.name, reason, help="Run it again: nothing was changed.")
            self._keep_journal(steps)
            done: list[Step] = []
            look = self.looker()
            try:
                for step in steps:
                    _check_unchanged(step, look(step.path))
                    done.append(step)
                    self._take(step)
                self._write_lock(lock)
            except BaseException:
                if self._take_back(done):
                    self._forget_journal()
                raise
            self._forget_journal()

    def _forget_journal(self) -> None:
        with contextlib.suppress(OSError):
            self.journal_file.unlink()

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        try:
            self.journal_file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _failed("write", self.journal_file.parent, error) from error
        with alone(self.journal_file):
            yield

    def _keep_journal(self, steps: Sequence[Step]) -> None:
        files = self.read_journal() | {step.path: digest(step.after) for step in steps if step.after is not None}
        write_bytes(self.journal_file, json.dumps({"version": 1, "files": files}, indent=1).encode())

    def _take(self, step: Step) -> None:
        path = self.root / step.path
        if step.after is None:
            try:
                path.unlink()
            except OSError as error:
                raise _failed("remove", path, error) from error
            self._remove_empty(path.parent)
            return
        write_bytes(path, step.after)
        if step.executable:
            make_executable(path)

    def _take_back(self, done: Sequence[Step]) -> bool:
        """Undo `done`; return whether all of it could be."""
        is_whole = True
        for step in reversed(done):
            path = self.root / step.path
            try:
                if step.before is not None:
                    write_bytes(path, step.before)
                elif path.is_file() and read_bytes(path, most=_MOST_BYTES) == step.after:
                    path.unlink()
                    self._remove_empty(path.parent)
            except (OSError, StorageError):
                is_whole = False
        return is_whole

    def _remove_empty(self, folder: Path) -> None:
        """Remove `folder` and those above it as far as they are empty; never the root."""
        with contextlib.suppress(OSError):
            while folder != self.root and folder.is_relative_to(self.root):
                folder.rmdir()
                folder = folder.parent

    def _write_lock(self, lock: Lock) -> None:
        if lock.wishes or lock.files:
            text = render_lock(lock)
            if not self.lock_file.exists() or read_bytes(self.lock_file, most=_MOST_BYTES) != text:
                write_bytes(self.lock_file, text)
        else:
            with contextlib.suppress(FileNotFoundError):
                self.lock_file.unlink()


def project_site(root: Path) -> Site:
    """Return where the files of a project go; its lock is meant to be committed."""
    return Site(root=root, lock_file=root / LOCK_NAME, journal_file=root / ".personae" / "install.json")


def user_site() -> Site:
    """Return where the user's own files go: below the home folder, with the lock beside the user's personas."""
    folder = user_folder()
    return Site(root=Path.home(), lock_file=folder / LOCK_NAME, journal_file=folder / "state" / "install.json")


def _check_unchanged(step: Step, found: Found) -> None:
    if found.problem or found.data != step.before:
        reason = found.problem or "it changed meanwhile"
        raise StorageError("write", step.path, reason, help="Run it again: nothing was changed.")


def _failed(action: str, path: Path, error: OSError) -> StorageError:
    return StorageError(action, path.as_posix(), (error.strerror or str(error)).lower())
