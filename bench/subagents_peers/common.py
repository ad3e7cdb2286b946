"""What every contender is asked to do, and how it is measured. Each runs in a process of its own and prints JSON."""

from __future__ import annotations

import asyncio
import json
import resource
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

LINE = "Looks after one part of the yard and says in short what it found there. Use it when a question is about "


def described(number: int) -> tuple[str, str]:
    """Return a name and a description of about 200 characters."""
    line = f"{LINE}part {number} of the yard, its pumps, gates and wells, or what was last done there, and by whom."
    return f"keeper-{number}", line[:200].ljust(200, ".")


def rss_mib() -> float:
    """Return the memory this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


async def overhead(once: Callable[[int], Awaitable[Any]], rounds: int) -> float:
    """Return the CPU milliseconds of one parent → child → parent, as the median of ten batches."""
    for number in range(5):
        await once(-1 - number)
    batches = []
    for batch in range(10):
        before = time.process_time()
        for number in range(rounds):
            await once(batch * rounds + number)
        batches.append((time.process_time() - before) / rounds * 1000)
    return round(statistics.median(batches), 2)


async def many(run: Callable[[], Awaitable[Any]]) -> dict[str, float]:
    """Return the wall time of a thousand children of a one-second model, and the memory at the highest."""
    before = rss_mib()
    highest = [before]

    async def watch() -> None:
        while True:
            highest.append(rss_mib())
            await asyncio.sleep(0.1)

    watching = asyncio.create_task(watch())
    began = time.perf_counter()
    await run()
    wall = time.perf_counter() - began
    watching.cancel()
    return {"wall_s": round(wall, 2), "memory_mib": round(max(highest) - before, 1)}


class Waiting:
    """Models that wait to be cancelled: how many, and when the last of them ended."""

    def __init__(self, expected: int) -> None:
        self.expected, self.begun, self.last = expected, 0, 0.0
        self.all_begun = asyncio.Event()

    async def wait(self) -> None:
        """Be one of them."""
        self.begun += 1
        if self.begun == self.expected:
            self.all_begun.set()
        try:
            await asyncio.sleep(3600)
        finally:
            self.last = time.perf_counter()


async def cancelled(start: Callable[[Waiting, int], Awaitable[Any]], rounds: int, expected: int) -> dict[str, float]:
    """Return the milliseconds from the cancelling of a root to the end of its last descendant, and of the root."""
    took, released = [], []
    for number in range(rounds):
        waiting = Waiting(expected)
        task = asyncio.ensure_future(start(waiting, number))
        await waiting.all_begun.wait()
        began = time.perf_counter()
        task.cancel()
        await asyncio.wait([task])
        released.append((time.perf_counter() - began) * 1000)
        took.append((waiting.last - began) * 1000)
    return {**_quantiles("last", took), **_quantiles("root", released)}


def _quantiles(name: str, values: list[float]) -> dict[str, float]:
    values = sorted(values)
    return {
        f"{name}_p50_ms": round(statistics.median(values), 2),
        f"{name}_p99_ms": round(values[min(len(values) - 1, int(len(values) * 0.99))], 2),
    }


def tell(found: dict[str, Any]) -> None:
    """Print what was found, for the process that asked."""
    json.dump(found, sys.stdout)
