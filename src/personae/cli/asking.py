"""A tool's question on the terminal. Without a terminal nobody is there, and the answer is no."""

from __future__ import annotations

import asyncio
import os
import select
import sys

from personae.cli import out
from personae.tools.approve import Approve, Question, as_text

__all__ = ["asker"]

_BETWEEN_LOOKS_S = 0.05


def asker() -> Approve | None:
    """Return who asks the person at the terminal; None when standard input is none."""
    if not sys.stdin.isatty():
        return None
    one_at_a_time = asyncio.Lock()

    async def ask(question: Question) -> bool:
        async with one_at_a_time:
            with out.still():
                out.note(f"\n{as_text(question)}\nAllow it once? [y/N] ")
                return (await _line()).strip().lower() in ("y", "yes")

    return ask


async def _line() -> str:
    """Return the next line typed, so that Ctrl-C still ends the wait where the system lets a terminal be watched."""
    if os.name == "nt":
        return await asyncio.to_thread(sys.stdin.readline)
    while not select.select([sys.stdin], [], [], 0)[0]:
        await asyncio.sleep(_BETWEEN_LOOKS_S)
    return sys.stdin.readline()
