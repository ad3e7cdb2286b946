"""A child that outlives whoever starts it: an explicit choice of the host, and a run of its own in the record.

Everything else that an agent starts ends with it. No model can choose this; a program calls `detach`.
"""

from __future__ import annotations

import asyncio
import contextvars
from dataclasses import dataclass, replace

from personae.run.lifetime import lived
from personae.run.node import Node, Outcome
from personae.run.perform import Performer
from personae.run.record.runs import Run

__all__ = ["Detached", "detach"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Detached:
    """A run that goes on by itself in this process."""

    run: Run
    task: asyncio.Task[Outcome]
    """Keep it: asyncio forgets tasks that nobody holds. Cancelling it stops the run and all beneath it."""


def detach(run: Run, node: Node, performer: Performer) -> Detached:
    """Begin `node` as the run `run`, in a task that no cancellation of the caller reaches; return at once.

    `run.owner` is this process; `personae cancel` reaches the run as any other. What `performer` is part of goes on or
    ends without it. The node's account should be the project's: nobody else waits for what it spends.
    """

    async def work() -> Outcome:
        async with lived(run, performer.seam.record) as life:
            own = replace(performer.seam, gate=life.gate)
            alone = Performer(world=performer.world, models=performer.models, seam=own, approve=performer.approve)
            outcome = await alone.perform(replace(node, run=run.id))
            if not outcome.done:
                raise outcome.error_of()
            return outcome

    # A context of its own: nothing of the call that it may be begun in holds for it.
    return Detached(run=run, task=asyncio.create_task(work(), name=run.id, context=contextvars.Context()))
