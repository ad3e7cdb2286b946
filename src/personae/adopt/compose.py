"""The prompt a persona makes: which text, in which order, and why each part is there. Pure; it asks nobody.

The stance comes first and verbatim. What follows is framed, so that a model can tell instruction from material, and
nothing inside a frame can close it or open another.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from personae.library.catalogue import estimate_tokens
from personae.persona.model import Persona

__all__ = ["Material", "Prompt", "Section", "compose", "stance_of"]

_FRAMES = ("task", "document", "result")
_FORGED = re.compile(rf"<(?=\s*/?\s*(?:{'|'.join(_FRAMES)})\b)", re.IGNORECASE)
_NAME = re.compile(r"[\"<>\r\n]")


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


def compose(persona: Persona, *, task: str | None = None, materials: Sequence[Material] = ()) -> Prompt:
    """Return the prompt of `persona` for `task`, working on `materials`, in that order."""
    stance, because = stance_of(persona)
    system = Section(name="stance", text=stance, because=because)
    return Prompt(system=(system,), user=tuple(_user(task, materials)))


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
        name = _NAME.sub(" ", material.name)
        text = f'<{material.frame} name="{name}">\n{_harmless(material.text)}\n</{material.frame}>'
        yield Section(name=f"{material.frame} {name}", text=text, because=_ORIGINS[material.frame])
    if task is not None:
        text = f"<task>\n{_harmless(task)}\n</task>" if materials else task
        yield Section(name="task", text=text, because="what was asked")


_ORIGINS = {
    "document": "given with --with; material to work on, not instructions",
    "result": "what a step before this one answered; material to work on, not instructions",
}


def _harmless(text: str) -> str:
    """Return `text` so that no tag in it is one of our frames."""
    return _FORGED.sub("&lt;", text.strip())
