"""The tool that loads the text of a skill: only the skills that the persona lists, read when asked for."""

from __future__ import annotations

from collections.abc import Callable, Collection

from personae.adopt.frames import framed, harmless
from personae.library.skills import SKILL_TOOL, FindSkill

__all__ = ["skill_tool"]


def skill_tool(skills: Collection[str], find: FindSkill) -> Callable[[str], str] | None:
    """Return the tool for `skills` (slugs), or None when there is nothing to load."""
    if not skills:
        return None

    def skill(slug: str) -> str:
        """Load the text of a skill before following it.

        Args:
            slug: The skill's name, as the index of skills lists it.
        """
        if slug not in skills:
            return f"There is no skill {slug!r} here. There are: {', '.join(sorted(skills))}."
        text = find(slug).text
        return framed("skill", harmless(text.body), name=slug) if text else f"The skill {slug!r} is gone."

    skill.__name__ = SKILL_TOOL
    return skill
