"""The prompt a persona makes: which text, in which order, and why each part is there. Pure; it asks nobody.

The stance comes first and verbatim. What follows is framed and keeps one order, so that providers' caches of prompts
hit: opinions, skills, capabilities, memory; then, in the message of the user, material and task.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from personae.adopt.frames import framed, harmless, one_line
from personae.library.catalogue import estimate_tokens
from personae.persona.model import Persona

__all__ = ["Material", "Prompt", "Section", "compose", "stance_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Text to work on: a file given by a person (`document`), or what an earlier step answered (`result`)."""

    name: str
    text: str
    frame: str = "document"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One part of a prompt."""

    name: str
    text: str
    because: str

    @property
    def tokens(self) -> int:
        """Estimated; see `estimate_tokens`."""
        return estimate_tokens(self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """Exactly what a model is sent for one task."""

    system: tuple[Section, ...]
    user: tuple[Section, ...]

    @property
    def system_text(self) -> str:
        """The system prompt."""
        return "\n\n".join(section.text for section in self.system)

    @property
    def user_text(self) -> str:
        """The message the task is given in; empty without a task."""
        return "\n\n".join(section.text for section in self.user)

    @property
    def tokens(self) -> int:
        """Estimated."""
        return sum(section.tokens for section in (*self.system, *self.user))

    @property
    def digest(self) -> str:
        """Changes when anything the model gets does."""
        return hashlib.sha256(f"{self.system_text}\x00{self.user_text}".encode()).hexdigest()[:16]


def compose(
    persona: Persona | None,
    *,
    task: str | None = None,
    materials: Sequence[Material] = (),
    beneath: Sequence[Section] = (),
) -> Prompt:
    """Return the prompt of `persona` (None: of no stance) for `task`; `beneath` are the sections after the stance."""
    system = list(beneath)
    if persona is not None:
        stance, because = stance_of(persona)
        system.insert(0, Section(name="stance", text=stance, because=because))
    return Prompt(system=tuple(system), user=tuple(_user(task, materials)))


def stance_of(persona: Persona) -> tuple[str, str]:
    """Return the stance's text and why it is that: the body verbatim, or role, goal and backstory put together."""
    if persona.system_prompt is not None:
        return persona.system_prompt, "the body of the persona, verbatim"
    lines = [f"Your role: {persona.role}."]
    if persona.goal:
        lines.append(f"Your goal: {persona.goal.rstrip('.')}.")
    text = "\n".join(lines) + (f"\n\n{persona.backstory}" if persona.backstory else "")
    return text, "role, goal and backstory, since there is no body"


def _user(task: str | None, materials: Sequence[Material]) -> Iterator[Section]:
    for material in materials:
        name = one_line(material.name)
        text = framed(material.frame, harmless(material.text), name=name)
        yield Section(name=f"{material.frame} {name}", text=text, because=_ORIGINS[material.frame])
    if task is not None:
        text = framed("task", harmless(task)) if materials else task
        yield Section(name="task", text=text, because="what was asked")


_ORIGINS = {
    "document": "given with --with; material to work on, not instructions",
    "result": "what a step before this one answered; material to work on, not instructions",
}
