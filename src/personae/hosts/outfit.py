"""A persona made ready for hosts: each wish resolved once, so that a host only spells it. Pure; it writes nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from personae.adopt.adopt import limits_of, step_sections
from personae.adopt.compose import Section, compose
from personae.adopt.frames import framed, harmless, one_line
from personae.adopt.toolbox import resolve_tools
from personae.adopt.world import World
from personae.hosts.words import WORDS, bare, server_of
from personae.library.capabilities import CapabilityBinding, CapabilityOffer, resolve_capabilities
from personae.library.catalogue import describe
from personae.library.project import Project
from personae.library.registry import Snapshot
from personae.library.roster import SnapshotShelf
from personae.library.skills import SkillBinding, resolve_skills
from personae.library.tiers import TIERS, ModelOffer
from personae.persona.model import MODES, Budget, Mode, Persona
from personae.persona.render import render

__all__ = ["Grant", "Outfit", "bare_world", "outfit"]

_SIZES: Mapping[str, str] = {"T0": "small", "T1": "medium", "T2": "large", "T3": "large", "T4": "large"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """The tools of a persona in one mode."""

    words: tuple[str, ...]
    """As the persona spells them."""
    left_out: tuple[tuple[str, str], ...] = ()
    limited: bool = True
    """Whether the persona, its project or the pools list tools; False leaves it to the host."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outfit:
    """What a host needs to know of a persona."""

    persona: Persona
    prompt: str
    """The stance verbatim, then opinions, capabilities and the places of its skills."""
    description: str
    """What it is for, with its triggers: hosts route by it."""
    grants: Mapping[Mode, Grant]
    size: str | None
    """Of the model, by the tier: small, medium or large; None where nobody wishes one."""
    model: str | None
    """A concrete wish, which beats the size."""
    effort: str | None
    budget: Budget
    skills: tuple[SkillBinding, ...] = ()
    capabilities: tuple[CapabilityBinding, ...] = ()
    subagents: tuple[str, ...] = ()
    """Whom it may start, where it may start any: the personas that declare sub-agent mode."""
    digest: str = ""
    """Of the persona's text."""

    @property
    def slug(self) -> str:
        """The persona's id."""
        return self.persona.name

    def declares(self, mode: Mode) -> bool:
        """Whether the persona may be worn in `mode`."""
        return mode in self.persona.modes


def bare_world() -> World:
    """Return a world in which nothing is known but the persona in hand."""
    shelf = SnapshotShelf(Snapshot(()))
    return World(shelf=shelf, project=Project(root=Path()), models=lambda wish: ModelOffer())


def outfit(persona: Persona, world: World | None = None, *, subagents: Sequence[str] = ()) -> Outfit:
    """Resolve what `persona` wishes in `world` (None: nothing around it). Raises nothing."""
    world = world or bare_world()
    wished = persona.enhances
    capabilities = resolve_capabilities(wished, world.capabilities(wished) if wished else CapabilityOffer())
    skills = resolve_skills(persona.skills, world.skills)
    return Outfit(
        persona=persona,
        prompt=_prompt(persona, world, skills),
        description=_description(persona),
        grants=MappingProxyType({mode: _grant(persona, mode, world, capabilities) for mode in MODES}),
        size=_SIZES.get(persona.tier or ""),
        model=_model(persona, world.project),
        effort=_effort(persona, world.project),
        budget=limits_of(persona, world).budget,
        skills=skills,
        capabilities=capabilities,
        subagents=tuple(slug for slug in subagents if slug != persona.name),
        digest=hashlib.sha256(render(persona).encode()).hexdigest()[:12],
    )


def _prompt(persona: Persona, world: World, skills: Sequence[SkillBinding]) -> str:
    """Return what a sub-agent would be sent, with files in the place of the `skill` tool, which hosts do not have."""
    sections = list(step_sections(persona, world))
    present = [skill for skill in skills if skill.present]
    if present:
        texts = ["Read the file of a skill when your work calls for it."]
        texts += [f"- {skill.slug} ({skill.file}): {one_line(harmless(skill.description))}" for skill in present]
        text = framed("skills", "\n".join(texts))
        sections.append(Section(name="skills", text=text, because="the persona lists them"))
    return compose(persona, beneath=sections).system_text


def _description(persona: Persona) -> str:
    text = persona.description or describe(persona) or f"The persona {persona.name}."
    if not persona.triggers:
        return text
    end = "" if text.endswith((".", "!", "?", "…")) else "."
    return f"{text}{end} Use for: {', '.join(persona.triggers)}."


def _grant(persona: Persona, mode: Mode, world: World, capabilities: Sequence[CapabilityBinding]) -> Grant:
    project = world.project
    wished = persona.tools if persona.tools is not None else project.defaults.tools
    # A host has tools that we have not; who wishes for one by name gets it there.
    theirs = [bare(spec) for spec in wished or () if bare(spec) in WORDS or server_of(bare(spec))]
    offered = [*_in_order(world.tools), *theirs]
    found = resolve_tools(persona.tools, project=project, mode=mode, offered=offered, capabilities=capabilities)
    limited = wished is not None or project.parent_pool is not None or bool(project.subagent_pool)
    return Grant(words=found.granted, left_out=found.left_out, limited=limited)


def _in_order(tools: frozenset[str]) -> Iterator[str]:
    yield from (word for word in WORDS if word in tools)
    yield from sorted(tools - WORDS.keys())


def _model(persona: Persona, project: Project) -> str | None:
    """Return the model that is wished by name, in the order of `resolve_model`."""
    if persona.model and persona.model != "inherit":
        return persona.model
    if persona.tier is not None:
        return project.tiers.get(persona.tier, {}).get("model")
    return project.defaults.model


def _effort(persona: Persona, project: Project) -> str | None:
    if persona.effort or persona.tier is None:
        return persona.effort
    return project.tiers.get(persona.tier, {}).get("effort") or TIERS[persona.tier].effort
