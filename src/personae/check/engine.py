"""Checks what a request names: lists the files, and reads them only when the answer of last time no longer holds."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from personae.check.memo import Memo
from personae.check.report import Report, Request
from personae.check.walk import list_files
from personae.library.roots import user_folder

__all__ = ["check"]


def check(request: Request, *, remember: bool = True) -> Report:
    """Return what is wrong with the files of `request`, with a verdict for each. Total, whatever the files are.

    With `remember`, the report of an unchanged tree comes from the user's cache, and no file is read; of a changed one
    only the groups of files are read in which something changed.
    """
    # Not resolved: findings name files as people do, links included.
    paths = [Path(os.path.abspath(path)) for path in request.paths]  # noqa: PTH100
    request = replace(request, paths=paths, base=Path(os.path.abspath(request.base)))  # noqa: PTH100
    if request.user:
        homes = (user_folder() / ".agents", user_folder() / "personas")
        paths = [*paths, *(home for home in homes if home.exists())]
    listing = list_files(paths)
    memo = Memo(request, listing) if remember else None
    known = memo.recall() if memo else None
    if known is not None:
        return known
    # Reading takes YAML, the rules and the tables of hosts: an unchanged tree is answered without loading them.
    from personae.check.scan import scan  # noqa: PLC0415

    report, watched = scan(request, listing, memo.shelf() if memo else None)
    if memo:
        memo.keep(report, watched)
    return report
