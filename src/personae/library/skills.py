"""Skills: Agent Skills folders. A persona's prompt holds name and description; the text is loaded when it is used.

Format: agentskills.io (`SKILL.md` with `name`, which is the folder's, and `description` of at most 1,024 characters).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from personae.errors import Diagnostic
from personae.library.texts import TextFile

__all__ = ["SKILL_TOOL", "FindSkill", "SkillBinding", "SkillFound", "resolve_skills"]

SKILL_TOOL = "skill"
"""The tool that loads a skill's text. It gives nothing that the persona's file did not ask for."""

MAX_DESCRIPTION = 1_024

SkillReason = Literal["available", "no-skill", "unusable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillFound:
    """The `SKILL.md` of one slug, or what is wrong with it; neither where there is none."""

    text: TextFile | None = None
    diagnostics: tuple[Diagnostic, ...] = ()


FindSkill: TypeAlias = Callable[[str], SkillFound]
"""Does not raise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillBinding:
    """One skill as a persona gets it: what it is for, and where its text lies."""

    slug: str
    reason: SkillReason
    description: str = ""
    file: str = ""
    layer: str = ""
    because: str
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def present(self) -> bool:
        """Whether it is in the index."""
        return self.reason == "available"


def resolve_skills(slugs: Iterable[str], find: FindSkill) -> tuple[SkillBinding, ...]:
    """Return each skill that is here, and why each other is not."""
    return tuple(_resolve(slug, find(slug)) for slug in slugs)


def _resolve(slug: str, found: SkillFound) -> SkillBinding:
    text = found.text
    if text is None:
        if found.diagnostics:
            first = found.diagnostics[0]
            because = f"{first.file}: {first.message}"
            return SkillBinding(slug=slug, reason="unusable", because=because, diagnostics=found.diagnostics)
        return SkillBinding(slug=slug, reason="no-skill", because=f"there is no .agents/skills/{slug}/SKILL.md")
    wrong = _problem(slug, text)
    if wrong is not None:
        because = f"{wrong.file}: {wrong.message}"
        return SkillBinding(slug=slug, reason="unusable", because=because, diagnostics=(*found.diagnostics, wrong))
    description = " ".join(text.keys["description"].split())
    return SkillBinding(
        slug=slug,
        reason="available",
        description=description,
        file=text.file,
        layer=text.layer,
        because=text.file,
        diagnostics=found.diagnostics,
    )


def _problem(slug: str, text: TextFile) -> Diagnostic | None:
    name, description = text.keys.get("name"), text.keys.get("description", "").strip()
    if name != slug:
        message = f"its name is {name!r}, not that of its folder" if name else "it has no name"
        return _wrong(text, "name", message, f"Write name: {slug}.")
    if not description:
        return _wrong(text, "description", "it has no description", "Say what it does and when to use it.")
    if len(description) > MAX_DESCRIPTION:
        message = f"its description has {len(description):,} characters, at most {MAX_DESCRIPTION:,} are allowed"
        return _wrong(text, "description", message, "Shorten it: each adoption pays for it.")
    return None


def _wrong(text: TextFile, field: str, message: str, help: str) -> Diagnostic:
    return Diagnostic(rule="broken-skill", severity="warning", message=message, file=text.file, field=field, help=help)
