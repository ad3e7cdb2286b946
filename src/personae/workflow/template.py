"""Who does what, by rule: the order of a plan where the model is too small to choose one.

A model of half a billion parameters picks the members of a plan in the order they are listed, whatever the goal
(measured: five goals, five times the same four). So the words of the goal pick them, and the model only says what each
is to do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from personae.library.registry import Snapshot
from personae.persona.model import Persona
from personae.workflow.plan import ROLES, StepKind

__all__ = ["members_for"]

# Beginnings of words, so that "analyze", "analysis" and "analyst" are one cue. Order is the order of work.
_CUES: tuple[tuple[StepKind, str], ...] = (
    ("research", r"research|investigat|collect|gather|extract|find out|look up|read|sources?|facts?|check what"),
    ("analysis", r"analy[sz]|weigh|rank|compar|priorit|assess|evaluat|urgent|risk|cost|recommend|decid|choos|why"),
    ("code", r"code|script|function|implement|program|refactor|fix|bug|tests?\b|python|api\b"),
    ("writing", r"writ|draft|summar|report|letter|mail|article|document|plan of action|explain|describ|note\b|text"),
)
_CODE_WRITING = r"summar|report|letter|mail|article|document|explain|describ|note\b"
"""What calls for a writer beside a coder: one also writes or drafts code."""


def members_for(goal: str, personas: Snapshot, *, has_texts: bool) -> list[Persona]:
    """Return who works on `goal`, in order: the step roles that its words call for, and the project's own it names.

    Given texts call for a researcher first. Somebody who writes comes last unless the work is code.
    """
    kinds = [kind for kind, cue in _CUES if re.search(rf"\b(?:{cue})", goal, re.IGNORECASE)]
    if "code" in kinds and "writing" in kinds and not re.search(rf"\b(?:{_CODE_WRITING})", goal, re.IGNORECASE):
        kinds.remove("writing")
    if has_texts and "research" not in kinds and "code" not in kinds:
        kinds.insert(0, "research")
    if "code" not in kinds and "writing" not in kinds:
        kinds.append("writing")
    roles = [personas[ROLES[kind]] for kind in kinds if ROLES[kind] in personas]
    own = [persona for persona in _own(personas) if persona not in roles and _is_named(persona, goal)]
    if roles and roles[-1].name == ROLES["writing"]:
        return [*roles[:-1], *own, roles[-1]]
    return [*roles, *own]


def _own(personas: Snapshot) -> Iterable[Persona]:
    return (item for item in personas.values() if item.source is None or item.source.layer != "built-in")


def _is_named(persona: Persona, goal: str) -> bool:
    names = [persona.name, persona.name.replace("-", " ").replace("_", " "), persona.display_name, persona.role]
    cues = [cue for cue in (*names, *persona.triggers) if cue]
    return any(re.search(rf"\b{re.escape(cue)}\b", goal, re.IGNORECASE) for cue in cues)
