"""The tool that loads the text of a skill: only the skills that the persona lists, read when asked for."""

from __future__ import annotations

from collections.abc import Callable

from personae.adopt.frames import framed, harmless
from personae.library.skills import SKILL_TOOL, FindSkill, SkillBinding

__all__ = ["skill_tool"]


def skill_tool(skills: tuple[SkillBinding, ...], find: FindSkill) -> Callable[[str], str] | None:
    """Return the tool for the present ones of `skills`, or None when there is nothing to load."""
    present = {skill.slug for skill in skills if skill.present}
    if not present:
        return None

    def skill(slug: str) -> str:
        """Load the text of a skill before following it.

        Args:
            slug: The skill's name, as the index of skills lists it.
        """
        if slug not in present:
            return f"There is no skill {slug!r} here. There are: {', '.join(sorted(present))}."
        text = find(slug).text
        return framed("skill", harmless(text.body), name=slug) if text else f"The skill {slug!r} is gone."

    skill.__name__ = SKILL_TOOL
    return skill
