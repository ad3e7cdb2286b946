"""Says when files change, by looking at their stamps again and again. No notification of the system is needed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from personae.check.walk import list_files

__all__ = ["changes"]


def changes(
    paths: Iterable[Path], *, every_s: float = 0.5, sleep: Callable[[float], object] = time.sleep
) -> Iterator[frozenset[str]]:
    """Yield the absolute paths that changed, came or went below `paths`, forever; first, at once, nothing.

    An editor writes in several steps and a checkout many files, so nothing is said while things still move.
    """
    watched = tuple(paths)
    last = list_files(watched).files
    yield frozenset()
    while True:
        sleep(every_s)
        now = list_files(watched).files
        while now != last and (later := _look_again(watched, every_s, sleep)) != now:
            now = later
        different = frozenset(
            path for path in last.keys() | now.keys() if last.get(path, "absent") != now.get(path, "absent")
        )
        last = now
        if different:
            yield different


def _look_again(paths: Iterable[Path], every_s: float, sleep: Callable[[float], object]) -> dict[str, str]:
    sleep(min(every_s, 0.1))
    return list_files(paths).files
