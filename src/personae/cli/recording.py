"""The record of the project a command runs in, and what does nodes there. Opened once a command."""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from personae.adopt.world import World
from personae.cli import out
from personae.cli.asking import asker
from personae.cli.family import tell_step
from personae.errors import PersonaeError
from personae.library.library import open_library
from personae.library.project import Project
from personae.run.answerer import ModelAnswerer
from personae.run.durable import Seam, Step
from personae.run.lifetime import Lifetime, lived
from personae.run.node import project_account
from personae.run.perform import Performer
from personae.run.prices import prices_of
from personae.run.questions import InboxApprove
from personae.run.record.ledger import Account
from personae.run.record.opening import open_database
from personae.run.record.record import Record, utc_now
from personae.run.record.runs import Run, RunKind
from personae.run.tracing import trace
from personae.standing.dispatch import dispatching
from personae.tools.approve import Approve
from personae.tools.mcp_servers import McpServers

__all__ = ["Begun", "doing", "new_run_of", "performer_of", "record_of", "traced"]


def record_of(project: Project) -> Record:
    """Open the record of `project`. Raises `StorageError`."""
    return Record(database=open_database(project.root), zone=ZoneInfo(project.timezone))


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A run that this command does."""

    run: str
    life: Lifetime
    performer: Performer
    account: Account
    """What everything in it is charged to: the project."""


def new_run_of(kind: RunKind, title: str, *, persona: str = "", spec: Mapping[str, Any] | None = None) -> Run:
    """Return a run that is not begun yet. Its id is the moment, and enough chance that two at once differ."""
    now = utc_now()
    return Run(
        id=f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}",
        kind=kind,
        title=" ".join(title.split())[:200],
        persona=persona,
        spec=spec or {},
        created=now.timestamp(),
    )


@asynccontextmanager
async def doing(
    run: Run,
    *,
    world: World,
    models: ModelAnswerer,
    instead_of: str | None = None,
    wait: bool | None = None,
    on_step: Callable[[Step], None] = tell_step,
) -> AsyncIterator[Begun]:
    """Do `run` in this process: a new one, or with `instead_of` one whose owner is gone. See `lived`.

    Tools ask at the terminal; without one through the inbox, where with `wait` an answer is waited for. Where `wait` is
    None the inbox is not asked: a command that gives its answer at once takes nobody for a no.
    """
    traced()
    project = world.project
    record = record_of(project)
    owner = record.database.hold()
    servers = McpServers.of(project)
    run = replace(run, owner=owner.id)
    try:
        async with lived(run, record, instead_of=instead_of) as life:
            seam = Seam(
                record=record,
                prices=prices_of(project),
                gate=life.gate,
                closing_answer=project.limits.exhausted == "answer",
                on_near_cap=lambda near: out.warn(near.text),
                on_step=on_step,
            )
            approve = asker() or (None if wait is None else InboxApprove(record=record, wait=wait))
            performer = performer_of(world, models, seam, approve=approve, servers=servers)
            yield Begun(run=run.id, life=life, performer=performer, account=project_account(project))
    finally:
        await servers.close()
        owner.close()
        record.database.close()


@cache  # said once
def traced() -> None:
    """Send traces where the environment says; a run is not kept from its work by what it cannot send."""
    try:
        trace(os.environ)
    except PersonaeError as error:
        out.warn(f"no traces: {error.message}")
        out.note(f"  {error.help}")


def performer_of(
    world: World, models: ModelAnswerer, seam: Seam, *, approve: Approve | None, servers: McpServers
) -> Performer:
    """Return what does the nodes of one run in `world`. Its personas are all read only where a lead works."""
    personas = cache(lambda: open_library(world.project.root).registry.snapshot())
    further = dispatching(world.project, personas=personas, models=models, seam=seam)
    return Performer(world=world, models=models, seam=seam, approve=approve, further=further, servers=servers)
