"""Personas as others see them: one line each, within a byte cap, with an estimate of what it costs to show them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate

from personae.persona.model import Persona
from personae.persona.patterns import lazy

__all__ = ["BYTES_PER_TOKEN", "Catalogue", "describe", "estimate_tokens", "list_for_planner"]

BYTES_PER_TOKEN = 4
"""English prose in the tokenizers of today's models; other scripts cost more, so estimates round up."""

_SENTENCE_END = lazy(r"(?<=[.!?])\s")
_MARKUP = lazy(r"^[#>*\-\s]+")
_LONGEST_LINE = 240


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The lines a planner is shown."""

    text: str
    shown: tuple[str, ...]
    left_out: tuple[str, ...]
    tokens: int
    """Estimated; see `estimate_tokens`."""


def describe(persona: Persona) -> str:
    """Return the picker's line: the description, else the role, else the first sentence of the stance."""
    text = persona.description or persona.role or _first_sentence(persona.system_prompt or persona.goal or "")
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_LINE else line[: _LONGEST_LINE - 1].rstrip() + "…"


def estimate_tokens(text: str) -> int:
    """Return about how many tokens `text` has, rounded up; no tokenizer is loaded for it."""
    return -(-len(text.encode()) // BYTES_PER_TOKEN)


def list_for_planner(personas: Iterable[Persona], *, most_bytes: int) -> Catalogue:
    """Return `- slug: description` lines sorted by slug, as many as fit into `most_bytes` of UTF-8.

    What does not fit is named by number in a last line, which fits too.
    """
    ranked = sorted(personas, key=lambda persona: persona.name)
    lines = [f"- {persona.name}: {describe(persona)}" for persona in ranked]
    ends = list(accumulate(len(line.encode()) + 1 for line in lines))
    kept = len(lines)
    if kept and ends[-1] - 1 > most_bytes:
        kept = bisect_right(ends, most_bytes - len(_rest(len(lines)).encode()))
        lines[kept:] = [_rest(len(lines) - kept)]
    text = "\n".join(lines)
    names = tuple(persona.name for persona in ranked)
    return Catalogue(text, names[:kept], names[kept:], estimate_tokens(text))


def _rest(count: int) -> str:
    return f"… and {count} more"


def _first_sentence(text: str) -> str:
    paragraph = next((line for line in text.splitlines() if _MARKUP.sub("", line)), "")
    return _SENTENCE_END.split(_MARKUP.sub("", paragraph), maxsplit=1)[0]
