"""What performs the runs of plans that others began: for a worker of the fleet, and for whoever serves."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace

from personae.adopt.world import World
from personae.cli.recording import performer_of, traced
from personae.cli.wearing import answerer_of
from personae.run.desk import Gate
from personae.run.durable import Seam
from personae.run.engine import Engine
from personae.run.equip import grant_of_node
from personae.run.lifetime import Lifetime
from personae.run.node import Node, Outcome
from personae.run.perform import Performer
from personae.run.prices import prices_of
from personae.run.questions import InboxApprove
from personae.run.record.record import Record
from personae.run.record.runs import Run, get_run
from personae.tools.mcp_servers import McpServers
from personae.workflow.conduct import check_work, conduct
from personae.workflow.running import work_of
from personae.workflow.spec import spec_from

__all__ = ["Bench"]

_MOST_RUNS = 256
"""Runs whose performers are kept; one that is met again later gets a new one."""


class Bench:
    """Makes what performs the nodes of a run, once for each run that this process meets.

    Tools ask through the inbox; with `wait` an answer is waited for, else what needs one stops.
    """

    def __init__(self, here: World, record: Record, *, wait: bool) -> None:
        traced()
        self._here, self._record, self._wait = here, record, wait
        self.servers = McpServers.of(here.project)
        self._performers: OrderedDict[str, Performer] = OrderedDict()

    async def conduct(self, life: Lifetime, engine: Engine) -> None:
        """Do the plan of the run that `life` is. Raises what a run is closed with that is not done."""
        performer = self.performer(life.run, life.gate)
        work = replace(await work_of(spec_from(life.run.spec), life, performer, engine), wait=self._wait)
        check_work(work)
        error = (await conduct(work)).error()
        if error is not None:
            raise error

    async def perform(self, node: Node, gate: Gate) -> Outcome:
        """Do `node`; refuse one whose tools this machine cannot make again, before anything is asked."""
        performer = self._performers.get(node.run)
        if performer is None:
            run = await self._record.do(lambda transaction: get_run(transaction, node.run))
            performer = self._performers[node.run] = self.performer(run, gate)
            if len(self._performers) > _MOST_RUNS:
                self._performers.popitem(last=False)
        missing = performer.tools(grant_of_node(node)).not_yet
        if missing:
            error = f"this process has no {', '.join(missing)}, which {node.persona} was granted"
            return Outcome(reason="error", error=error, help="Install the same everywhere, then personae resume.")
        return await performer.perform(node)

    def performer(self, run: Run, gate: Gate) -> Performer:
        """Return what performs the nodes of `run`, in the world that it was begun in."""
        spec = spec_from(run.spec)
        world = replace(spec.world(self._here), model_override=spec.model)
        project = world.project
        seam = Seam(
            record=self._record,
            prices=prices_of(project),
            gate=gate,
            closing_answer=project.limits.exhausted == "answer",
        )
        approve = InboxApprove(record=self._record, wait=self._wait)
        return performer_of(world, answerer_of(world), seam, approve=approve, servers=self.servers)
