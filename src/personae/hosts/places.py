"""Whether a file may be put at a place below a root: no link leads elsewhere, nothing is in the way. It reads names."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from personae.errors import StorageError

__all__ = ["Folders", "in_the_way", "other_case"]


@dataclass(slots=True)
class Folders:
    """Lists each folder once, for a run that looks at many files in few of them."""

    _names: dict[Path, frozenset[str]] = field(default_factory=dict)

    def names(self, folder: Path) -> frozenset[str]:
        """Return the names in `folder`, none when it is no folder. Raises `StorageError`."""
        if folder not in self._names:
            try:
                with os.scandir(folder) as entries:
                    self._names[folder] = frozenset(entry.name for entry in entries)
            except (FileNotFoundError, NotADirectoryError):
                return frozenset()
            except OSError as error:
                raise StorageError("read", folder.as_posix(), (error.strerror or str(error)).lower()) from error
        return self._names[folder]


def in_the_way(path: Path, root: Path, folders: Folders | None = None) -> str:
    """Return why no file may be put at `path`, which lies below `root`; empty when it may. Raises `StorageError`.

    A link in its place would let whoever made the folder choose which of your files is replaced.
    """
    below = path.relative_to(root)
    for part in reversed([below, *list(below.parents)[:-1]]):
        full = root / part
        if full.is_symlink():
            return f"{part.as_posix()} is a link, and nothing is written through links"
        if part != below and full.exists() and not full.is_dir():
            return f"{part.as_posix()} is a file where a folder is needed"
    if path.exists() and not path.is_file():
        return "something that is no file is there"
    twin = other_case(path, root, folders or Folders())
    if twin:
        return f"{twin} is there, which is the same name on a disk that does not tell cases apart"
    return "" if _is_writable(path, root) else f"{_nearest(path, root).as_posix()} may not be written in"


def other_case(path: Path, root: Path, folders: Folders) -> str:
    """Return what differs from `path`, or from a folder of it below `root`, by case only; empty for nothing."""
    for part in reversed([path, *path.parents]):
        if not part.is_relative_to(root) or part == root:
            continue
        names = folders.names(part.parent)
        if part.name not in names:
            twin = next((name for name in names if name.casefold() == part.name.casefold()), None)
            return (part.parent / twin).relative_to(root).as_posix() if twin else ""
    return ""


def _nearest(path: Path, root: Path) -> Path:
    """Return the lowest folder above `path` that exists."""
    return next((folder for folder in path.parents if folder.is_dir() or folder == root), root)


def _is_writable(path: Path, root: Path) -> bool:
    nearest = _nearest(path, root)
    return not nearest.exists() or os.access(nearest, os.W_OK)
