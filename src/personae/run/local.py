"""The engine of one process: a task for each node. A run belongs to the process that began it, while that lives."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from personae.run.node import Node, Outcome
from personae.run.owners import is_alive
from personae.run.record.record import Record
from personae.run.record.runs import Run, list_runs

__all__ = ["LocalEngine"]


class LocalEngine:
    """Nodes as asyncio tasks. `perform` does one; see `Performer.perform`."""

    def __init__(self, perform: Callable[[Node], Awaitable[Outcome]], record: Record, root: Path) -> None:
        self._perform, self._record, self._root = perform, record, root
        self._tasks: dict[tuple[str, str], asyncio.Task[Outcome]] = {}

    async def start(self, node: Node) -> None:
        """Begin `node` in a task of its own, unless it has one; one that ended undone is begun again."""
        key = (node.run, node.path)
        before = self._tasks.get(key)
        if before is None or (before.done() and (before.cancelled() or not before.result().done)):
            self._tasks[key] = asyncio.create_task(_outcome(self._perform(node)), name=f"{node.run}/{node.path}")

    async def wait(self, node: Node) -> Outcome:
        """Return how it ended; the task goes on when only the wait is cancelled."""
        return await asyncio.shield(self._tasks[node.run, node.path])

    async def cancel(self, run: str) -> None:
        """Cancel the tasks of `run` and wait until each has let go of what it held."""
        tasks = [task for (owner, _), task in self._tasks.items() if owner == run]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def orphans(self) -> Sequence[Run]:
        """Return the runs that are not over and whose process does not live."""
        open_runs = await self._record.do(
            lambda transaction: list_runs(transaction, statuses=("running", "waiting", "paused"), most=10_000)
        )
        return [run for run in open_runs if not is_alive(self._root, run.owner)]


async def _outcome(work: Awaitable[Outcome]) -> Outcome:
    return await work
