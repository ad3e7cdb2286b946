"""Makes the tools of nodes: built-in ones from names, those of servers and hosts, those that start sub-agents."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic_ai import Tool

from personae.adopt.world import World
from personae.run.durable import Seam, calling
from personae.run.node import Node
from personae.run.scratch import temporary
from personae.run.snapshot import thaw
from personae.run.subagents import SPAWNING, Spawner, spawning_tools
from personae.run.trust import guarded_call
from personae.tools.approve import Approve, Question
from personae.tools.declared import Declared, Effect, WayOut
from personae.tools.granted import Grant, Granted, tools_of
from personae.tools.live import LiveTool, Servers, bound, visible
from personae.tools.workspace import Workspace

__all__ = ["Further", "Toolshed", "as_tool", "effects_of", "grant_of_node", "nothing_further", "who_of"]

Further = Callable[[Grant], Granted]
"""What gives a grant tools of rooms above this one, such as those that propose work."""


def nothing_further(grant: Grant) -> Granted:
    """Give no tools."""
    return Granted()


@dataclass(slots=True, kw_only=True)
class Toolshed:
    """What tools are made of here."""

    world: World
    seam: Seam
    approve: Approve | None
    live: Mapping[str, LiveTool]
    servers: Servers | None
    further: Further
    spawner: Spawner = field(init=False, repr=False)

    def of(self, grant: Grant, workspace: Workspace | None = None) -> Granted:
        """Return the tools of `grant`, made from their names; those that need more come when the node begins."""
        made = tools_of(grant, self.world, now=self.seam.record.now, approve=self._asks(), workspace=workspace)
        spawning = spawning_tools(self.spawner, grant.specs)
        more = self.further(grant)
        missing = [name for name in made.not_yet if name not in spawning and name not in more.tools]
        return Granted(
            tools={**made.tools, **spawning, **more.tools},
            declared={**made.declared, **{name: SPAWNING[name] for name in spawning}, **more.declared},
            later=(*made.later, *filter(self._is_live, missing)),
            not_yet=tuple(name for name in missing if not self._is_live(name)),
        )

    @asynccontextmanager
    async def ready(self, node: Node, granted: Granted | None) -> AsyncIterator[Granted]:
        """Give all tools of `node` while it works: servers reached, its temporary folder there, what leaves watched.

        `granted` are the tools that its caller has made already. Raises `ToolServerError` naming a server that is not
        there.
        """
        grant = grant_of_node(node)
        if grant.persona is not None and grant.persona.needs_temp_workspace:
            async with temporary() as workspace:
                living = await self._living(node, workspace)
                yield self._guarded(node, replace(self.of(grant, workspace), live=living))
            return
        living = await self._living(node, None)
        yield self._guarded(node, replace(granted or self.of(grant), live=living))

    def _is_live(self, name: str) -> bool:
        served = self.servers is not None and name.partition(".")[0] in self.servers.names and "." in name
        return served or name in self.live

    async def _living(self, node: Node, workspace: Workspace | None) -> tuple[LiveTool, ...]:
        names = [name for name in (spec.partition("(")[0] for spec in node.tools) if self._is_live(name)]
        served = [name for name in names if name not in self.live]
        found = dict(self.live)
        if served and self.servers is not None:
            found |= await self.servers.tools(served)
        return tuple(bound(found[name], child=node.depth > 0, workspace=workspace) for name in names)

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


def grant_of_node(node: Node) -> Grant:
    """Return what `node` was granted."""
    persona = thaw(node.snapshot) if node.snapshot else None
    return Grant(persona=persona, specs=tuple(node.tools), skills=tuple(node.skills))


def effects_of(granted: Granted) -> dict[str, Effect]:
    """Return the effect of each tool by the name that a model calls it by."""
    effects = {name: declared.effect for name, declared in granted.declared.items()}
    return effects | {visible(tool.name): tool.declared.effect for tool in granted.live if tool.declared}


def as_tool(tool: LiveTool) -> Tool[Any]:
    """Return a live tool as Pydantic AI takes it."""
    name = visible(tool.name)
    if tool.schema is None:
        return Tool(tool.call, name=name, description=tool.description or None)
    return Tool.from_schema(tool.call, name=name, description=tool.description, json_schema=dict(tool.schema))


def who_of(node: Node) -> str:
    """Return who asks, for people: the persona, who started it, and where in the run."""
    if not node.line:
        return node.persona
    above = ", ".join(f"for {mark.partition(' ')[0]}" for mark in reversed(node.line))
    return f"{node.persona}, {above} ({node.path})"
