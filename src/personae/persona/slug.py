"""Slugs: the only id of a persona, safe as a file name on every system."""

from __future__ import annotations

import re

from personae.persona.patterns import lazy

__all__ = ["MAX_LENGTH", "PATTERN", "problem", "suggest"]

PATTERN = r"[a-z0-9][a-z0-9_-]{0,63}"
MAX_LENGTH = 64

_VALID = lazy(PATTERN)
# Device names that Windows reserves with any extension: `con.md` cannot be created or opened there.
# Source: "Naming Files, Paths, and Namespaces", Windows documentation.
_RESERVED = frozenset(["con", "prn", "aux", "nul", *(f"com{n}" for n in range(10)), *(f"lpt{n}" for n in range(10))])
# Folders with a meaning of their own beside `.agents/<slug>/`, a file beside `personas/<slug>.md`, and the persona
# that is never adoptable.
_TAKEN = {
    "skills": "`.agents/skills/` holds skills",
    "agents": "`.agents/agents/` holds other tools' agents",
    "readme": "`personas/README.md` is never read as a persona",
    "brain": "the brain is beneath every adoption and is no persona",
}


def problem(slug: str) -> str | None:
    """Return why `slug` cannot be one, or None. The sentence continues "… is not a slug: "."""
    if not slug:
        return "it is empty"
    if len(slug) > MAX_LENGTH:
        return f"it has {len(slug)} characters, at most {MAX_LENGTH} are allowed"
    if not _VALID.fullmatch(slug):
        return "only a-z, 0-9, `-` and `_` are allowed, starting with a letter or digit"
    if slug in _RESERVED:
        return "Windows reserves this name for a device"
    return _TAKEN.get(slug)


def suggest(text: str) -> str:
    """Return the nearest valid slug, such as `inbox-triager` for "Inbox Triager"; `persona` if nothing is left."""
    words = re.findall(r"[a-z0-9_]+", text.casefold().encode("ascii", "ignore").decode())
    slug = "-".join(words).lstrip("_-")[:MAX_LENGTH].rstrip("-_")
    return slug if slug and problem(slug) is None else f"{slug}-persona".lstrip("-")[:MAX_LENGTH]
