"""The MCP servers of a project: reached when somebody who is granted a tool of theirs runs, closed with the run."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from personae.errors import ToolChangedError, ToolServerError
from personae.library.project import Project
from personae.tools.declared import Declared, Legs, WayOut
from personae.tools.live import LiveTool
from personae.tools.pins import Pin, read_pins, write_pins

__all__ = ["McpServers", "changed_tools", "legs_of"]


@dataclass(slots=True, kw_only=True)
class McpServers:
    """Connections by name, each made once a run. It satisfies `tools.live.Servers`."""

    root: Path
    tables: Mapping[str, Mapping[str, Any]]
    """`[mcp]` of the project file."""
    env: Mapping[str, str] = field(default_factory=lambda: os.environ)
    _open: dict[str, Any] = field(default_factory=dict, init=False)
    _locks: dict[str, asyncio.Lock] = field(default_factory=dict, init=False)

    @classmethod
    def of(cls, project: Project) -> McpServers:
        """Return the servers of `project`; none is reached yet."""
        return cls(root=project.root, tables=project.tables.get("mcp", {}))

    @property
    def names(self) -> Sequence[str]:
        """The servers of the project."""
        return tuple(self.tables)

    async def tools(self, names: Sequence[str]) -> Mapping[str, LiveTool]:
        """Return the tools called `server.tool`. A server that is met for the first time is taken at its word.

        Raises `ToolServerError` for one that cannot be reached or has such a tool no more, `ToolChangedError` where a
        tool is not described as it was.
        """
        found: dict[str, LiveTool] = {}
        for name in names:
            server, _, tool = name.partition(".")
            pin = (await self.meet(server)).get(tool)
            if pin is None:
                raise ToolServerError(server, f"it has no tool {tool!r} now")
            known = read_pins(self.root).get(server, {}).get(tool)
            if known is None or known.digest != pin.digest:
                raise ToolChangedError(name, new=known is None)
            found[name] = self._live(name, pin)
        return found

    async def meet(self, server: str) -> Mapping[str, Pin]:
        """Reach `server` and return its tools as it describes them; keep them where it was never met before."""
        async with self._locks.setdefault(server, asyncio.Lock()):
            connection = self._open.get(server)
            if connection is None:
                connection = self._open[server] = await self._connect(server)
        pins = read_pins(self.root)
        if server not in pins:
            write_pins(self.root, {**pins, server: connection.pins})
        return dict(connection.pins)

    async def close(self) -> None:
        """Close every connection."""
        await asyncio.gather(*(connection.close() for connection in self._open.values()))
        self._open.clear()

    async def _connect(self, server: str) -> Any:
        # The package comes with an extra, and takes a third of a second to import.
        try:
            from personae.tools.mcp_connection import connect  # noqa: PLC0415 - see above
        except ModuleNotFoundError as error:
            help = "pip install 'personae[mcp]' brings it."
            raise ToolServerError(server, f"the package {error.name} is not installed", help=help) from error
        return await connect(server, self.tables[server], env=self.env)

    def _live(self, name: str, pin: Pin) -> LiveTool:
        server, _, tool = name.partition(".")
        connection = self._open[server]

        async def call(**arguments: Any) -> str:
            answer: str = await connection.call(tool, arguments)
            return answer

        return LiveTool(
            name=name,
            call=call,
            description=pin.description or f"The tool {tool} of the server {server}.",
            schema=pin.schema,
            declared=Declared(effect=pin.effect, legs=legs_of(self.tables[server])),
        )


def legs_of(table: Mapping[str, Any]) -> Legs:
    """Return the legs that the project says a server's tools bring; of one that it says nothing of, the worst."""
    way_out = table.get("wayOut", "open")
    return Legs(
        private=table.get("private", False),
        untrusted=table.get("untrusted", "yes"),
        way_out=None if way_out == "none" else WayOut(reviewed=False, trusted=way_out == "trusted"),
    )


def changed_tools(known: Mapping[str, Pin], now: Mapping[str, Pin]) -> Mapping[str, tuple[Pin | None, Pin | None]]:
    """Return the tools that are not as they were, each as it was and as it is; None where there is none."""
    names = sorted({*known, *now})
    pairs = {name: (known.get(name), now.get(name)) for name in names}
    return {name: (old, new) for name, (old, new) in pairs.items() if old != new}
