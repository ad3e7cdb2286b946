"""What of all that is here speaks to a goal: the personas and tools that a planner is shown. Pure.

They are a few whatever is registered, so a plan costs the same among ten and ten thousand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from personae.library.heads import head_of
from personae.library.ranking import ranked, scores, words_of
from personae.library.registry import Snapshot
from personae.persona.model import Persona
from personae.workflow.plan import ROLES

__all__ = ["MOST_PERSONAS", "MOST_TOOLS", "personas_for", "tools_for"]

MOST_PERSONAS = 16
MOST_TOOLS = 8


def personas_for(goal: str, personas: Snapshot, *, most: int = MOST_PERSONAS) -> list[Persona]:
    """Return the personas for a plan of `goal`: the step roles, then those that speak to it best, at most `most`."""
    roles = [personas[slug] for slug in ROLES.values() if slug in personas]
    others = ranked((head_of(persona) for persona in personas.values() if persona not in roles), goal)
    return [*roles, *(personas[head.slug] for head in others)][:most]


def tools_for(goal: str, tools: Mapping[str, str], *, most: int = MOST_TOOLS) -> list[str]:
    """Return the tools (name to description) that share a word with `goal`, the best first, at most `most`."""
    names = sorted(tools)
    texts = [Counter(words_of(f"{name} {tools[name]}".replace("_", " "))) for name in names]
    found = (
        sorted(zip(scores(texts, set(words_of(goal))), names, strict=True), key=lambda one: -one[0]) if names else []
    )
    return [name for score, name in found if score > 0][:most]
