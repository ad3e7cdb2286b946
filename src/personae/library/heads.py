"""What is known of a persona that nobody has put on: its frontmatter and one line, never its stance."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from personae.errors import Diagnostic
from personae.library.catalogue import describe
from personae.library.registry import place
from personae.persona.model import Effort, Mode, Persona, PersonaType, Tier
from personae.persona.patterns import lazy

__all__ = ["Head", "HeadRead", "cut_head", "head_of"]

_OPENING_FENCE = lazy(rb"(?:\xef\xbb\xbf)?---[^\S\n]*\n")
_CLOSING_FENCE = lazy(rb"^---[^\S\n]*\n", re.MULTILINE)
# As the picker's line is made: what has nothing but markup in it is no sentence.
# Possessive: a line of a megabyte must not be tried again from each of its characters.
_FIRST_LINE = lazy(rb"^(?:[#>*\-]|[^\S\n])*+[^\s#>*\-][^\n]*+\n", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """One dormant persona: enough to list it, choose it, gate it and find its model."""

    slug: str
    display_name: str | None
    line: str
    """What a picker shows."""
    type: PersonaType
    model: str | None
    effort: Effort | None
    tier: Tier | None
    tools: Sequence[str] | None
    requires: Sequence[str]
    enhances: Sequence[str]
    modes: Sequence[Mode]
    triggers: Sequence[str]
    emoji: str
    order: int | None
    place: str
    """Where it comes from, for messages."""
    layer: str
    """`project`, `user`, `built-in`, or `python` for one that was registered by a program."""


@dataclass(frozen=True, slots=True)
class HeadRead:
    """What looking a slug up gave: its head, or what is wrong with it, or neither when nobody has it."""

    head: Head | None
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def left_alone(self) -> bool:
        """Whether nobody is here: no file, or one that is no persona and does not claim to be one."""
        return self.head is None and not self.errors

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """What keeps it from being put on."""
        return tuple(item for item in self.diagnostics if item.severity == "error")


def head_of(persona: Persona) -> Head:
    """Return the head of `persona`. Nothing of its stance goes along, unless no other text describes it."""
    return Head(
        slug=persona.name,
        display_name=persona.display_name,
        line=describe(persona),
        type=persona.type,
        model=persona.model,
        effort=persona.effort,
        tier=persona.tier,
        tools=persona.tools,
        requires=persona.requires,
        enhances=persona.enhances,
        modes=persona.modes,
        triggers=persona.triggers,
        emoji=persona.emoji,
        order=persona.order,
        place=place(persona),
        layer=persona.source.layer if persona.source else "python",
    )


def cut_head(start: bytes) -> bytes | None:
    """Return of the first bytes of a file the frontmatter and the first line of text below it; None for too few.

    That line says that there is a stance, which the rules ask for, and describes a persona that nothing else describes.
    """
    opening = _OPENING_FENCE.match(start)
    if opening is None:
        return None
    closing = _CLOSING_FENCE.search(start, opening.end())
    line = _FIRST_LINE.search(start, closing.end()) if closing else None
    return None if line is None else start[: line.end()]
