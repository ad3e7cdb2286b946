"""The seam between plans and what keeps them going: start a node, wait, cancel a run, find what the dead left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from personae.run.node import Node, Outcome
from personae.run.record.runs import Run

__all__ = ["Engine"]


class Engine(Protocol):
    """Runs nodes somewhere. Whatever it is, the journal is the record, and starting a node twice does it once."""

    async def start(self, node: Node) -> None:
        """Begin `node`, or go on with it; return at once."""
        ...

    async def wait(self, node: Node) -> Outcome:
        """Return how a started node ended. Cancelling the wait cancels nothing; `cancel` does."""
        ...

    async def cancel(self, run: str) -> None:
        """Stop every node of `run` with all its children; return when none works any more."""
        ...

    async def orphans(self) -> Sequence[Run]:
        """Return the runs whose process is gone and that nobody has taken over; they may be claimed."""
        ...
