"""Remembers the report of the last check in the user's cache, and forgets it when anything it was made of changed."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from personae import __version__
from personae.check.kept import plain_diagnostic, read_diagnostic, write_kept
from personae.check.report import Report, Request
from personae.check.walk import Listing, stamp_of
from personae.library.roots import user_folder

if TYPE_CHECKING:
    from personae.check.shelf import Shelf

__all__ = ["Memo", "cache_folder"]

_PACKAGE = Path(__file__).parent.parent
_ROOMS = (
    "check",
    "check/rules",
    "check/rulebook",
    "persona",
    "persona/dialects",
    "persona/dialects/hosts",
    "library",
    "library/builtin",
)
_SAME_TICK_NS = 50_000_000
"""A file that changed so shortly before may change again and keep its stamp: clocks of file systems are coarse."""


def cache_folder() -> Path:
    """Return the folder of remembered reports; it need not exist."""
    if os.name == "nt" and (local := os.environ.get("LOCALAPPDATA")):
        return Path(local) / "personae" / "cache" / "check"
    configured = os.environ.get("XDG_CACHE_HOME", "")
    base = Path(configured) if configured and Path(configured).is_absolute() else Path.home() / ".cache"
    return base / "personae" / "check"


class Memo:
    """The remembered report of one request, as long as the files in `listing` and the program are the same."""

    def __init__(self, request: Request, listing: Listing) -> None:
        # However many processes do it, the answer is the same.
        asked = repr(replace(request, jobs=1)).encode("utf-8", "surrogateescape")
        self._path = cache_folder() / f"{_digest(asked)}.json"
        base = [asked.decode("utf-8", "replace"), __version__, sys.version, str(user_folder()), *_program()]
        stamps = (f"{path}\n{stamp}\n" for path, stamp in sorted(listing.files.items()))
        problems = (f"{problem}" for problem in listing.problems)
        self._base = _digest("".join(base).encode("utf-8", "surrogateescape"))
        self._key = _digest("".join([self._base, *stamps, *problems]).encode("utf-8", "surrogateescape"))
        self._is_settled = listing.youngest_ns < time.time_ns() - _SAME_TICK_NS

    def recall(self) -> Report | None:
        """Return the report, if it still holds."""
        try:
            kept = json.loads(self._path.read_bytes())
            if kept["key"] != self._key or any(stamp_of(path) != stamp for path, stamp in kept["watched"].items()):
                return None
            return _report(kept["report"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def keep(self, report: Report, watched: Mapping[str, str]) -> None:
        """Remember `report`; `watched` are the paths it depends on beside the listing. A full disk is no failure."""
        if not self._is_settled:
            return
        write_kept(self._path, {"key": self._key, "watched": dict(watched), "report": _plain(report)})

    def shelf(self) -> Shelf:
        """Return what is remembered of the parts of the tree, for when the report no longer holds."""
        from personae.check.shelf import Shelf  # noqa: PLC0415  an unchanged tree is answered without it

        return Shelf(self._path.with_suffix(".groups.json"), self._base, is_settled=self._is_settled)


def _digest(state: bytes) -> str:
    return blake2b(state, digest_size=16).hexdigest()


def _program() -> list[str]:
    """Return a stamp per room of the program, so that a developer's edit of a rule counts as a change."""
    stamps = []
    for room in _ROOMS:
        try:
            with os.scandir(_PACKAGE / room) as entries:
                stamps.append(str(max((entry.stat().st_mtime_ns for entry in entries), default=0)))
        except OSError:
            stamps.append("-")
    return stamps


# `Any`: what `json` gives back; a wrong shape is a KeyError or TypeError, and then nothing is remembered.
def _plain(report: Report) -> dict[str, Any]:
    return {
        "diagnostics": [plain_diagnostic(item) for item in report.diagnostics],
        "verdicts": dict(report.verdicts),
        "hosts": dict(report.hosts),
        "suppressed": report.suppressed,
        "baseline": report.baseline,
        "places": dict(report.places),
    }


def _report(plain: dict[str, Any]) -> Report:
    return Report(
        diagnostics=tuple(read_diagnostic(item) for item in plain["diagnostics"]),
        verdicts=MappingProxyType(plain["verdicts"]),
        hosts=MappingProxyType(plain["hosts"]),
        suppressed=plain["suppressed"],
        baseline=plain["baseline"],
        places=MappingProxyType(plain["places"]),
    )
