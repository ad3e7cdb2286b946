"""Who is put on: an explicit choice beats a workflow step, and that beats detection. The why is kept."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from personae.errors import close_matches
from personae.library.heads import Head
from personae.library.project import FILE_NAME, Project
from personae.persona.model import Mode

__all__ = ["Precedence", "Route", "Selection", "route", "select"]

Precedence = Literal["explicit", "workflow-step", "detection", "nothing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A persona that a cue of its own points to."""

    slug: str
    trigger: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Who was chosen, by which rank of precedence, and what that beat."""

    name: str | None
    """None is the brain alone: there is no default persona."""
    by: Precedence
    because: str
    passed_over: tuple[str, ...] = ()
    """What was chosen by a lower rank, or may not choose here."""
    help: str = ""
    """The way out where a step was named that nobody wears."""


def select(
    project: Project,
    *,
    mode: Mode,
    explicit: str | None = None,
    step: str | None = None,
    detected: Route | None = None,
) -> Selection:
    """Return who is put on. Nothing is read but the project's `[workflow.<step>]`; the name may be unknown still.

    What is detected counts for sub-agents only: no cue swaps the stance of a session.
    """
    passed_over: list[str] = []
    worn = project.workflow.get(step) if step is not None else None
    cue = f"{detected.slug} (its trigger {detected.trigger!r})" if detected else ""
    if detected and mode != "sub-agent":
        passed_over.append(f"{cue}: a cue never swaps the stance of a session")
        detected = None
    if explicit is not None:
        passed_over += [f"{worn} ([workflow.{step}])"] if worn else []
        passed_over += [cue] if detected else []
        return Selection(name=explicit, by="explicit", because="named explicitly", passed_over=tuple(passed_over))
    if worn is not None:
        origin = project.origins.get(f"workflow.{step}.persona", FILE_NAME)
        passed_over += [cue] if detected else []
        because = f"[workflow.{step}] names it ({origin})"
        return Selection(name=worn, by="workflow-step", because=because, passed_over=tuple(passed_over))
    if detected is not None:
        because = f"the task has its trigger {detected.trigger!r}"
        return Selection(name=detected.slug, by="detection", because=because)
    because, help = "nobody was named, and there is no default persona: the brain alone", ""
    if step is not None:
        because = f"{FILE_NAME} has no [workflow.{step}]: the brain alone"
        near = close_matches(step, project.workflow)
        help = f"Did you mean {near[0]!r}?" if near else f'Add [workflow.{step}] with persona = "…".'
    return Selection(name=None, by="nothing", because=because, passed_over=tuple(passed_over), help=help)


def route(task: str, heads: Iterable[Head]) -> tuple[Route, ...]:
    """Return the sub-agents whose triggers stand in `task` as whole words; the longest trigger first, then by slug."""
    text = task.casefold()
    found = [
        Route(slug=head.slug, trigger=trigger)
        for head in heads
        if "sub-agent" in head.modes
        for trigger in head.triggers
        if _stands_in(trigger.casefold().strip(), text)
    ]
    ranked = sorted(found, key=lambda item: (-len(item.trigger), item.slug))
    return tuple({item.slug: item for item in reversed(ranked)}[slug] for slug in dict.fromkeys(i.slug for i in ranked))


def _stands_in(trigger: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(trigger)}(?!\w)", text) is not None
