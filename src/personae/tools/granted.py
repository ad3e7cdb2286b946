"""The tools of one adoption as callables: those it was granted that this version has, and why each other is missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from personae.adopt.adoption import BRAIN, Adoption
from personae.adopt.world import World
from personae.library.substrate import TEAM_ANSWERS
from personae.persona.model import Persona
from personae.tools.approve import Approve, nobody
from personae.tools.declared import DECLARED, Declared
from personae.tools.fetch import fetch_tool
from personae.tools.files import file_tools
from personae.tools.live import LiveTool
from personae.tools.plugin import plugins_here
from personae.tools.search import search_tools
from personae.tools.shell import shell_tool
from personae.tools.skill import skill_tool
from personae.tools.team import team_tools
from personae.tools.workspace import Workspace, workspace_of

__all__ = ["Grant", "Granted", "grant_of", "tools_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What one persona was granted, by names alone: from it the same tools are made anywhere."""

    persona: Persona | None = None
    """None is the brain."""
    specs: tuple[str, ...] = ()
    """As the persona spells them, such as `agent(researcher)`."""
    skills: tuple[str, ...] = ()
    """Slugs of those that are here."""

    @property
    def who(self) -> str:
        """The slug."""
        return self.persona.name if self.persona else BRAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """What a model may call, by name."""

    tools: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    declared: Mapping[str, Declared] = field(default_factory=dict)
    """What each of them says of itself; nothing for one of a plugin or a server that says nothing."""
    live: tuple[LiveTool, ...] = ()
    """Further ones, of a host program or a server."""
    later: tuple[str, ...] = ()
    """Made when its temporary workspace is."""
    not_yet: tuple[str, ...] = ()
    """Granted, and not here: nothing stands in for them."""

    @property
    def names(self) -> list[str]:
        """Every tool that there is or will be, as a persona spells it; sorted."""
        return sorted({*self.tools, *self.later, *(tool.name for tool in self.live)})


_IN_A_WORKSPACE = ("list", "read", "glob", "grep", "write", "edit", "shell")
"""Made when the workspace is."""


def grant_of(adoption: Adoption) -> Grant:
    """Return what `adoption` was granted."""
    skills = tuple(skill.slug for skill in adoption.skills if skill.present)
    return Grant(persona=adoption.persona, specs=adoption.tools.granted, skills=skills)


def tools_of(
    grant: Grant,
    world: World,
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    approve: Approve | None = None,
    workspace: Workspace | None = None,
) -> Granted:
    """Return the callables of `grant`. It never gives more than was granted.

    `workspace` takes the place of the one that the persona's visibility gives. A persona that needs a temporary one
    gets no file tools without it: the project is what it must not see.
    """
    wished = [spec.partition("(")[0] for spec in grant.specs]
    tools: dict[str, Callable[..., Any]] = {}
    if any(name in TEAM_ANSWERS for name in wished):
        answers = team_tools(world.project.root, zone=world.project.timezone, now=now)
        tools.update({name: answers[name] for name in wished if name in answers})
    persona = grant.persona
    later: frozenset[str] = frozenset()
    if workspace is None and persona and persona.needs_temp_workspace:
        later = frozenset(_IN_A_WORKSPACE)
    elif workspace is None and any(name in _IN_A_WORKSPACE for name in wished):
        workspace = workspace_of(persona, world.project)
    built_in: dict[str, Callable[..., Any]] = {"fetch": fetch_tool()}
    if workspace is not None:
        shell = shell_tool(workspace, who=grant.who, approve=approve or nobody)
        built_in |= {**file_tools(workspace), **search_tools(workspace), "shell": shell}
    tools.update({name: built_in[name] for name in wished if name in built_in})
    if load := skill_tool(grant.skills, world.skills):
        tools[load.__name__] = load
    plugins = plugins_here()
    tools.update({name: plugins.tools[name].function for name in wished if name in plugins.tools})
    known = {**plugins.declared, **DECLARED}
    declared = {name: known[name] for name in tools if name in known}
    not_yet = tuple(name for name in wished if name not in tools and name not in later)
    return Granted(
        tools=tools, declared=declared, not_yet=not_yet, later=tuple(name for name in wished if name in later)
    )
