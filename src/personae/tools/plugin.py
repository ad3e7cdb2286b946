"""Plugins: Python packages that bring tools, found by the entry points `personae.tools`, as values.

A plugin may carry a persona: inside a workflow its tools then speak in that persona's voice (see `workflow.plan`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from personae.library.substrate import SHIPPED
from personae.tools.declared import Declared, Effect, Legs, WayOut

__all__ = ["GROUP", "Plugin", "PluginTool", "Plugins", "collected", "plugins_here"]

GROUP = "personae.tools"
"""Of entry points. Each names a `Plugin`."""

_ANYTHING = Legs(private=True, untrusted="yes", way_out=WayOut(reviewed=False, trusted=False))
"""What a tool may do that says nothing of itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginTool:
    """One tool of a plugin. Its function's name, signature and docstring are what a model sees of it."""

    function: Callable[..., Any]
    """Plain or async; it gets what the model or the plan gives, and returns plain JSON. `run.durable.idempotency_key`
    holds the name of the very call while it runs."""
    effect: Effect = "once"
    """What a second call would add. A tool that says nothing is never called twice."""
    legs: Legs = _ANYTHING
    """What it reads and where data may leave through it; everything where it says nothing."""

    @property
    def name(self) -> str:
        """What it is called by."""
        return str(self.function.__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """What one package brings."""

    name: str
    tools: tuple[PluginTool, ...]
    persona_name: str | None = None
    """The persona in whose voice its tools run inside a workflow; the project must know it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugins:
    """All plugins of this installation."""

    tools: Mapping[str, PluginTool] = field(default_factory=dict)
    owners: Mapping[str, Plugin] = field(default_factory=dict)
    """Tool to its plugin."""
    faults: tuple[str, ...] = ()
    """A sentence for each that could not be used; none keeps the others from it."""

    @property
    def declared(self) -> Mapping[str, Declared]:
        """What each tool says of itself."""
        return {name: Declared(effect=tool.effect, legs=tool.legs) for name, tool in self.tools.items()}


@cache
def plugins_here() -> Plugins:
    """Return the plugins installed beside this package; each is imported at the first call."""
    return collected(sorted(entry_points(group=GROUP), key=lambda point: point.name))


def collected(points: Iterable[EntryPoint]) -> Plugins:
    """Return what the entry points name. A tool whose name is taken is left out, and said to be."""
    tools: dict[str, PluginTool] = {}
    owners: dict[str, Plugin] = {}
    faults: list[str] = []
    for point in points:
        try:
            plugin = point.load()
        except Exception as error:  # the package is somebody else's
            faults.append(f"plugin {point.name} cannot be loaded: {type(error).__name__}: {error}")
            continue
        if not isinstance(plugin, Plugin):
            faults.append(f"plugin {point.name} is a {type(plugin).__name__}, not a personae Plugin")
            continue
        for tool in plugin.tools:
            if tool.name in SHIPPED or tool.name in tools:
                taken = owners[tool.name].name if tool.name in owners else "personae itself"
                faults.append(f"plugin {plugin.name}: its tool {tool.name} is left out, since {taken} has one")
                continue
            tools[tool.name], owners[tool.name] = tool, plugin
    return Plugins(tools=tools, owners=owners, faults=tuple(faults))
