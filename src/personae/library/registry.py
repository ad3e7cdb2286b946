"""Every persona known here: a holder that layers sources, and the immutable snapshot that a run takes of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Literal

from personae.errors import DuplicateNameError, UnknownNameError
from personae.library.catalogue import Catalogue, list_for_planner
from personae.persona.model import Persona

__all__ = ["Registry", "Snapshot", "place"]

_LAYERS: tuple[Literal["built-in", "user", "project"], ...] = ("built-in", "user", "project")


class Snapshot(Mapping[str, Persona]):
    """The personas of one moment, by slug. It never changes; `order`, then slug, is its order."""

    __slots__ = ("_personas",)

    def __init__(self, personas: Iterable[Persona]) -> None:
        ranked = sorted(personas, key=_rank)
        self._personas: Mapping[str, Persona] = MappingProxyType({persona.name: persona for persona in ranked})

    def __getitem__(self, slug: str) -> Persona:
        """Return the persona called `slug`. Raises `UnknownNameError`, a `UsageError` with the close matches."""
        try:
            return self._personas[slug]
        except KeyError:
            raise UnknownNameError("persona", slug, self._personas) from None

    def __contains__(self, slug: object) -> bool:
        return slug in self._personas

    def __iter__(self) -> Iterator[str]:
        return iter(self._personas)

    def __len__(self) -> int:
        return len(self._personas)

    def __repr__(self) -> str:
        return f"Snapshot({', '.join(self._personas)})"


class Registry:
    """Holds personas in layers: a project's hide a user's, and those hide the built-in ones of the same slug.

    Two of one slug in one layer are refused, with both places, since neither could win. Not safe for threads that
    register at once; snapshots may be shared freely.
    """

    def __init__(self, personas: Iterable[Persona] = ()) -> None:
        self._layers: dict[str, dict[str, Persona]] = {layer: {} for layer in _LAYERS}
        for persona in personas:
            self.register(persona)

    def register(self, persona: Persona) -> None:
        """Make `persona` assignable at once. A persona built in Python belongs to the project.

        Raises `DuplicateNameError` when its layer has the slug already.
        """
        layer = self._layers[persona.source.layer if persona.source else "project"]
        first = layer.setdefault(persona.name, persona)
        if first is not persona:
            raise DuplicateNameError("persona", persona.name, place(first), place(persona))

    def snapshot(self) -> Snapshot:
        """Return what is known now; later registrations do not reach it."""
        visible: dict[str, Persona] = {}
        for layer in _LAYERS:
            visible.update(self._layers[layer])
        return Snapshot(visible.values())

    def describe_for_planner(self, *, most_bytes: int = 3000) -> Catalogue:
        """Return the personas as a planner sees them: sorted, a line each, within `most_bytes` of UTF-8."""
        return list_for_planner(self.snapshot().values(), most_bytes=most_bytes)


def place(persona: Persona) -> str:
    """Return where `persona` comes from, for messages."""
    return persona.source.file if persona.source else "registered in Python"


def _rank(persona: Persona) -> tuple[bool, int, str]:
    return persona.order is None, persona.order or 0, persona.name
