"""MCP servers on the command line: those that a persona's tree asks for and nobody has met are met before it runs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from personae.adopt.spawning import reachable
from personae.adopt.world import World
from personae.cli import out
from personae.tools.mcp_servers import McpServers
from personae.tools.pins import pinned_tools, read_pins

__all__ = ["met", "with_pinned"]


def with_pinned(world: World) -> World:
    """Return `world` with the tools of servers that were met before; none is reached."""
    servers = list(world.project.tables.get("mcp", {}))
    return replace(world, tools=world.tools | pinned_tools(world.project.root, servers)) if servers else world


def met(world: World, name: str | None) -> World:
    """Return `world` with the tools of the servers that `name` and those on its lists ask for.

    A server that was never met is reached now and taken at its word. Raises `ToolServerError` naming one that is down.
    """
    unmet = _unmet(world, name) if name is not None else []
    if unmet:
        asyncio.run(_meet(world, unmet))
    return with_pinned(world)


def _unmet(world: World, name: str) -> Sequence[str]:
    servers = set(world.project.tables.get("mcp", {}))
    if not servers:
        return []
    heads = [head for head in reachable(name, world).values() if head]
    wished = {spec.partition(".")[0] for head in heads for spec in head.tools or () if "." in spec}
    return sorted((wished & servers) - set(read_pins(world.project.root)))


async def _meet(world: World, names: Sequence[str]) -> None:
    servers = McpServers.of(world.project)
    try:
        for name in names:
            tools = await servers.meet(name)
            out.note(
                f"met the MCP server {name}: {len(tools)} tools; what it says of them is kept, and a change asks you"
            )
    finally:
        await servers.close()
