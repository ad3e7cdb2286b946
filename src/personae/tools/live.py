"""Tools that are instances, of a host program or of a server: shared by all who are granted them, unless they ask."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from personae.tools.declared import Declared
from personae.tools.workspace import Workspace

__all__ = ["LiveTool", "Servers", "bound", "visible"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveTool:
    """One tool as it runs now."""

    name: str
    """As a persona's `tools` names it, such as `maps.find`."""
    call: Callable[..., Any]
    description: str = ""
    """Empty where the call has a docstring for it."""
    schema: Mapping[str, Any] | None = None
    """JSON Schema of its arguments; None where the call's own signature says it."""
    declared: Declared | None = None
    """None: it may do anything once more, and its legs are unknown."""
    for_sub_agent: Callable[[], Callable[..., Any]] | None = None
    """Makes the call for one child, where it holds what two agents must not share."""
    with_workspace: Callable[[Workspace], Callable[..., Any]] | None = None
    """Makes the call for a temporary workspace. One without it is left as it is: it sees no files."""


class Servers(Protocol):
    """Where tools of servers come from."""

    @property
    def names(self) -> Sequence[str]:
        """The servers of the project; a tool is called `server.tool`."""
        ...

    def tools(self, names: Sequence[str]) -> Awaitable[Mapping[str, LiveTool]]:
        """Return the tools called so, their servers reached now.

        Raises `PersonaeError` that names the server which cannot be reached, or the tool that it has no more.
        """
        ...


def visible(name: str) -> str:
    """Return what a model calls the tool: providers allow no dot in it."""
    return name.replace(".", "__")


def bound(tool: LiveTool, *, child: bool, workspace: Workspace | None) -> LiveTool:
    """Return `tool` for one agent: the same instance, or the copy that it asks for."""
    if workspace is not None and tool.with_workspace is not None:
        tool = replace(tool, call=tool.with_workspace(workspace))
    if child and tool.for_sub_agent is not None:
        tool = replace(tool, call=tool.for_sub_agent())
    return tool
