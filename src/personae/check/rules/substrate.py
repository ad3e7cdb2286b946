"""What a persona may lean on: `requires` inside the substrate, nothing on another persona; the rest as notes."""

from __future__ import annotations

from collections.abc import Iterator

from personae.check.context import Context
from personae.check.rules.at import at_field
from personae.check.subject import Subject
from personae.errors import Diagnostic, close_matches
from personae.library.dependencies import dependency_faults

__all__ = ["absent_name", "depends_on_persona", "not_in_substrate"]


def not_in_substrate(subject: Subject, context: Context) -> Iterator[Diagnostic]:
    """Yield each entry of `requires` that is neither ours nor in the project's `[substrate]`."""
    return _faults(subject, context, "not-in-substrate")


def depends_on_persona(subject: Subject, context: Context) -> Iterator[Diagnostic]:
    """Yield each entry of `requires` and `enhances` that names a persona: nothing depends on a persona."""
    return _faults(subject, context, "depends-on-persona")


def _faults(subject: Subject, context: Context, rule: str) -> Iterator[Diagnostic]:
    persona = subject.persona
    if persona is None or not (persona.requires or persona.enhances):
        return
    capabilities = context.capabilities | frozenset(context.project.tables.get("capabilities", {}))
    for item in dependency_faults(
        persona, persona.name, substrate=context.substrate, slugs=context.slugs, capabilities=capabilities
    ):
        if item.rule == rule:
            yield at_field(subject, item.field, rule, item.message, found=item.found, help=item.help)


def absent_name(subject: Subject, context: Context) -> Iterator[Diagnostic]:
    """Yield a note for each opinion, capability and skill that is not here: it may well be elsewhere."""
    persona = subject.persona
    if persona is None:
        return
    soft = (
        ("opinions", persona.opinions, context.opinions, "opinion", "opinions/{}.md would hold it"),
        ("enhances", persona.enhances, context.capabilities, "capability", "the persona does without it"),
        ("skills", persona.skills, context.skills, "skill", ".agents/skills/{}/SKILL.md would hold it"),
    )
    for field, names, known, kind, where in soft:
        for index, name in enumerate(names):
            if name in known or (field == "enhances" and name in context.slugs):
                continue
            near = close_matches(name, known)
            yield at_field(
                subject,
                f"{field}[{index}]",
                "absent-name",
                f"there is no {kind} {name!r} here; {where.format(name)}",
                found=name,
                severity="note",
                help=f"Did you mean {near[0]!r}?" if near else "Nothing to do if it is installed where this runs.",
            )
