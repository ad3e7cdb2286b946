"""What a persona may lean on: `requires` inside the substrate, nothing on another persona; the rest as notes."""

from __future__ import annotations

from collections.abc import Iterator

from personae.check.context import Context
from personae.check.subject import Subject
from personae.errors import Diagnostic, close_matches
from personae.persona.model import Persona

__all__ = ["absent_name", "depends_on_persona", "not_in_substrate"]


def not_in_substrate(subject: Subject, context: Context) -> Iterator[Diagnostic]:
    """Yield each entry of `requires` that is neither ours nor in the project's `[substrate]`."""
    persona = subject.persona
    if persona is None or not persona.requires:
        return
    for index, name in enumerate(persona.requires):
        if name in context.substrate or name in context.slugs:
            continue
        near = close_matches(name, context.substrate)
        yield _at(
            subject,
            f"requires[{index}]",
            "not-in-substrate",
            f"{name!r} is not in the substrate",
            found=name,
            help=_hint(name, near, context),
        )


def _hint(name: str, near: tuple[str, ...], context: Context) -> str:
    if near:
        return f"Did you mean {near[0]!r}?"
    if name in context.capabilities or name in context.project.tables.get("capabilities", {}):
        return "It is a capability: move it to enhances, since it may be absent."
    return "Move it to enhances if it may be absent, else declare it under [substrate] in personae.toml."


def depends_on_persona(subject: Subject, context: Context) -> Iterator[Diagnostic]:
    """Yield each entry of `requires` and `enhances` that names a persona: nothing depends on a persona."""
    persona = subject.persona
    if persona is None:
        return
    for field, names in (("requires", persona.requires), ("enhances", persona.enhances)):
        for index, name in enumerate(names):
            if name in context.slugs and not (field == "requires" and name in context.substrate):
                yield _at(
                    subject,
                    f"{field}[{index}]",
                    "depends-on-persona",
                    f"{name!r} is a persona, and nothing may depend on one",
                    found=name,
                    help=_instead(persona, name),
                )


def _instead(persona: Persona, name: str) -> str:
    if name == persona.name:
        return "Remove it: it names the persona itself."
    return f'Remove it. To hand work to it, list the tool "agent({name})".'


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
            yield _at(
                subject,
                f"{field}[{index}]",
                "absent-name",
                f"there is no {kind} {name!r} here; {where.format(name)}",
                found=name,
                severity_is_note=True,
                help=f"Did you mean {near[0]!r}?" if near else "Nothing to do if it is installed where this runs.",
            )


def _at(
    subject: Subject,
    field: str,
    rule: str,
    message: str,
    *,
    found: str,
    help: str,
    severity_is_note: bool = False,
) -> Diagnostic:
    line, column = subject.place(field)
    return Diagnostic(
        rule=rule,
        severity="note" if severity_is_note else "error",
        message=message,
        file=subject.file,
        line=line,
        column=column,
        field=field,
        found=found,
        help=help,
    )
