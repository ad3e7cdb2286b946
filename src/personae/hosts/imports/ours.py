"""A file in a form of ours, agentm's among them: it is taken over, but what it hard-needs must be here."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import PurePath

from personae.hosts.imports.account import Account
from personae.persona.model import Home, Persona
from personae.persona.parse import home_of, parse

__all__ = ["take_over"]


def take_over(
    data: bytes, *, path: PurePath, substrate: Collection[str], account: Account
) -> tuple[Persona | None, str, bool]:
    """Return the persona in `data`, or why there is none and whether the file never claimed to be one."""
    home, slug = home_of(path) or (Home.PERSONAS, path.stem)
    parsed = parse(data, file=path.name, home=home, slug=slug)
    if parsed.persona is None:
        errors = [item for item in parsed.diagnostics if item.severity == "error"]
        if not errors:
            notes = [item.message for item in parsed.diagnostics]
            return None, notes[0] if notes else "it is no persona", True
        first = errors[0]
        subject = f"{first.field}: " if first.field else ""
        return None, f"line {first.line}: {subject}{first.message}", False
    persona = replace(parsed.persona, source=None)
    account.add("", "kept", path.name, "every field", "it is a persona file already")
    missing = [name for name in persona.requires if name not in substrate]
    if missing:
        kept = tuple(name for name in persona.requires if name in substrate)
        soft = tuple(dict.fromkeys((*persona.enhances, *missing)))
        persona = replace(persona, requires=kept, enhances=soft)
        for name in missing:
            because = "nothing of that name is in this project's substrate; add it under [substrate] to need it again"
            account.add("requires", "mapped", name, f"enhances: {name}", because)
    return persona, "", False
