"""Performs nodes: builds the model and tools that a node names, runs it through the seam, writes down how it ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pydantic_ai.messages import ModelMessage

from personae.adopt.world import World
from personae.errors import BlockedError, ModelAnswerError, PersonaeError, RecordError, StoppedError, StopReason
from personae.run.act import act, with_result
from personae.run.agent import Answer, Call, ask
from personae.run.answerer import ModelAnswerer
from personae.run.deadline import within
from personae.run.durable import Durable, Seam
from personae.run.equip import Equipment, Further, grant_of_node, nothing_further
from personae.run.models.build import settings_for
from personae.run.node import Node, Outcome, node_from, outcome_from
from personae.run.record import journal
from personae.run.record.journal import Entry
from personae.run.scratch import temporary
from personae.run.subagents import Spawner
from personae.run.toolform import as_tool
from personae.run.tracing import end_span, node_span
from personae.tools.approve import Approve
from personae.tools.granted import Grant, Granted
from personae.tools.live import LiveTool, Servers, visible
from personae.tools.workspace import Workspace

__all__ = ["Performer", "Talk", "grant_of_node"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """What a conversation adds to a node."""

    history: Sequence[ModelMessage] = ()
    on_text: Callable[[str], None] | None = None
    """Told each piece of text as it comes."""


@dataclass(slots=True, kw_only=True)
class Performer:
    """Does nodes in this process. One a run: it holds what all its nodes share."""

    world: World
    models: ModelAnswerer
    seam: Seam
    approve: Approve | None = None
    """Puts the questions of tools to a person; None is a no to each."""
    live: Mapping[str, LiveTool] = field(default_factory=dict)
    """Tools of the host program, by name; personas list them as any other."""
    servers: Servers | None = None
    """Where tools called `server.tool` come from."""
    further: Further = nothing_further
    """Tools that floors above bring, such as those that propose work to others; made for who has a right."""
    equipment: Equipment = field(init=False, repr=False)
    spawner: Spawner = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Make what all nodes share."""
        self.world = replace(self.world, tools=self.world.tools | self.live.keys())
        self.equipment = Equipment(
            world=self.world,
            record=self.seam.record,
            approve=self.approve,
            live=self.live,
            servers=self.servers,
            further=self.further,
        )
        self.spawner = Spawner(world=self.world, seam=self.seam, perform=self.perform, tools=self.tools)

    async def perform(self, node: Node, *, granted: Granted | None = None, talk: Talk = Talk()) -> Outcome:
        """Do `node` and return how it ended; it raises only when it is cancelled, and for a record that cannot be used.

        A node that has ended gives its outcome again. One that was begun goes on as it was begun, whatever `node` says
        now. `granted` are its tools, where they are live; else they are made from what it was granted.
        """
        standing = await self._begin(node)
        if standing.kind == "end":
            return outcome_from(standing.body)
        with node_span(node) as span:
            outcome = await self._go_on(node_from(standing.body), granted, talk)
            end_span(span, outcome)
        return outcome

    async def _go_on(self, node: Node, granted: Granted | None, talk: Talk) -> Outcome:
        for attempt in range(node.retries + 1):
            outcome = await self._try(node, granted, talk)
            if outcome.reason != "error" or attempt == node.retries:
                break
            await self._note(node, outcome)
            await asyncio.sleep(node.backoff_s * 2**attempt)
        if outcome.done:
            standing = await self._add(node, "end", outcome.as_json())
            return replace(outcome_from(standing.body), messages=outcome.messages)
        await self._note(node, outcome)
        return outcome

    def tools(self, grant: Grant, workspace: Workspace | None = None) -> Granted:
        """Return the tools of `grant`, made from their names."""
        return self.equipment.made(grant, self.spawner, workspace)

    async def _try(self, node: Node, granted: Granted | None, talk: Talk) -> Outcome:
        durable = Durable(node=node, seam=self.seam)
        limit_s, help = self._time(node)
        try:
            async with within(limit_s):
                outcome = await self._equipped(node, durable, granted, talk)
        except TimeoutError:
            outcome = Outcome(reason="time", error=f"no answer within {limit_s:g} s", help=help)
        except RecordError:
            raise  # nothing could be written about it
        except PersonaeError as error:
            outcome = _stopped(error)
        return replace(outcome, usd_nanos=durable.spent_nanos)

    def _time(self, node: Node) -> tuple[float | None, str]:
        """Return how long the node may take, and the way out: its own time; that of the project for all beneath it."""
        whole = self.world.project.limits.seconds if node.depth == 0 else None
        if whole is not None and (node.timeout_s is None or whole < node.timeout_s):
            return whole, "Raise [limits] seconds in personae.toml, or give it a smaller task."
        return node.timeout_s, "Raise the step's timeout."

    async def _equipped(self, node: Node, durable: Durable, granted: Granted | None, talk: Talk) -> Outcome:
        grant = grant_of_node(node)
        if grant.persona is None or not grant.persona.needs_temp_workspace:
            granted = await self.equipment.whole(node, granted or self.tools(grant), None)
            return await self._do(node, durable, granted, talk)
        durable.node = await self._afresh(node)
        async with temporary() as workspace:
            granted = await self.equipment.whole(node, self.tools(grant, workspace), workspace)
            return await self._do(durable.node, durable, granted, talk)

    async def _do(self, node: Node, durable: Durable, granted: Granted, talk: Talk) -> Outcome:
        durable.effects = {name: declared.effect for name, declared in granted.declared.items()}
        for tool in granted.live:
            if tool.declared is not None:
                durable.effects |= dict.fromkeys((tool.name, visible(tool.name)), tool.declared.effect)
        if not node.action:
            return _answered(await self._ask(node, durable, granted, talk), node)
        given = await act(node, durable, granted)
        if not node.user:
            return given
        node, granted = replace(node, user=with_result(node, given)), _without(node.action, granted)
        return _answered(await self._ask(node, durable, granted, talk), node)

    async def _ask(self, node: Node, durable: Durable, granted: Granted, talk: Talk) -> Answer:
        call = Call(
            name=node.persona,
            settings=settings_for(node.model),
            max_requests=None,
            tools=[*granted.tools.values(), *map(as_tool, granted.live)],
            capabilities=[durable],
            history=talk.history,
            on_text=talk.on_text,
            outputs=node.outputs,
        )
        return await ask(node.system, node.user, await self.models.model(node.model), call)

    async def _afresh(self, node: Node) -> Node:
        """Return `node`, under a name of its own where it was begun before: the folder it had worked in is gone."""
        record = self.seam.record
        before = await record.do(lambda transaction: journal.entries(transaction, node.run, beneath=node.key("")))
        if len(before) <= 1:
            return node
        times = sum(entry.key.startswith(node.key("again.")) and entry.kind == "start" for entry in before)
        again = replace(node, path=node.key(f"again.{times + 1}"))
        await self._add(again, "start", again.as_json())
        return again

    async def _begin(self, node: Node) -> Entry:
        """Return how the node ended, or how it began, which is now where it never did before."""
        start = self._entry(node, "start", node.as_json())
        return await self.seam.record.do(
            lambda transaction: journal.find(transaction, node.run, node.key("end")) or journal.add(transaction, start)
        )

    async def _add(self, node: Node, part: journal.Kind, body: Mapping[str, object]) -> Entry:
        entry = self._entry(node, part, body)
        return await self.seam.record.do(lambda transaction: journal.add(transaction, entry))

    def _entry(self, node: Node, part: journal.Kind, body: Mapping[str, object]) -> Entry:
        return Entry(run=node.run, key=node.key(part), kind=part, body=body, at=self.seam.record.at)

    async def _note(self, node: Node, outcome: Outcome) -> None:
        """Write down why it is not done. It is no end: a resumed run tries again from the last finished step."""
        record = self.seam.record
        key = node.key(f"stopped.{int(record.at * 1000)}")
        entry = Entry(run=node.run, key=key, kind="note", body=outcome.as_json(), at=record.at)
        await record.do(lambda transaction: journal.add(transaction, entry))


def _without(action: str, granted: Granted) -> Granted:
    """Return the tools that are left to who writes up what `action` gave: it was done once, and is not done again."""
    tools = {name: tool for name, tool in granted.tools.items() if name != action}
    return replace(granted, tools=tools, live=tuple(tool for tool in granted.live if tool.name != action))


def _answered(answer: Answer, node: Node) -> Outcome:
    return Outcome(
        reason="done",
        text=answer.text,
        input_tokens=answer.input_tokens,
        output_tokens=answer.output_tokens,
        requests=answer.requests,
        exhausted=answer.requests > node.max_steps,
        messages=answer.messages,
        outputs=answer.outputs,
    )


def _stopped(error: PersonaeError) -> Outcome:
    reason: StopReason = "error"
    if isinstance(error, StoppedError):
        reason = error.reason
    elif isinstance(error, ModelAnswerError):
        reason = "empty"
    item = error.item if isinstance(error, BlockedError) else ""
    return Outcome(reason=reason, error=error.message, help=error.help, item=item)
