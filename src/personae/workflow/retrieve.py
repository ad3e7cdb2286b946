"""What of all that is here speaks to a goal: ranked by BM25 over names and descriptions. Pure.

A planner is shown a few personas and tools whatever is registered, so a plan costs the same among ten and ten thousand.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from personae.library.catalogue import describe
from personae.library.registry import Snapshot
from personae.memory.alike import gist
from personae.persona.model import Persona
from personae.workflow.plan import ROLES

__all__ = ["MOST_PERSONAS", "MOST_TOOLS", "personas_for", "ranked", "tools_for"]

MOST_PERSONAS = 16
MOST_TOOLS = 8

# Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009.
_K1, _B = 1.2, 0.75

_Item = TypeVar("_Item")


def personas_for(goal: str, personas: Snapshot, *, most: int = MOST_PERSONAS) -> list[Persona]:
    """Return the personas for a plan of `goal`: the step roles, then those that speak to it best, at most `most`."""
    roles = [personas[slug] for slug in ROLES.values() if slug in personas]
    others = [persona for persona in personas.values() if persona not in roles]
    found = ranked(goal, [(persona, _about(persona)) for persona in others])
    rest = [persona for persona in others if persona not in found]
    return [*roles, *found, *rest][:most]


def tools_for(goal: str, tools: Mapping[str, str], *, most: int = MOST_TOOLS) -> list[str]:
    """Return the tools (name to description) that speak to `goal`, the best first, at most `most`."""
    return ranked(goal, [(name, f"{name.replace('_', ' ')} {text}") for name, text in sorted(tools.items())])[:most]


def ranked(wanted: str, items: Sequence[tuple[_Item, str]]) -> list[_Item]:
    """Return the items whose text shares a word with `wanted`, the best first; equals keep their order."""
    counts = [Counter(gist(text).split()) for _, text in items]
    holding = Counter(word for count in counts for word in count)
    mean = sum(count.total() for count in counts) / len(counts) if counts else 1.0
    words = list(dict.fromkeys(gist(wanted).split()))
    scores = [_score(words, count, holding, len(counts), mean) for count in counts]
    order = sorted(range(len(items)), key=lambda index: -scores[index])
    return [items[index][0] for index in order if scores[index] > 0]


def _score(words: Iterable[str], count: Counter[str], holding: Counter[str], of: int, mean: float) -> float:
    length = count.total() / mean if mean else 1.0
    return sum(
        math.log(1 + (of - holding[word] + 0.5) / (holding[word] + 0.5))
        * count[word]
        * (_K1 + 1)
        / (count[word] + _K1 * (1 - _B + _B * length))
        for word in words
        if count[word]
    )


def _about(persona: Persona) -> str:
    name = f"{persona.name} {persona.display_name}".replace("-", " ").replace("_", " ")
    return " ".join([name, persona.role or "", describe(persona), *persona.triggers])
