"""A persona put on in a mode, or the refusal to put it on. Both are plain values, and say why."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from personae.adopt.compose import Prompt
from personae.adopt.toolbox import ToolBinding
from personae.errors import (
    Diagnostic,
    InvalidFileError,
    ModelUnavailableError,
    PersonaeError,
    UnknownNameError,
    UsageError,
)
from personae.library.capabilities import CapabilityBinding
from personae.library.opinions import OpinionBinding
from personae.library.skills import SkillBinding
from personae.library.tiers import ModelBinding
from personae.memory.recall import Recall
from personae.persona.model import DEFAULT_MAX_STEPS, Budget, Mode, Persona

__all__ = ["BRAIN", "Adoption", "Limits", "Reason", "Refusal", "as_error"]

BRAIN = "brain"
"""What lies beneath every adoption. It has no stance, and no persona may have its name."""

Reason = Literal["not-found", "brain", "gate-failed", "mode-not-declared", "model-unavailable", "fault"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one task may take."""

    max_steps: int = DEFAULT_MAX_STEPS
    budget: Budget = field(default_factory=Budget)
    """The persona's caps, and the project's where it sets none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """A persona put on: what the model gets, by which model, with which tools, within which limits, and why."""

    persona: Persona | None
    """None is the brain alone."""
    mode: Mode
    prompt: Prompt
    model: ModelBinding
    recalled: Recall
    tools: ToolBinding = field(default_factory=ToolBinding)
    opinions: tuple[OpinionBinding, ...] = ()
    skills: tuple[SkillBinding, ...] = ()
    capabilities: tuple[CapabilityBinding, ...] = ()
    memory_fault: str = ""
    """Why a memory that is there could not be read."""
    limits: Limits = field(default_factory=Limits)
    warnings: tuple[Diagnostic, ...] = ()
    """About the persona's own file; none keeps it from being put on."""

    @property
    def slug(self) -> str:
        """Who this is."""
        return self.persona.name if self.persona else BRAIN

    @property
    def degraded(self) -> tuple[str, ...]:
        """A sentence for each thing that was asked for and is not here, or is here only in part."""
        return tuple(_lacks(self))

    @property
    def digest(self) -> str:
        """Changes when anything the model gets does: text, tools, model, effort."""
        parts = (self.prompt.digest, self.mode, self.model.name, self.model.effort, *self.tools.granted)
        return hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a persona was not put on, and everything that stands in its way."""

    name: str
    mode: str
    reason: Reason
    """The first step of the pipeline that refused."""
    violations: tuple[Diagnostic, ...]
    would_be: Adoption | None = None
    """What it would have been, where only the model is missing: for showing it, never for running it."""
    known: tuple[str, ...] = ()
    """The names or modes that would have been right."""

    @property
    def message(self) -> str:
        """One sentence."""
        return f"{self.name!r} cannot be put on: {self.violations[0].message}"

    @property
    def help(self) -> str:
        """The way out of the first violation."""
        return self.violations[0].help


def as_error(refusal: Refusal) -> PersonaeError:
    """Return the error for commands that cannot go on, with the exit code that its kind has."""
    match refusal.reason:
        case "not-found":
            return UnknownNameError("persona", refusal.name, refusal.known)
        case "mode-not-declared":
            return UnknownNameError("mode", refusal.mode, refusal.known)
        case "brain":
            return UsageError(refusal.message, help=refusal.help)
        case "gate-failed":
            return InvalidFileError(refusal.violations)
        case "model-unavailable":
            first = refusal.violations[0]
            return ModelUnavailableError(first.found, first.message, help=first.help)
        case "fault":
            return PersonaeError(refusal.message, help=refusal.help)


def _lacks(adoption: Adoption) -> Iterator[str]:
    for opinion in adoption.opinions:
        if not opinion.present or opinion.diagnostics:
            yield f"opinion {opinion.name}: {opinion.because}"
    for skill in adoption.skills:
        if not skill.present:
            yield f"skill {skill.slug}: {skill.because}"
    for capability in adoption.capabilities:
        if not capability.present:
            way_out = f" ({capability.help})" if capability.help else ""
            yield f"capability {capability.name}: {capability.reason}, {capability.because}{way_out}"
    if adoption.persona is not None and adoption.persona.tools is not None:
        for tool, reason in adoption.tools.left_out:
            yield f"tool {tool}: {reason}"
    if adoption.memory_fault:
        yield f"memory: {adoption.memory_fault}"
    if adoption.model.degraded:
        yield f"model: {adoption.model.because}"
