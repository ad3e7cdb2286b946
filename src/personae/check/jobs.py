"""Shares work among processes of this machine, where that is cheap and safe; else does it all here."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeVar

__all__ = ["can_share", "shared"]

_Item = TypeVar("_Item")
_Answer = TypeVar("_Answer")


def can_share() -> bool:
    """Whether a copy of this process costs a few milliseconds; elsewhere it would load everything again."""
    return hasattr(os, "fork") and sys.platform != "darwin"


def shared(
    work: Callable[[Sequence[_Item]], _Answer], items: Sequence[_Item], *, jobs: int, size: Callable[[_Item], int]
) -> list[_Answer]:
    """Return what `work` makes of the items, in at most `jobs` portions of about one size.

    Each portion but the first is done by a copy of this process. What a copy does not finish is done here, so that an
    error is raised as if nobody had helped. The caller has no other threads.
    """
    portions = _portions(items, jobs, size)
    helpers = [_start(work, portion) for portion in portions[1:]]
    answers: list[_Answer] = [work(portions[0])]
    for helper, portion in zip(helpers, portions[1:], strict=True):
        answer: tuple[_Answer] | None = _finish(helper)
        answers.append(work(portion) if answer is None else answer[0])
    return answers


def _portions(items: Sequence[_Item], jobs: int, size: Callable[[_Item], int]) -> list[list[_Item]]:
    portions: list[list[_Item]] = [[] for _ in range(max(jobs, 1))]
    sizes = [0] * len(portions)
    for item in sorted(items, key=size, reverse=True):
        least = sizes.index(min(sizes))
        portions[least].append(item)
        sizes[least] += size(item)
    return [portions[0], *(portion for portion in portions[1:] if portion)]


_Helper = tuple[int, int]
"""Process and the end of the pipe it answers through."""


def _start(work: Callable[[Sequence[_Item]], _Answer], portion: Sequence[_Item]) -> _Helper | None:
    try:
        reading, writing = os.pipe()
        process = os.fork()
    except OSError:
        return None
    if process:
        os.close(writing)
        return process, reading
    code = 1
    try:
        import pickle  # noqa: PLC0415  most checks are small, and shared with nobody

        os.close(reading)
        with os.fdopen(writing, "wb") as pipe:
            pickle.dump((work(portion),), pipe, pickle.HIGHEST_PROTOCOL)
        code = 0
    finally:
        # Not `sys.exit`: what the parent has open and half written is not the copy's to finish.
        os._exit(code)


def _finish(helper: _Helper | None) -> tuple[_Answer] | None:
    """Return the answer in a tuple, None when there is none."""
    if helper is None:
        return None
    import pickle  # noqa: PLC0415  most checks are small, and shared with nobody

    process, reading = helper
    answer: tuple[_Answer] | None = None
    with os.fdopen(reading, "rb") as pipe, suppress(Exception):  # a pipe that ends early raises many things
        answer = pickle.load(pipe)
    _, status = os.waitpid(process, 0)
    return answer if status == 0 else None
