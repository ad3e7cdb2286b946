"""The stance a session wears now: one at a time, the brain beneath. Changes are values; nothing is read or written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from personae.adopt.adopt import adopt
from personae.adopt.adoption import Adoption, Refusal
from personae.adopt.select import Precedence, Selection
from personae.adopt.world import World
from personae.persona.model import Mode

__all__ = ["MOST_CHANGES", "Change", "Session", "Worn", "release", "restore", "wear"]

MOST_CHANGES = 100
"""How many of the newest changes a session keeps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worn:
    """The stance of now, and why it is that."""

    slug: str
    mode: Mode
    by: Precedence
    because: str
    since: datetime
    digest: str
    """Of the adoption when it was put on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One line of a session's own record."""

    at: datetime
    what: Literal["wore", "swapped", "released"]
    slug: str
    """Who was put on, or taken off."""
    before: str | None = None
    """Who was worn until then, at a swap."""
    by: Precedence
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What is worn now, and how it came to that. Nothing worn is the brain alone."""

    worn: Worn | None = None
    changes: tuple[Change, ...] = ()


def wear(session: Session, adoption: Adoption, selection: Selection, *, now: datetime) -> Session:
    """Return the session with `adoption` worn instead of what was. A sub-agent is dispatched and changes nothing."""
    if adoption.mode == "sub-agent":
        return session
    if adoption.persona is None:
        return release(session, now=now, because=selection.because)
    before = session.worn.slug if session.worn else None
    worn = Worn(
        slug=adoption.slug,
        mode=adoption.mode,
        by=selection.by,
        because=selection.because,
        since=now,
        digest=adoption.digest,
    )
    change = Change(
        at=now,
        what="swapped" if before else "wore",
        slug=adoption.slug,
        before=before,
        by=selection.by,
        because=selection.because,
    )
    return Session(worn=worn, changes=(*session.changes, change)[-MOST_CHANGES:])


def release(session: Session, *, now: datetime, because: str = "released by the person") -> Session:
    """Return the session with nothing worn: the brain alone. Where nothing is worn, nothing changes."""
    if session.worn is None:
        return session
    change = Change(at=now, what="released", slug=session.worn.slug, by="explicit", because=because)
    return replace(session, worn=None, changes=(*session.changes, change)[-MOST_CHANGES:])


def restore(session: Session, *, world: World, task: str | None = None) -> Adoption | Refusal | None:
    """Put on again what `session` wears, through the whole pipeline: its file may have changed. None for nothing."""
    if session.worn is None:
        return None
    return adopt(session.worn.slug, session.worn.mode, world=world, task=task)
