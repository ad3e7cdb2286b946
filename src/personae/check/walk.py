"""Lists the files below what a user named, each with a stamp that changes with it. It knows names, not contents."""

# Texts instead of paths: among 100,000 files a `Path` each costs as much as looking at them.
# ruff: noqa: PTH100, PTH116, PTH118, PTH119

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

__all__ = ["SKIPPED", "Listing", "Problem", "list_files", "stamp_of"]

SKIPPED = frozenset(
    [
        *(".git", ".hg", ".svn", ".personae", ".venv", "venv", "node_modules", "__pycache__", "site-packages"),
        *(".tox", ".nox", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".next", ".terraform"),
    ]
)
"""Never descended into: other people's files, caches, and our own state. A path that is named is always read."""
_SUFFIXES = (".md", ".toml", ".yaml", ".yml")
# A link to a folder is followed only where folders of agents lie: people share those by links.
_HOMES = frozenset([".agents", "agents", "agent", "personas", "skills", "droids"])


class Problem(NamedTuple):
    """Something that could not be listed."""

    path: str
    reason: str
    severe: bool = True


@dataclass(slots=True)
class Listing:
    """Files found so far, by path, with their stamps."""

    files: dict[str, str] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)
    """Those that the user named one by one."""
    problems: list[Problem] = field(default_factory=list)
    youngest_ns: int = 0
    """When the file that changed last did."""
    followed: set[str] = field(default_factory=set)


def list_files(paths: Iterable[Path]) -> Listing:
    """Return every file below `paths` that could be somebody's. Total: what cannot be listed is a problem."""
    listing = Listing()
    for path in paths:
        name = os.path.abspath(path)
        if path.is_dir():
            _walk(name, listing)
        else:
            listing.named.add(name)
            _add(name, listing)
    return listing


def stamp_of(path: str) -> str:
    """Return what changes whenever the file or the listing of the folder does; empty when there is none."""
    try:
        return _stamp(os.stat(path))
    except (OSError, ValueError):
        return ""


def _stamp(status: os.stat_result) -> str:
    return f"{status.st_mtime_ns}.{status.st_ctime_ns}.{status.st_size}.{status.st_ino}"


def _add(path: str, listing: Listing, entry: os.DirEntry[str] | None = None) -> None:
    try:
        status = entry.stat() if entry is not None else os.stat(path)
    except OSError:
        listing.files[path] = ""  # whoever reads it will say why
        return
    listing.files[path] = _stamp(status)
    listing.youngest_ns = max(listing.youngest_ns, status.st_mtime_ns, status.st_ctime_ns)


def _walk(folder: str, listing: Listing) -> None:
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        for entry in _entries(here, listing):
            name = entry.name
            if entry.is_symlink():
                inner = _linked_folder(entry, here, listing)
                if inner is not None:
                    waiting += [inner] if inner else []
                    continue
            elif entry.is_dir(follow_symlinks=False):
                if name not in SKIPPED:
                    waiting.append(entry.path)
                if not name.endswith(_SUFFIXES):  # a folder called persona.md gets a verdict as a file
                    continue
            if name.endswith(_SUFFIXES):
                _add(entry.path, listing, entry)


def _entries(folder: str, listing: Listing) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            yield from entries
    except FileNotFoundError:
        return  # it went away while we walked
    except OSError as error:
        listing.problems.append(Problem(folder, (error.strerror or str(error)).lower()))


def _linked_folder(entry: os.DirEntry[str], parent: str, listing: Listing) -> str | None:
    """Return the folder a link leads to, empty for one that is not followed, None for a link to something else."""
    home = os.path.basename(parent)
    is_home = entry.name in _HOMES or home in _HOMES
    try:
        if not entry.is_dir():
            return None
    except OSError as error:
        if is_home and not entry.name.endswith(_SUFFIXES):
            reason = "it is a link that leads to itself" if error.errno == errno.ELOOP else str(error.strerror).lower()
            listing.problems.append(Problem(entry.path, reason))
            return ""
        return None
    if not is_home:
        return ""
    real = os.path.realpath(entry.path)
    if os.path.join(os.path.realpath(parent), "").startswith(os.path.join(real, "")):
        listing.problems.append(Problem(entry.path, "the link leads back to a folder around it", severe=False))
        return ""
    if real in listing.followed:
        return ""
    listing.followed.add(real)
    return entry.path
