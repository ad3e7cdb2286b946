"""What beats and tasks are done with: personas and project as they are now, models, record, and this process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Set
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from personae.adopt.adopt import adopt
from personae.adopt.adoption import Adoption, Refusal, as_error
from personae.adopt.world import World
from personae.errors import Diagnostic
from personae.library.heads import HeadRead, head_of
from personae.library.registry import Snapshot
from personae.library.roster import Shelf
from personae.persona.model import Effort, Persona
from personae.persona.parse import Parsed
from personae.run.answerer import ModelAnswerer
from personae.run.durable import Seam, Step
from personae.run.lifetime import Lifetime
from personae.run.perform import Performer
from personae.run.prices import PriceOf, price_of
from personae.run.record.record import Record
from personae.run.record.warnings import NearCap
from personae.standing.dispatch import dispatching
from personae.tools.mcp_servers import McpServers

__all__ = ["BEAT_MODE", "Station", "boot_faults"]

BEAT_MODE = "loop"
"""How a beat is worn: recurring, with a fresh context and the persona's memory beneath it."""


@dataclass(frozen=True, slots=True)
class _OneWorn:
    """A shelf on which one persona is as it is worn now: with the model of this beat, or as it was read when good."""

    beneath: Shelf
    persona: Persona

    @property
    def names(self) -> Set[str]:
        return self.beneath.names | {self.persona.name}

    def head(self, slug: str) -> HeadRead:
        return HeadRead(head_of(self.persona)) if slug == self.persona.name else self.beneath.head(slug)

    def wake(self, slug: str) -> Parsed:
        return Parsed(self.persona) if slug == self.persona.name else self.beneath.wake(slug)


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """Made anew when a file was changed; what was begun goes on with the one it began with."""

    world: World
    personas: Snapshot
    models: ModelAnswerer
    record: Record
    owner: str
    """The id of this process."""
    prices: PriceOf = price_of
    on_step: Callable[[Step], None] = field(default=lambda step: None)
    on_near_cap: Callable[[NearCap], None] = field(default=lambda near: None)

    def wear(self, slug: str, task: str, *, model: str | None = None, effort: Effort | None = None) -> Adoption:
        """Put `slug` on for one beat or task. Raises `UnknownNameError`, and a refusal as the error of its kind."""
        persona = self.personas[slug]
        if model is not None or effort is not None:
            persona = replace(persona, model=model or persona.model, effort=effort or persona.effort)
        world = replace(self.world, shelf=_OneWorn(self.world.shelf, persona))
        found = adopt(slug, BEAT_MODE, world=world, task=task)
        if isinstance(found, Refusal):
            raise as_error(found)
        return found

    @asynccontextmanager
    async def performing(self, life: Lifetime) -> AsyncIterator[Performer]:
        """Give what performs the nodes of one run. Nobody is at a terminal: what a tool asks is answered no."""
        answer_at_last = self.world.project.limits.exhausted == "answer"
        seam = Seam(
            record=self.record,
            prices=self.prices,
            gate=life.gate,
            on_step=self.on_step,
            on_near_cap=self.on_near_cap,
            closing_answer=answer_at_last,
        )
        further = dispatching(self.world.project, personas=lambda: self.personas, models=self.models, seam=seam)
        servers = McpServers.of(self.world.project)
        try:
            yield Performer(world=self.world, models=self.models, seam=seam, further=further, servers=servers)
        finally:
            await servers.close()


def boot_faults(station: Station) -> list[Diagnostic]:
    """Return what would keep the personas of the project from being put on, or their beats from being worn."""
    found: list[Diagnostic] = []
    for persona in station.personas.values():
        source = persona.source
        if source is None or source.layer == "built-in":
            continue
        head = head_of(persona)
        found += station.world.gate(head, station.world.substrate, station.world.shelf.names)
        if persona.heartbeats and BEAT_MODE not in persona.modes:
            found.append(
                Diagnostic(
                    rule="mode-not-declared",
                    message=f"heartbeats are worn in the mode {BEAT_MODE!r}, which its modes leave out",
                    file=head.place,
                    field="modes",
                    help=f"Add {BEAT_MODE} to modes, or remove the heartbeats.",
                )
            )
    return [item for item in found if item.severity == "error"]
