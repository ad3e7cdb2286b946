"""The seam between the record and what keeps it: one unit of work is done whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias, TypeVar

__all__ = ["Database", "Row", "Transaction", "Value"]

Value: TypeAlias = str | int | float | None
Row: TypeAlias = tuple[Any, ...]
_T = TypeVar("_T")


class Transaction(Protocol):
    """An open unit of work."""

    def execute(self, sql: str, values: Mapping[str, Value] = ...) -> Sequence[Row]:
        """Run one statement, its parameters written `:name`; return its rows, none for a statement without any."""
        ...


class Database(Protocol):
    """Where the record is kept. Any number of processes may have one open at a time."""

    def run(self, work: Callable[[Transaction], _T]) -> _T:
        """Do `work` in one transaction: what it wrote is kept when it returns and gone when it raises.

        `work` touches nothing but the transaction, since it is done again where the database asks for it.
        Raises `StorageError` when the database cannot be used.
        """
        ...

    async def do(self, work: Callable[[Transaction], _T]) -> _T:
        """Do the same without keeping the event loop from its other work for long."""
        ...

    async def changed(self, *, timeout_s: float) -> bool:
        """Wait until somebody may have written since the last call; False when the time is over before that."""
        ...

    def close(self) -> None:
        """Give back what is held. Nothing is lost by not calling it."""
        ...
