"""From a path to an open folder or file, one name at a time, each opened from the one before it.

What was checked is what is used: a check looks at an open descriptor, never at a path that may mean something else a
moment later. Linux and macOS; elsewhere every path is refused.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from personae.library.project import FILE_NAME
from personae.tools.workspace import PROTECTED, Area, Refused, Workspace, is_protected, parts_of

__all__ = ["MOST_ENTRIES", "Entry", "Spot", "Walk", "entries", "identity", "in_words", "missing", "open_file", "reach"]

_MOST_LINKS = 8
_PROJECT_MARKS = (FILE_NAME, ".agents")
"""A folder with one of these is a project of its own."""
_KERNEL = ("/proc", "/sys", "/dev", "/dev/pts")
_SKIPPED = frozenset(
    {".git", ".personae", ".venv", "venv", "node_modules", "__pycache__", ".mypy_cache", ".ruff_cache"}
)
"""Not looked through by a search, unless it begins in one."""
MOST_ENTRIES = 50_000
_MOST_NAMED = 20
_PLAIN = re.compile(r"[\w.-]{1,40}/?")

# Windows has neither, and no `dir_fd`; `reach` refuses there.
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | _NOFOLLOW | getattr(os, "O_CLOEXEC", 0)
_FILE = os.O_RDONLY | _NOFOLLOW | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A place in the workspace: an open folder, and a name in it."""

    folder: int
    name: str
    """Empty: the folder itself. What stands under it was no link when it was looked at, or was nothing."""
    area: Area
    parts: tuple[str, ...]
    """The real names from the area's root, links resolved."""
    found: os.stat_result | None
    """None: nothing is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One name of a folder."""

    name: str
    kind: str
    """`file`, `folder`, `link` or `other`."""
    size_bytes: int


def in_words(error: OSError) -> str:
    """Return why, without the path."""
    return (error.strerror or type(error).__name__).lower()


def identity(found: os.stat_result) -> tuple[int, int]:
    """Return what makes a file this file."""
    return found.st_dev, found.st_ino


@contextmanager
def reach(workspace: Workspace, path: str, *, write: bool = False, make: bool = False) -> Iterator[Spot]:
    """Open the way to `path`; with `make`, missing folders on it are made. Raises `Refused`."""
    if os.open not in os.supports_dir_fd:
        raise Refused("The file tools need Linux or macOS: this system cannot open a file from an open folder.")
    area, parts = parts_of(workspace, path)
    way = _Way(workspace, area, path, write=write, make=make)
    try:
        yield way.go(parts)
    except OSError as error:
        raise Refused(f"{path!r} cannot be used: {in_words(error)}.") from error
    finally:
        way.close()


def open_file(spot: Spot, path: str) -> int:
    """Return a descriptor to read the plain file at `spot`; the caller closes it. Raises `Refused` for all else."""
    if spot.found is None:
        raise missing(spot.folder, path)
    _check_plain(spot.found, path)
    try:
        opened = os.open(spot.name, _FILE, dir_fd=spot.folder)
    except OSError as error:
        raise Refused(f"{path!r} cannot be read: {in_words(error)}.") from error
    try:
        now = os.fstat(opened)
        _check_plain(now, path)
        if now.st_dev in _kernel_devices():
            raise Refused(f"{path!r} is refused: it belongs to the system.")
    except Refused:
        os.close(opened)
        raise
    return opened


def missing(folder: int, path: str) -> Refused:
    """Return the refusal for `path`, of which the open `folder` has no such name, with the names that it has.

    Without them a model guesses again. Names that could say something are left out: nothing frames a refusal.
    """
    names = [f"{item.name}/" if item.kind == "folder" else item.name for item in entries(folder)]
    plain = [name for name in names if _PLAIN.fullmatch(name) and not name.startswith(".")]
    more = ", …" if len(plain) > _MOST_NAMED else ""
    there = f" In that folder: {', '.join(plain[:_MOST_NAMED])}{more}." if plain else ""
    return Refused(f"There is no {path!r}.{there}")


def entries(folder: int) -> list[Entry]:
    """Return what is in an open folder, by name. Names that are not Unicode are left out: no path can name them."""
    found = []
    with os.scandir(folder) as scanned:
        for item in scanned:
            with suppress(OSError, UnicodeEncodeError):
                item.name.encode()
                status = item.stat(follow_symlinks=False)
                found.append(Entry(name=item.name, kind=_kind(status.st_mode), size_bytes=status.st_size))
    return sorted(found, key=lambda item: item.name)


@dataclass(slots=True)
class Walk:
    """All files below one folder, no link followed."""

    workspace: Workspace
    most_entries: int = MOST_ENTRIES
    cut: bool = False
    """Whether there was more than is looked through."""
    _looked: int = 0
    _kernel: frozenset[int] = field(default_factory=lambda: _kernel_devices())

    def files(self, spot: Spot) -> Iterator[Spot]:
        """Give each file with its folder open; it is closed when the next one is asked for."""
        if spot.name:
            yield spot
            return
        yield from self._below(spot.folder, spot.area, spot.parts)

    def _below(self, folder: int, area: Area, parts: tuple[str, ...]) -> Iterator[Spot]:
        for entry in entries(folder):
            self._looked += 1
            if self._looked > self.most_entries:
                self.cut = True
                return
            inside = (*parts, entry.name)
            if entry.kind == "file":
                with suppress(OSError):
                    found = os.stat(entry.name, dir_fd=folder, follow_symlinks=False)
                    yield Spot(folder=folder, name=entry.name, area=area, parts=inside, found=found)
            elif entry.kind == "folder" and entry.name not in _SKIPPED and len(inside) <= 64:
                yield from self._in_folder(entry.name, folder, area, inside)

    def _in_folder(self, name: str, folder: int, area: Area, inside: tuple[str, ...]) -> Iterator[Spot]:
        try:
            opened = os.open(name, _FOLDER, dir_fd=folder)
        except OSError:
            return
        try:
            if os.fstat(opened).st_dev in self._kernel or (not self.workspace.nested and _is_project(opened)):
                return
            yield from self._below(opened, area, inside)
        finally:
            os.close(opened)


class _Way:
    """The open folders from an area's root down to where a path leads."""

    def __init__(self, workspace: Workspace, area: Area, path: str, *, write: bool, make: bool) -> None:
        self._workspace, self._area, self._path = workspace, area, path
        self._write, self._make = write, make
        self._names: list[str] = []
        self._folders: list[int] = []
        self._links = 0
        self._kernel = _kernel_devices()

    def go(self, parts: Sequence[str]) -> Spot:
        self._folders.append(os.open(self._area.root, _FOLDER))
        todo = deque(parts)
        while todo:
            name = todo.popleft()
            if name == "..":  # of a link; a path that has one was refused before
                self._up()
                continue
            found = self._look(name)
            if found is None and todo and self._make:
                self._allow((*self._names, name))
                self._make_folder(name)
                found = self._look(name)
            if found is None or not (stat.S_ISLNK(found.st_mode) or stat.S_ISDIR(found.st_mode)):
                return self._end(name, found, todo)
            if stat.S_ISLNK(found.st_mode):
                todo.extendleft(reversed(self._follow(name)))
            else:
                self._down(name)
        self._allow(tuple(self._names))
        folder = self._folders[-1]
        return Spot(folder=folder, name="", area=self._area, parts=tuple(self._names), found=os.fstat(folder))

    def close(self) -> None:
        for folder in reversed(self._folders):
            os.close(folder)
        self._folders.clear()

    def _look(self, name: str) -> os.stat_result | None:
        try:
            return os.stat(name, dir_fd=self._folders[-1], follow_symlinks=False)
        except FileNotFoundError:
            return None

    def _end(self, name: str, found: os.stat_result | None, todo: deque[str]) -> Spot:
        parts = (*self._names, name)
        if found is None and self._area.under[: len(parts)] == parts:
            raise Refused(f"There is no {'/' + '/'.join(self._area.under)!r} yet.")
        self._allow(parts)
        if todo:
            shown = self._workspace.shown(self._area, parts)
            raise missing(self._folders[-1], shown) if found is None else Refused(f"{shown!r} is not a folder.")
        return Spot(folder=self._folders[-1], name=name, area=self._area, parts=parts, found=found)

    def _up(self) -> None:
        if not self._names:
            raise Refused(f"{self._path!r} is refused: a link in it leads out of the workspace.")
        self._names.pop()
        os.close(self._folders.pop())

    def _down(self, name: str) -> None:
        try:
            folder = os.open(name, _FOLDER, dir_fd=self._folders[-1])
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.ENOTDIR, errno.ENOENT):
                raise Refused(f"{self._path!r} is refused: it changed while it was looked at.") from error
            raise
        self._names.append(name)
        self._folders.append(folder)
        if os.fstat(folder).st_dev in self._kernel:
            raise Refused(f"{self._path!r} is refused: it belongs to the system.")
        inside = len(self._names) > len(self._area.under)
        if inside and (self._write or not self._workspace.nested) and self._workspace.guarded and _is_project(folder):
            shown = self._workspace.shown(self._area, self._names)
            raise Refused(f"{self._path!r} is refused: {shown!r} is another project.")

    def _make_folder(self, name: str) -> None:
        with suppress(FileExistsError):
            os.mkdir(name, dir_fd=self._folders[-1])

    def _follow(self, name: str) -> tuple[str, ...]:
        """Return the names to go on with; an absolute target must begin in an area that is read."""
        self._links += 1
        if self._links > _MOST_LINKS:
            raise Refused(f"{self._path!r} is refused: it goes through more than {_MOST_LINKS} links.")
        target = os.readlink(name, dir_fd=self._folders[-1])
        names = tuple(part for part in target.split("/") if part not in ("", "."))
        if not target.startswith("/"):
            return names
        for area in self._workspace.reads:
            top = area.root.parts[1:]
            if names[: len(top)] == top:
                self._restart(area)
                return names[len(top) :]
        raise Refused(f"{self._path!r} is refused: a link in it leads out of the workspace.")

    def _restart(self, area: Area) -> None:
        self.close()
        self._names.clear()
        self._area = area
        self._folders.append(os.open(area.root, _FOLDER))

    def _allow(self, parts: tuple[str, ...]) -> None:
        """Raise unless the real place is in the set that is asked for."""
        area, path = self._area, self._path
        if parts[: len(area.under)] != area.under:
            raise Refused(f"{path!r} is refused: only '/{'/'.join(area.under)}' is visible here.")
        if not self._write:
            return
        if area not in self._workspace.writes:
            raise Refused(f"{path!r} is refused: '@{area.name}' can be read, not written.")
        if protected := is_protected(self._workspace, area, parts):
            raise Refused(f"{path!r} is refused: {protected!r} is not written by tools.")
        if self._workspace.guarded and not area.under and self._is_alias():
            raise Refused(f"{path!r} is refused: it is a protected folder under another name.")

    def _is_alias(self) -> bool:
        """Say whether a folder on the way is a protected one, whatever it is called: file systems differ in that."""
        kept = set()
        for name in PROTECTED:
            with suppress(OSError):
                kept.add(identity(os.stat(name, dir_fd=self._folders[0], follow_symlinks=False)))
        return any(identity(os.fstat(folder)) in kept for folder in self._folders[1:])


def _check_plain(found: os.stat_result, path: str) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise Refused(f"{path!r} is a folder.")
    if stat.S_ISLNK(found.st_mode):
        raise Refused(f"{path!r} is refused: it changed while it was looked at.")
    if not stat.S_ISREG(found.st_mode):
        raise Refused(f"{path!r} is refused: it is a device, a pipe or a socket.")
    if found.st_nlink > 1:
        raise Refused(f"{path!r} is refused: the file has a second name (a hard link), perhaps outside the workspace.")


def _is_project(folder: int) -> bool:
    for mark in _PROJECT_MARKS:
        with suppress(OSError):
            os.stat(mark, dir_fd=folder, follow_symlinks=False)
            return True
    return False


def _kernel_devices() -> frozenset[int]:
    """Return the devices of file systems that are no files: what they hold is the system's and other processes'."""
    found = set()
    for path in _KERNEL:
        with suppress(OSError):
            found.add(Path(path).stat().st_dev)
    with suppress(OSError):
        found.discard(Path("/").stat().st_dev)
    return frozenset(found)


def _kind(mode: int) -> str:
    if stat.S_ISREG(mode):
        return "file"
    if stat.S_ISDIR(mode):
        return "folder"
    return "link" if stat.S_ISLNK(mode) else "other"
