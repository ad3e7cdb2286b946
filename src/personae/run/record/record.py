"""The record of one project as a value: its database, its clock, and where its days turn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import TypeVar

from personae.run.record.database import Database, Transaction
from personae.run.record.ledger import day_of

__all__ = ["Record", "utc_now"]

_T = TypeVar("_T")


def utc_now() -> datetime:
    """Return the moment."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Everything that runs is written here, and read back from here."""

    database: Database
    now: Callable[[], datetime] = utc_now
    zone: tzinfo = field(default=UTC)
    """Of the project."""

    @property
    def at(self) -> float:
        """The moment, in seconds since the epoch."""
        return self.now().timestamp()

    @property
    def day(self) -> str:
        """Today, where the project is."""
        return day_of(self.now(), self.zone)

    async def do(self, work: Callable[[Transaction], _T]) -> _T:
        """Do one unit of work; see `Database.do`."""
        return await self.database.do(work)
