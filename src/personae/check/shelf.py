"""Remembers what each group of files gave, so that a changed tree is checked again only where it changed.

A group is what `scan` can check apart: the agents of one host in one folder, or the personas of one root.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

from personae.check.kept import plain_diagnostic, read_diagnostic, write_kept
from personae.check.read import Target
from personae.check.tally import Tally
from personae.check.walk import stamp_of

__all__ = ["Shelf"]


class Shelf:
    """The tallies of one request's groups, each good as long as its files and all that it looked at are the same."""

    def __init__(self, path: Path, base: str, *, is_settled: bool) -> None:
        self._path, self._base, self._is_settled = path, base, is_settled

    def key(self, root: str, targets: Iterable[Target]) -> str:
        """Return what names a group in this state; empty when the state of a file is not known."""
        state = [self._base, root]
        for target in targets:
            if not target.stamp:
                return ""
            state.append(f"{target.path}\n{target.stamp}\n{target.selected}")
        return blake2b("\n".join(state).encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()

    def recall(self, keys: Iterable[str]) -> dict[str, Tally]:
        """Return the tallies of those groups that are remembered and still hold."""
        try:
            kept = json.loads(self._path.read_bytes())
            known = {key: _tally(kept[key]) for key in keys if key in kept}
        except (OSError, ValueError, KeyError, TypeError):
            return {}
        stamps: dict[str, str] = {}
        for tally in known.values():
            for path in tally.watched:
                if path not in stamps:
                    stamps[path] = stamp_of(path)
        return {key: tally for key, tally in known.items() if tally.watched.items() <= stamps.items()}

    def keep(self, tallies: Mapping[str, Tally]) -> None:
        """Remember these groups and forget all others. A full disk is no failure."""
        if self._is_settled:
            write_kept(self._path, {key: _plain(tally) for key, tally in tallies.items() if key})


# `Any`: what `json` gives back; a wrong shape is a KeyError or TypeError, and then nothing is remembered.
def _plain(tally: Tally) -> dict[str, Any]:
    return {
        "found": [plain_diagnostic(item) for item in tally.found],
        "places": tally.places,
        "outcomes": tally.outcomes,
        "hosts": tally.hosts,
        "suppressed": tally.suppressed,
        "nobodys": sorted(tally.nobodys),
        "used": {file: sorted(lines) for file, lines in tally.used.items()},
        "watched": tally.watched,
    }


def _tally(plain: dict[str, Any]) -> Tally:
    return Tally(
        found=[read_diagnostic(item) for item in plain["found"]],
        places=dict(plain["places"]),
        outcomes=dict(plain["outcomes"]),
        hosts=Counter(plain["hosts"]),
        suppressed=plain["suppressed"],
        nobodys=set(plain["nobodys"]),
        used={file: set(lines) for file, lines in plain["used"].items()},
        watched=dict(plain["watched"]),
    )
