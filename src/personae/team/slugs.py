"""The names of worker plans: from a file name or from what someone wrote under `depends_on` to one slug."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

__all__ = ["SINGLETON", "PlanName", "is_conflict_copy", "normalize", "plan_name", "printable", "progress_slug"]

SINGLETON = "PLAN"
"""Slug of `PLAN.md`. Other slugs are lower case, so that `PLAN-plan.md` stays another plan."""

_ACTIVE = re.compile(r"PLAN(?:-(?P<slug>.+))?\.md", re.IGNORECASE | re.DOTALL)
_ARCHIVED = re.compile(
    r"PLAN(?:-(?P<before>.+?))?\.archived?(?:\.(?P<date>\d{4}-?\d{2}-?\d{2}))?(?:[-.](?P<after>.+?))?\.md",
    re.IGNORECASE | re.DOTALL,
)
_PROGRESS = re.compile(r"progress(?:-(?P<slug>.+))?\.md", re.IGNORECASE | re.DOTALL)
# What Dropbox, Nextcloud, Syncthing, Finder and browsers add to the name of a second copy.
_CONFLICT = re.compile(r"conflicted copy|\[conflict|\.sync-conflict-|^copy of |\s\(\d+\)(\.[^.]+)?$", re.IGNORECASE)
_GAPS = re.compile(r"[\s_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanName:
    """What the name of a plan file says."""

    slug: str
    archived: bool = False
    archived_on: str = ""
    """As YYYYMMDD; empty when the name holds no date."""


def normalize(name: str) -> str:
    """Return the slug meant by `name`: `Foo`, `PLAN-foo`, `PLAN-foo.md` and `queued-plans/PLAN-foo.md` are all `foo`.

    An empty name, `PLAN` and `PLAN.md` mean the singleton. Case, `_` and spaces do not tell two plans apart.
    """
    base = name.strip().removeprefix("[[").removesuffix("]]").replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    if base in ("", SINGLETON):
        return SINGLETON
    if known := plan_name(base):
        return known.slug
    if base.casefold().endswith(".md"):
        base = base[:-3]
    if base[:5].casefold() == "plan-":
        base = base[5:]
    return _fold(base) or SINGLETON


def plan_name(file_name: str) -> PlanName | None:
    """Return what `file_name` says of a plan, or None when it does not name one."""
    if found := _ARCHIVED.fullmatch(file_name):
        slug = found["after"] or found["before"]
        date = (found["date"] or "").replace("-", "")
        return PlanName(slug=_fold(slug) if slug else SINGLETON, archived=True, archived_on=date)
    if found := _ACTIVE.fullmatch(file_name):
        return PlanName(slug=_fold(found["slug"]) if found["slug"] else SINGLETON)
    return None


def progress_slug(file_name: str) -> str | None:
    """Return the slug of the plan whose log `file_name` is, or None."""
    found = _PROGRESS.fullmatch(file_name)
    if found is None:
        return None
    return _fold(found["slug"]) if found["slug"] else SINGLETON


def is_conflict_copy(file_name: str) -> bool:
    """Return whether a synchronizing program left `file_name` behind as a second copy."""
    return _CONFLICT.search(file_name) is not None


def printable(text: str) -> str:
    """Return `text` on one line without control characters, so that a file cannot drive the reader's terminal."""
    if text.isprintable():
        return text
    spaced = "".join(" " if character.isspace() else character for character in text)
    return "".join(character if _shows(character) else "\N{REPLACEMENT CHARACTER}" for character in spaced)


def _shows(character: str) -> bool:
    # Zero-width joiners build emoji; the other format characters can hide or reorder text.
    return character.isprintable() or character == "\N{ZERO WIDTH JOINER}"


def _fold(slug: str) -> str:
    text = unicodedata.normalize("NFC", printable(slug)).lower()
    return _GAPS.sub("-", text.strip()).strip("-") or SINGLETON
