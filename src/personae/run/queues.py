"""The queues of a fleet, as the project sets them: how much runs at once, and how much begins in a minute.

A node goes through the queue of its persona where that has limits, then through that of its provider, then it runs.
Its sub-agents run in its own slot, so nothing in a limited queue ever waits for room in the same one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from personae.library.project import Project

__all__ = ["CONDUCTORS", "NODES", "Limit", "Queues", "queues_of"]

CONDUCTORS = "personae-conductors"
"""Of those that wait for nodes; without a limit."""
NODES = "personae-nodes"
"""Of nodes that no limit is set for."""
DEFAULT_AT_ONCE = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """Of one provider or persona, over the whole fleet. None is no limit."""

    at_once: int | None = None
    per_minute: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Queues:
    """All limits of a project."""

    worker: int = DEFAULT_AT_ONCE
    """Nodes at once in one worker, from each queue."""
    providers: Mapping[str, Limit] = field(default_factory=dict)
    personas: Mapping[str, Limit] = field(default_factory=dict)

    @property
    def limits(self) -> Mapping[str, Limit]:
        """Every limited queue, by name."""
        of_personas = {_of_persona(slug): limit for slug, limit in self.personas.items()}
        return {_of_provider(provider): limit for provider, limit in self.providers.items()} | of_personas

    def way(self, *, persona: str, provider: str) -> tuple[str, ...]:
        """Return the queues that a node goes through, in order. The order is one for all, so none waits in a circle."""
        way = [_of_persona(persona)] if persona in self.personas else []
        return (*way, _of_provider(provider) if provider in self.providers else NODES)


def queues_of(project: Project) -> Queues:
    """Return what `[queues]` of the project file says."""
    table: Mapping[str, Any] = project.tables.get("queues", {})
    return Queues(
        worker=table.get("worker", DEFAULT_AT_ONCE),
        providers=_limits(table.get("providers", {})),
        personas=_limits(table.get("personas", {})),
    )


def _limits(tables: Mapping[str, Mapping[str, int]]) -> Mapping[str, Limit]:
    return {
        name: Limit(at_once=table.get("atOnce"), per_minute=table.get("perMinute")) for name, table in tables.items()
    }


def _of_persona(slug: str) -> str:
    return f"personae-persona-{slug}"


def _of_provider(provider: str) -> str:
    return f"personae-provider-{provider}"
