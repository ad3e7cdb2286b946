"""Performs nodes: builds the model and tools that a node names, runs it through the seam, writes down how it ended."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic_ai import Tool
from pydantic_ai.messages import ModelMessage, ModelRequest, ModelResponse, ToolCallPart, UserPromptPart

from personae.adopt.world import World
from personae.errors import BlockedError, ModelAnswerError, PersonaeError, StoppedError, StopReason
from personae.run.agent import Answer, Call, ask
from personae.run.answerer import ModelAnswerer
from personae.run.durable import Durable, Seam, calling
from personae.run.models.build import settings_for
from personae.run.node import Node, Outcome, node_from, outcome_from
from personae.run.record import journal
from personae.run.record.journal import Entry
from personae.run.scratch import temporary
from personae.run.snapshot import thaw
from personae.run.subagents import SPAWNING, Spawner, spawning_tools
from personae.run.trust import guarded_call
from personae.tools.approve import Approve, Question
from personae.tools.declared import Declared, WayOut
from personae.tools.granted import Grant, Granted, tools_of
from personae.tools.live import LiveTool, Servers, bound, visible
from personae.tools.workspace import Workspace

__all__ = ["Performer", "Talk", "grant_of_node", "who_of"]


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
    further: Callable[[Grant], Granted] = field(default=lambda grant: Granted(), repr=False)
    """Tools that floors above bring, such as those that propose work to others; they are made for who has a right."""
    spawner: Spawner = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Make what makes children."""
        self.world = replace(self.world, tools=self.world.tools | self.live.keys())
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
        made = tools_of(grant, self.world, now=self.seam.record.now, approve=self._asks(), workspace=workspace)
        spawning = spawning_tools(self.spawner, grant.specs)
        further = self.further(grant)
        return Granted(
            tools={**made.tools, **spawning, **further.tools},
            declared={**made.declared, **{name: SPAWNING[name] for name in spawning}, **further.declared},
            later=(*made.later, *(name for name in made.not_yet if self._is_live(name))),
            not_yet=tuple(
                name
                for name in made.not_yet
                if name not in spawning and name not in further.tools and not self._is_live(name)
            ),
        )

    def _is_live(self, name: str) -> bool:
        served = self.servers is not None and name.partition(".")[0] in self.servers.names and "." in name
        return served or name in self.live

    async def _living(self, node: Node, workspace: Workspace | None) -> tuple[LiveTool, ...]:
        """Return the live tools of `node`, their servers reached. Raises `ToolServerError` naming one that is not."""
        names = [name for name in (spec.partition("(")[0] for spec in node.tools) if self._is_live(name)]
        served = [name for name in names if name not in self.live]
        found = dict(self.live)
        if served and self.servers is not None:
            found |= await self.servers.tools(served)
        return tuple(bound(found[name], child=node.depth > 0, workspace=workspace) for name in names)

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
            durable.node = await self._afresh(node)
            async with temporary() as workspace:
                granted = replace(self.tools(grant, workspace), live=await self._living(node, workspace))
                return await self._ask_with(durable.node, durable, granted, talk)
        granted = granted or self.tools(grant)
        granted = replace(granted, live=await self._living(node, None))
        return await self._ask_with(node, durable, granted, talk)

    def _guarded(self, node: Node, granted: Granted) -> Granted:
        """Let a person see what the tools of a guarded node would carry out."""
        if not node.guarded:
            return granted

        def watched(name: str, call: Callable[..., Any], declared: Declared | None) -> Callable[..., Any]:
            way = declared.legs.way_out if declared else WayOut(reviewed=False, trusted=False)
            if way is None or way.reviewed or name in SPAWNING:
                return call
            return guarded_call(name, call, self._asks(), lambda: who_of(node))

        tools = {name: watched(name, call, granted.declared.get(name)) for name, call in granted.tools.items()}
        live = tuple(replace(tool, call=watched(tool.name, tool.call, tool.declared)) for tool in granted.live)
        return replace(granted, tools=tools, live=live)

    def _asks(self) -> Approve:
        """Return who is asked. A question says for whom, and on whose behalf."""

        async def ask(question: Question) -> bool:
            call = calling.get(None)
            if self.approve is None or call is None:
                return False if self.approve is None else await self.approve(question)
            return await self.approve(replace(question, who=who_of(call.node)))

        return ask

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

    async def _ask_with(self, node: Node, durable: Durable, granted: Granted, talk: Talk) -> Answer:
        granted = self._guarded(node, granted)
        durable.effects = {name: declared.effect for name, declared in granted.declared.items()}
        durable.effects |= {visible(tool.name): tool.declared.effect for tool in granted.live if tool.declared}
        call = Call(
            settings=settings_for(node.model),
            max_requests=None,
            tools=[*granted.tools.values(), *map(_as_tool, granted.live)],
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


def who_of(node: Node) -> str:
    """Return who asks, for people: the persona, who started it, and where in the run."""
    if not node.line:
        return node.persona
    above = ", ".join(f"for {mark.partition(' ')[0]}" for mark in reversed(node.line))
    return f"{node.persona}, {above} ({node.path})"


def _as_tool(tool: LiveTool) -> Tool[Any]:
    name = visible(tool.name)
    if tool.schema is None:
        return Tool(tool.call, name=name, description=tool.description or None)
    return Tool.from_schema(tool.call, name=name, description=tool.description, json_schema=dict(tool.schema))


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
