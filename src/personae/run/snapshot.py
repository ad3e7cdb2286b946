"""A persona as it was when a run began: its text and where it came from. What is edited meanwhile changes no replay."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

from personae.adopt.world import World
from personae.errors import InvalidFileError
from personae.library.registry import Snapshot
from personae.library.roster import LayeredShelf, SnapshotShelf
from personae.persona.model import Home, Persona, Source
from personae.persona.parse import parse
from personae.persona.render import home_for, render

__all__ = ["PersonaSnapshot", "freeze", "pinned", "thaw"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonaSnapshot:
    """Plain data."""

    slug: str
    text: str
    """A file of the persona, from which an equal one is read."""
    home: str
    file: str = ""
    """Where it was read from; empty for one made in Python."""
    layer: str = "project"

    @property
    def digest(self) -> str:
        """Changes when the persona does."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:16]


def freeze(persona: Persona) -> PersonaSnapshot:
    """Return `persona` as plain data."""
    source = persona.source
    return PersonaSnapshot(
        slug=persona.name,
        text=render(persona),
        home=home_for(persona).value,
        file=source.file if source else "",
        layer=source.layer if source else "project",
    )


@lru_cache(maxsize=256)  # a thousand children of one persona are read once
def thaw(snapshot: PersonaSnapshot) -> Persona:
    """Return the persona of `snapshot`. Raises `InvalidFileError` where a newer version of personae refuses it."""
    file = snapshot.file or f"{snapshot.slug} (made in Python)"
    parsed = parse(snapshot.text.encode(), file=file, home=Home(snapshot.home), slug=snapshot.slug)
    if parsed.persona is None:
        raise InvalidFileError(parsed.diagnostics, help="Start the run anew: its personas are of another version.")
    layers = {"built-in", "user", "project"}
    assert snapshot.layer in layers
    source = parsed.persona.source
    if not snapshot.file or source is None:
        return replace(parsed.persona, source=None)
    return replace(parsed.persona, source=Source(file=snapshot.file, home=source.home, layer=snapshot.layer))  # type: ignore[arg-type]


def pinned(here: World, personas: Iterable[PersonaSnapshot], *, model: str | None) -> World:
    """Return the world of a run that took `personas` with it: they stand before those that are here now.

    `model` is the one that answers for everybody. Raises as `thaw` does.
    """
    taken = SnapshotShelf(Snapshot(map(thaw, personas)))
    return replace(here, shelf=LayeredShelf(taken, here.shelf), model_override=model)
