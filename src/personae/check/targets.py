"""Which of the listed files are somebody's, which belong together, and what else must be read to judge them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path, PurePath

from personae.check.read import Target, recognize, root_of
from personae.check.report import Request
from personae.check.surroundings import Surveyor
from personae.check.walk import Listing, list_files, stamp_of
from personae.persona.model import Home

__all__ = ["Names", "rest_of_home", "targets_by_root"]

_MARKS = ("personae.toml", ".agents", ".git")


class Names:
    """Names files as people see them: from the base where they lie below it, with `/` on every system."""

    def __init__(self, base: Path) -> None:
        self._base = _inside(base)

    def __call__(self, path: str) -> str:
        name = path.removeprefix(self._base)
        if os.sep != "/":
            name = name.replace(os.sep, "/")
        # A name that is not UTF-8 can be printed nowhere; its bytes are shown as escapes.
        return name if name.isascii() else name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _inside(folder: str | Path) -> str:
    """Return the beginning of every path below `folder`."""
    text = str(folder)
    return text if text.endswith(os.sep) else text + os.sep


def targets_by_root(request: Request, listing: Listing, surveyor: Surveyor) -> dict[str, list[Target]]:
    """Return the files that are somebody's, or may be, by the folder that their home lies in."""
    finder = _Finder(request, listing, surveyor)
    by_root: dict[str, list[Target]] = {}
    for path in sorted(listing.files):
        target = finder.find(path, listing.files[path], named=path in listing.named)
        if target is not None:
            by_root.setdefault(target.root, []).append(target)
    if request.host is None and listing.named:
        finder.add_neighbors(by_root)
    return by_root


def rest_of_home(root: str, targets: Sequence[Target], surveyor: Surveyor) -> list[Target]:
    """Return the personas of `root` that nobody asked to check: those in `targets` may name them."""
    if not any(target.home for target in targets):
        return []
    known = {target.path for target in targets}
    rest = [file for file in surveyor.home(root) if str(file.path) not in known]
    for file in rest:
        surveyor.watched.setdefault(str(file.path), stamp_of(str(file.path)))
    return [
        Target(
            path=str(file.path),
            where=file.path,
            file=surveyor.name(str(file.path)),
            home=(file.home, file.slug),
            root=root,
            selected=False,
        )
        for file in rest
    ]


class _Finder:
    """Finds out whose files are, for one request."""

    def __init__(self, request: Request, listing: Listing, surveyor: Surveyor) -> None:
        self._request, self._listing, self._surveyor = request, listing, surveyor
        self._given = [str(path) for path in request.paths]
        self._roots = {str(request.base), *self._given}

    def find(self, path: str, stamp: str, *, named: bool, selected: bool = True) -> Target | None:
        host = self._request.host
        where = Path(path)
        owner = recognize(where, host=host, sniffing=named or self._request.sniff)
        if owner is None or owner.is_project:
            return None
        home, dialect = owner.home, owner.dialect
        is_unplaced = home is None and dialect is None and where.parts[-2] != "agents"
        root = self._given_root(path) if host or is_unplaced else root_of(where, dialect, home)
        if home is not None and home[0] is Home.PERSONAS and not named and not self._is_project(root):
            return None
        file = self._surveyor.name(path)
        return Target(
            path=path,
            where=where,
            file=file,
            dialect=dialect,
            home=home,
            root=root,
            selected=selected,
            stamp=stamp,
        )

    def _given_root(self, path: str) -> str:
        """Return the folder that was named and holds `path`: files whose place says nothing belong together."""
        return next((item for item in self._given if path.startswith(_inside(item))), str(PurePath(path).parent))

    def _is_project(self, root: str) -> bool:
        """Whether a folder `personas` in `root` is ours: many projects have one that has nothing to do with us."""
        if root not in self._roots and any(os.path.lexists(f"{root}{os.sep}{mark}") for mark in _MARKS):
            self._roots.add(root)
        return root in self._roots

    def add_neighbors(self, by_root: dict[str, list[Target]]) -> None:
        """Add what lies beside files that were named one by one: whether two are alike needs both."""
        folders = sorted({Path(target.path).parent for targets in by_root.values() for target in targets})
        for path, stamp in list_files(folders).files.items():
            if path in self._listing.files:
                continue
            target = self.find(path, stamp, named=False, selected=False)
            if target is not None and target.root in by_root:
                self._surveyor.watched[path] = stamp
                by_root[target.root].append(target)
