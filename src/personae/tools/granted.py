"""The tools of one adoption as callables: those it was granted that this version has, and why each other is missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from personae.adopt.adoption import Adoption
from personae.adopt.world import World
from personae.library.substrate import TEAM_ANSWERS
from personae.tools.approve import Approve, nobody
from personae.tools.fetch import fetch_tool
from personae.tools.files import file_tools
from personae.tools.search import search_tools
from personae.tools.shell import shell_tool
from personae.tools.skill import skill_tool
from personae.tools.team import team_tools
from personae.tools.workspace import Workspace, workspace_of

__all__ = ["Granted", "tools_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """What a model may call, by name."""

    tools: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    not_yet: tuple[str, ...] = ()
    """Granted, and not built in this version: nothing stands in for them."""


def tools_of(
    adoption: Adoption,
    world: World,
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    approve: Approve | None = None,
    workspace: Workspace | None = None,
) -> Granted:
    """Return the callables of `adoption`. It never gives more than was granted.

    `workspace` takes the place of the one that the persona's visibility gives. A persona that needs a temporary one
    gets no file tools without it: the project is what it must not see.
    """
    wished = [spec.partition("(")[0] for spec in adoption.tools.granted]
    tools: dict[str, Callable[..., Any]] = {}
    if any(name in TEAM_ANSWERS for name in wished):
        answers = team_tools(world.project.root, zone=world.project.timezone, now=now)
        tools.update({name: answers[name] for name in wished if name in answers})
    persona = adoption.persona
    if workspace is None and not (persona and persona.needs_temp_workspace):
        workspace = workspace_of(persona, world.project)
    built_in: dict[str, Callable[..., Any]] = {"fetch": fetch_tool()}
    if workspace is not None:
        shell = shell_tool(workspace, who=adoption.slug, approve=approve or nobody)
        built_in |= {**file_tools(workspace), **search_tools(workspace), "shell": shell}
    tools.update({name: built_in[name] for name in wished if name in built_in})
    if load := skill_tool(adoption.skills, world.skills):
        tools[load.__name__] = load
    return Granted(tools=tools, not_yet=tuple(name for name in wished if name not in tools))
