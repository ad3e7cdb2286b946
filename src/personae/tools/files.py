"""List, read, write and edit, within a workspace. Whole files are replaced in one step or not at all."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from personae.tools.jail import Spot, entries, identity, missing, open_file, reach
from personae.tools.say import count, found, refusing
from personae.tools.workspace import Refused, Workspace

__all__ = ["MOST_READ_BYTES", "file_tools", "read_text"]

MOST_ENTRIES = 500
MOST_LINES = 2_000
MOST_SHOWN_BYTES = 64_000
MOST_READ_BYTES = 10_000_000
MOST_WRITTEN_BYTES = 1_000_000


def file_tools(workspace: Workspace) -> dict[str, Callable[..., Any]]:
    """Return the tools by name."""

    @refusing
    def list_files(path: str = ".") -> str:
        """List what is in a folder. Folders end in a slash; a leading slash in a path is the top of the project.

        Args:
            path: The folder.
        """
        return _list(workspace, path)

    @refusing
    def read(path: str, first_line: int = 1, lines: int = MOST_LINES) -> str:
        """Read a text file, or some lines of it.

        Args:
            path: The file.
            first_line: The line to begin with, from 1.
            lines: How many lines at most.
        """
        return _read(workspace, path, max(first_line, 1), max(min(lines, MOST_LINES), 1))

    @refusing
    def write(path: str, text: str) -> str:
        """Write a text file whole; what was in it is gone. Missing folders are made.

        Args:
            path: The file.
            text: All that it holds afterwards.
        """
        with reach(workspace, path, write=True, make=True) as spot:
            _replace(spot, path, text)
            was = "replaced" if spot.found else "new"
        return f"Wrote {path} ({count(len(text.encode()), 'byte')}, {was})."

    @refusing
    def edit(path: str, old: str, new: str, everywhere: bool = False) -> str:
        """Replace a piece of a text file. The piece must be in it exactly once, unless everywhere is true.

        Args:
            path: The file.
            old: The piece as it stands in the file, with its spaces and line breaks.
            new: What comes instead.
            everywhere: Replace each one.
        """
        return _edit(workspace, path, old, new, everywhere=everywhere)

    list_files.__name__ = "list"
    return {"list": list_files, "read": read, "write": write, "edit": edit}


def read_text(spot: Spot, path: str, *, most_bytes: int) -> str:
    """Return the text of the file at `spot`, its first `most_bytes`. Raises `Refused` when it is no text."""
    opened = open_file(spot, path)
    try:
        data = b""
        while len(data) <= most_bytes and (piece := os.read(opened, most_bytes + 1 - len(data))):
            data += piece
    finally:
        os.close(opened)
    cut = len(data) > most_bytes
    data = data[:most_bytes]
    if b"\0" in data:
        raise Refused(f"{path!r} is not text.")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        # The cut may have gone through a character, which has four bytes at most.
        if cut and error.start >= len(data) - 3:
            return data[: error.start].decode("utf-8")
        raise Refused(f"{path!r} is not UTF-8 text.") from None


def _list(workspace: Workspace, path: str) -> str:
    with reach(workspace, path) as spot:
        if spot.name:
            raise missing(spot.folder, path) if spot.found is None else Refused(f"{path!r} is not a folder.")
        inside = entries(spot.folder)
        shown = workspace.shown(spot.area, spot.parts)
    marks = {"folder": "/", "link": " (a link)", "other": " (no file)"}
    lines = [
        f"{item.name}{marks.get(item.kind, f'  {item.size_bytes:,} bytes')}"
        for item in inside[:MOST_ENTRIES]
        if item.name.isprintable()
    ]
    if len(inside) > MOST_ENTRIES:
        lines.append(f"({len(inside) - MOST_ENTRIES:,} more are not shown; glob finds by name)")
    return found("list", "\n".join(lines) or "(empty)", path=shown)


def _read(workspace: Workspace, path: str, first: int, most: int) -> str:
    with reach(workspace, path) as spot:
        if not spot.name:
            raise Refused(f"{path!r} is a folder; list shows what is in it.")
        text = read_text(spot, path, most_bytes=MOST_READ_BYTES)
        whole = spot.found is not None and spot.found.st_size <= MOST_READ_BYTES
        shown = workspace.shown(spot.area, spot.parts)
    if not text:
        return f"{path} is empty."
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    if first > len(lines):
        raise Refused(f"{path!r} has {count(len(lines), 'line')}.")
    chosen, cut = _within_bytes(lines[first - 1 : first - 1 + most])
    total = f"{len(lines)}{'' if whole else '+'}"
    told = found("read", "\n".join(chosen), path=shown, lines=f"{first}-{first + len(chosen) - 1} of {total}")
    return f"{told}\nThe last line is cut at {MOST_SHOWN_BYTES:,} bytes of text." if cut else told


def _within_bytes(lines: list[str]) -> tuple[list[str], bool]:
    """Return the lines that fit, and whether the only one did not."""
    left = MOST_SHOWN_BYTES
    for number, line in enumerate(lines):
        left -= len(line.encode()) + 1
        if left < 0:
            return (lines[:number], False) if number else ([_cut(line)], True)
    return lines, False


def _cut(line: str) -> str:
    return line.encode()[:MOST_SHOWN_BYTES].decode("utf-8", "ignore")


def _edit(workspace: Workspace, path: str, old: str, new: str, *, everywhere: bool) -> str:
    if not old:
        raise Refused("The piece to replace is empty; write makes a new file.")
    with reach(workspace, path, write=True) as spot:
        if not spot.name:
            raise Refused(f"{path!r} is a folder.")
        text = read_text(spot, path, most_bytes=MOST_READ_BYTES)
        if spot.found is not None and spot.found.st_size > MOST_WRITTEN_BYTES:
            raise Refused(f"{path!r} is larger than {MOST_WRITTEN_BYTES:,} bytes; it is not edited.")
        if old not in text and "\r\n" in text:
            old, new = (piece.replace("\r\n", "\n").replace("\n", "\r\n") for piece in (old, new))
        times = text.count(old)
        if not times:
            raise Refused(f"The piece is not in {path!r}. Read it again: each space and line break counts.")
        if times > 1 and not everywhere:
            raise Refused(f"The piece is in {path!r} {times} times. Give more of its surroundings, or everywhere=true.")
        _replace(spot, path, text.replace(old, new))
    return f"Edited {path} ({count(times, 'place')})."


def _replace(spot: Spot, path: str, text: str) -> None:
    """Put `text` where `spot` is, in one step; what stands there then is replaced, never written through."""
    if not spot.name or (spot.found is not None and stat.S_ISDIR(spot.found.st_mode)):
        raise Refused(f"{path!r} is a folder.")
    if spot.found is not None:
        os.close(open_file(spot, path))  # refuses what is no plain file
    try:
        data = text.encode()
    except UnicodeEncodeError:
        raise Refused("The text has characters that no file can hold (lone surrogates).") from None
    if len(data) > MOST_WRITTEN_BYTES:
        raise Refused(f"The text has {len(data):,} bytes; a file takes {MOST_WRITTEN_BYTES:,}.")
    temporary = f".{secrets.token_hex(8)}.tmp"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    opened = os.open(temporary, flags, 0o666, dir_fd=spot.folder)
    try:
        with os.fdopen(opened, "wb") as file:
            file.write(data)
            file.flush()
            if spot.found is not None:
                os.fchmod(opened, stat.S_IMODE(spot.found.st_mode) & 0o777)
            os.fsync(opened)
        _unchanged(spot, path)
        os.rename(temporary, spot.name, src_dir_fd=spot.folder, dst_dir_fd=spot.folder)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary, dir_fd=spot.folder)
        raise


def _unchanged(spot: Spot, path: str) -> None:
    """Raise when somebody else wrote the file meanwhile: his work would be lost."""
    try:
        now = os.stat(spot.name, dir_fd=spot.folder, follow_symlinks=False)
    except FileNotFoundError:
        now = None
    was = spot.found
    same = (
        was is now
        if was is None or now is None
        else (identity(was), was.st_size, was.st_mtime_ns) == (identity(now), now.st_size, now.st_mtime_ns)
    )
    if not same:
        raise Refused(f"{path!r} was changed by somebody else at this moment. Read it again.")
