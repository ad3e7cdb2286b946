"""What a node may call, put together where it runs: made from names, live ones of hosts and servers, and guarded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from personae.adopt.world import World
from personae.run.durable import calling
from personae.run.node import Node
from personae.run.record.record import Record
from personae.run.snapshot import thaw
from personae.run.subagents import SPAWNING, Spawner, spawning_tools
from personae.run.trust import guarded_call
from personae.tools.approve import Approve, Question
from personae.tools.declared import Declared, WayOut
from personae.tools.granted import Grant, Granted, tools_of
from personae.tools.live import LiveTool, Servers, bound
from personae.tools.workspace import Workspace

__all__ = ["Equipment", "Further", "grant_of_node", "nothing_further", "who_of"]

Further = Callable[[Grant], Granted]
"""What gives a grant tools of floors above this one."""

_UNKNOWN = WayOut(reviewed=False, trusted=False)


def nothing_further(grant: Grant) -> Granted:
    """Give no tools."""
    return Granted()


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """What the nodes of one run get their tools from."""

    world: World
    record: Record
    approve: Approve | None
    live: Mapping[str, LiveTool]
    servers: Servers | None
    further: Further

    def made(self, grant: Grant, spawner: Spawner, workspace: Workspace | None = None) -> Granted:
        """Return the tools of `grant` that are made from their names; live ones come later."""
        made = tools_of(grant, self.world, now=self.record.now, approve=self._asks(), workspace=workspace)
        spawning = spawning_tools(spawner, grant.specs)
        further = self.further(grant)
        missing = [name for name in made.not_yet if name not in spawning and name not in further.tools]
        return Granted(
            tools={**made.tools, **spawning, **further.tools},
            declared={**made.declared, **{name: SPAWNING[name] for name in spawning}, **further.declared},
            later=(*made.later, *(name for name in missing if self._is_live(name))),
            not_yet=tuple(name for name in missing if not self._is_live(name)),
        )

    async def whole(self, node: Node, granted: Granted, workspace: Workspace | None) -> Granted:
        """Return `granted` with the live tools of `node`, their servers reached, and guarded where the node is.

        Raises `ToolServerError` naming a server that cannot be reached.
        """
        names = [name for name in (spec.partition("(")[0] for spec in node.tools) if self._is_live(name)]
        served = [name for name in names if name not in self.live]
        found = dict(self.live)
        if served and self.servers is not None:
            found |= await self.servers.tools(served)
        live = tuple(bound(found[name], child=node.depth > 0, workspace=workspace) for name in names)
        return self._guarded(node, replace(granted, live=live))

    def _is_live(self, name: str) -> bool:
        server, dot, _ = name.partition(".")
        return name in self.live or (bool(dot) and self.servers is not None and server in self.servers.names)

    def _guarded(self, node: Node, granted: Granted) -> Granted:
        """Let a person see what the tools of a guarded node would carry out."""
        if not node.guarded:
            return granted

        def watched(name: str, call: Callable[..., Any], declared: Declared | None) -> Callable[..., Any]:
            way = declared.legs.way_out if declared else _UNKNOWN
            if way is None or way.reviewed or name in SPAWNING:
                return call
            return guarded_call(name, call, self._asks(), lambda: who_of(node))

        tools = {name: watched(name, call, granted.declared.get(name)) for name, call in granted.tools.items()}
        live = tuple(replace(tool, call=watched(tool.name, tool.call, tool.declared)) for tool in granted.live)
        return replace(granted, tools=tools, live=live)

    def _asks(self) -> Approve:
        """Return who is asked. A question says who asks, and on whose behalf."""

        async def ask(question: Question) -> bool:
            if self.approve is None:
                return False
            call = calling.get(None)
            return await self.approve(replace(question, who=who_of(call.node)) if call else question)

        return ask


def who_of(node: Node) -> str:
    """Return who asks, for people: the persona, who started it, and where in the run."""
    if not node.line:
        return node.persona
    above = ", ".join(f"for {mark.partition(' ')[0]}" for mark in reversed(node.line))
    return f"{node.persona}, {above} ({node.path})"


def grant_of_node(node: Node) -> Grant:
    """Return what `node` was granted."""
    persona = thaw(node.snapshot) if node.snapshot else None
    return Grant(persona=persona, specs=tuple(node.tools), skills=tuple(node.skills))
