"""What `serve` and `beats` share: the served folder of the working folder, and what its beats are done with."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from personae.adopt.world_store import open_world
from personae.cli.here import here
from personae.cli.recording import record_of, traced
from personae.cli.servers import with_pinned
from personae.cli.world import models_of, with_plugins
from personae.library.roots import find_root
from personae.run.answerer import ModelAnswerer
from personae.run.models.progress import ProgressBar
from personae.run.prices import prices_of
from personae.run.record.database import Hold
from personae.run.record.record import Record
from personae.standing.folder import Folder
from personae.standing.station import Station

__all__ = ["Served", "moment_text", "served", "station_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """The project of the working folder while a command looks after it."""

    folder: Folder
    record: Record

    @property
    def zone(self) -> ZoneInfo:
        """Of the project."""
        return ZoneInfo(self.folder.project.timezone)


@contextmanager
def served() -> Iterator[Served]:
    """Open the project and its record. Raises `InvalidFileError` with everything that is wrong in its files."""
    folder = Folder(find_root(here()))
    record = record_of(folder.project)
    try:
        yield Served(folder=folder, record=record)
    finally:
        record.database.close()


def station_of(folder: Folder, *, record: Record, owner: Hold, override: str | None) -> Station:
    """Return what beats are done with now, with the models of this machine."""
    traced()
    world = open_world(folder.root, models=models_of, model_override=override, now=record.now)
    world = with_plugins(with_pinned(world))
    progress = ProgressBar(sys.stderr)
    models = ModelAnswerer(project=world.project, override=override, progress=progress, env=os.environ)
    return Station(
        world=world,
        personas=folder.personas,
        models=models,
        record=record,
        owner=owner.id,
        prices=prices_of(world.project),
    )


def moment_text(moment: datetime, now: datetime, zone: ZoneInfo) -> str:
    """Return `moment` as people of the project say it, with the day where it is not today."""
    local, today = moment.astimezone(zone), now.astimezone(zone).date()
    if local.date() == today:
        return f"today {local:%H:%M}"
    if local.date() == today + timedelta(days=1):
        return f"tomorrow {local:%H:%M}"
    return f"{local:%a %Y-%m-%d %H:%M}"
