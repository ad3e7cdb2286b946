"""Performs nodes: builds the model and tools that a node names, runs it through the seam, writes down how it ended."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from pydantic_ai.messages import ModelMessage, ModelRequest, ModelResponse, ToolCallPart, UserPromptPart

from personae.adopt.world import World
from personae.errors import BlockedError, ModelAnswerError, PersonaeError, StoppedError, StopReason
from personae.run.agent import Answer, Call, ask
from personae.run.answerer import ModelAnswerer
from personae.run.durable import Durable, Seam
from personae.run.models.build import settings_for
from personae.run.node import Node, Outcome, node_from, outcome_from
from personae.run.record import journal
from personae.run.record.journal import Entry
from personae.run.scratch import temporary
from personae.run.snapshot import thaw
from personae.run.subagents import SPAWNING, Spawner, spawning_tools
from personae.tools.approve import Approve
from personae.tools.granted import Grant, Granted, tools_of
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
    further: Callable[[Grant], Granted] = field(default=lambda grant: Granted(), repr=False)
    """Tools that floors above bring, such as those that propose work to others; they are made for who has a right."""
    spawner: Spawner = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Make what makes children."""
        self.spawner = Spawner(world=self.world, seam=self.seam, perform=self.perform, tools=self.tools)

    async def perform(self, node: Node, *, granted: Granted | None = None, talk: Talk = Talk()) -> Outcome:
        """Do `node` and return how it ended; it raises only when it is cancelled, and for a record that cannot be used.

        A node that has ended gives its outcome again. One that was begun goes on as it was begun, whatever `node` says
        now. `granted` are its tools, where they are live; else they are made from what it was granted.
        """
        ended = await self._find(node, "end")
        if ended is not None:
            return outcome_from(ended.body)
        node = node_from((await self._add(node, "start", node.as_json())).body)
        durable = Durable(node=node, seam=self.seam)
        try:
            async with self._time(node):
                answer = await self._ask(node, durable, granted, talk)
        except PersonaeError as error:
            outcome = _stopped(error)
        else:
            outcome = replace(_answered(answer), exhausted=answer.requests > node.max_steps)
        outcome = replace(outcome, usd_nanos=durable.spent_nanos)
        if outcome.done:
            standing = await self._add(node, "end", outcome.as_json())
            return replace(outcome_from(standing.body), messages=outcome.messages)
        await self._note(node, outcome)
        return outcome

    def tools_of(self, node: Node) -> Granted:
        """Return the tools of `node`."""
        return self.tools(grant_of_node(node))

    def tools(self, grant: Grant, workspace: Workspace | None = None) -> Granted:
        """Return the tools of `grant`, made from their names."""
        made = tools_of(grant, self.world, now=self.seam.record.now, approve=self.approve, workspace=workspace)
        spawning = spawning_tools(self.spawner, grant.specs)
        further = self.further(grant)
        return Granted(
            tools={**made.tools, **spawning, **further.tools},
            declared={**made.declared, **{name: SPAWNING[name] for name in spawning}, **further.declared},
            not_yet=tuple(name for name in made.not_yet if name not in spawning and name not in further.tools),
        )

    @asynccontextmanager
    async def _time(self, node: Node) -> AsyncIterator[None]:
        """Let a root and all beneath it take no longer than the project allows. Raises `StoppedError`."""
        seconds = self.world.project.limits.seconds
        if seconds is None or node.depth:
            yield
            return
        try:
            async with asyncio.timeout(seconds) as timer:
                yield
        except TimeoutError:
            if not timer.expired():
                raise
            help = "Raise [limits] seconds in personae.toml, or give it a smaller task."
            raise StoppedError(f"{node.persona} was not done in {seconds:,} s", reason="time", help=help) from None

    async def _ask(self, node: Node, durable: Durable, granted: Granted | None, talk: Talk) -> Answer:
        grant = grant_of_node(node)
        if grant.persona is not None and grant.persona.needs_temp_workspace:
            async with temporary() as workspace:
                return await self._ask_with(node, durable, self.tools(grant, workspace), talk)
        return await self._ask_with(node, durable, granted or self.tools(grant), talk)

    async def _ask_with(self, node: Node, durable: Durable, granted: Granted, talk: Talk) -> Answer:
        durable.effects = {name: declared.effect for name, declared in granted.declared.items()}
        call = Call(
            settings=settings_for(node.model),
            max_requests=None,
            tools=list(granted.tools.values()),
            capabilities=[durable],
            history=_history(node, talk),
            on_text=talk.on_text,
        )
        user = node.user if node.call is None else None
        return await ask(node.system, user, await self.models.model(node.model), call)

    async def _find(self, node: Node, part: str) -> Entry | None:
        return await self.seam.record.do(lambda transaction: journal.find(transaction, node.run, node.key(part)))

    async def _add(self, node: Node, part: journal.Kind, body: Mapping[str, object]) -> Entry:
        entry = Entry(run=node.run, key=node.key(part), kind=part, body=body, at=self.seam.record.at)
        return await self.seam.record.do(lambda transaction: journal.add(transaction, entry))

    async def _note(self, node: Node, outcome: Outcome) -> None:
        """Write down why it is not done. It is no end: a resumed run tries again from the last finished step."""
        record = self.seam.record
        key = node.key(f"stopped.{int(record.at * 1000)}")
        entry = Entry(run=node.run, key=key, kind="note", body=outcome.as_json(), at=record.at)
        await record.do(lambda transaction: journal.add(transaction, entry))


def _history(node: Node, talk: Talk) -> Sequence[ModelMessage]:
    if node.call is None:
        return talk.history
    first = ToolCallPart(node.call.tool, dict(node.call.args), tool_call_id="first")
    asked = ModelRequest(parts=[UserPromptPart(node.user)])
    return [*talk.history, asked, ModelResponse(parts=[first])]


def grant_of_node(node: Node) -> Grant:
    """Return what `node` was granted."""
    persona = thaw(node.snapshot) if node.snapshot else None
    return Grant(persona=persona, specs=tuple(node.tools), skills=tuple(node.skills))


def _answered(answer: Answer) -> Outcome:
    return Outcome(
        reason="done",
        text=answer.text,
        input_tokens=answer.input_tokens,
        output_tokens=answer.output_tokens,
        requests=answer.requests,
        messages=answer.messages,
    )


def _stopped(error: PersonaeError) -> Outcome:
    reason: StopReason = "error"
    if isinstance(error, StoppedError):
        reason = error.reason
    elif isinstance(error, ModelAnswerError):
        reason = "empty"
    item = error.item if isinstance(error, BlockedError) else ""
    return Outcome(reason=reason, error=error.message, help=error.help, item=item)
