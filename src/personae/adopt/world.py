"""Everything an adoption reads, as one value: nothing else reaches it, so the same world gives the same adoption."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from personae.adopt.gate import Gate, gate
from personae.library.capabilities import CapabilityOffer
from personae.library.opinions import OpinionFiles, ReadOpinion
from personae.library.project import Project
from personae.library.roster import Shelf
from personae.library.skills import FindSkill, SkillFound
from personae.library.substrate import SHIPPED
from personae.library.tiers import ModelOffer, ModelWish
from personae.memory.recall import Recall
from personae.persona.model import Persona

__all__ = ["World"]

LookForModels: TypeAlias = Callable[[ModelWish], ModelOffer]
"""What can answer here, as far as the wish makes it worth a look (a local Ollama is asked over the network)."""
LookForCapabilities: TypeAlias = Callable[[Sequence[str]], CapabilityOffer]
AskMemory: TypeAlias = Callable[[Persona | None, str], Recall]
"""What the persona's own memory (None: the brain's) has about a task. It may raise `StorageError`."""


def _no_opinion(name: str) -> OpinionFiles:
    return OpinionFiles()


def _no_skill(slug: str) -> SkillFound:
    return SkillFound()


def _no_capability(names: Sequence[str]) -> CapabilityOffer:
    return CapabilityOffer()


def _no_memory(persona: Persona | None, task: str) -> Recall:
    return Recall(because="no memory was given")


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What there is. The functions look at the moment they are called, so that what they give is the latest."""

    shelf: Shelf
    project: Project
    models: LookForModels
    tools: frozenset[str] = SHIPPED
    """The tools of this machine, those of capabilities apart."""
    substrate: frozenset[str] = SHIPPED
    gate: Gate = gate
    opinions: ReadOpinion = _no_opinion
    skills: FindSkill = _no_skill
    capabilities: LookForCapabilities = _no_capability
    recall: AskMemory = _no_memory
    model_override: str | None = None
    """`--model`."""
