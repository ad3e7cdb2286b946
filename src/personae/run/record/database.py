"""The seam between the record and what keeps it: one unit of work is done whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias, TypeVar

__all__ = ["Database", "Hold", "Row", "Transaction", "Value", "end_of_prefix", "json_text"]

Value: TypeAlias = str | int | float | None
Row: TypeAlias = tuple[Any, ...]
_T = TypeVar("_T")


class Transaction(Protocol):
    """An open unit of work."""

    def execute(self, sql: str, values: Mapping[str, Value] = ...) -> Sequence[Row]:
        """Run one statement, its parameters written `:name`; return its rows, none for a statement without any."""
        ...


class Hold(Protocol):
    """A process as others see it: alive, until it closes the hold or ends in whatever way."""

    id: str

    def close(self) -> None:
        """Let go: others may take over what this process does."""
        ...


class Database(Protocol):
    """Where the record is kept. Any number of processes may have one open at a time."""

    def run(self, work: Callable[[Transaction], _T]) -> _T:
        """Do `work` in one transaction: what it wrote is kept when it returns and gone when it raises.

        `work` touches nothing but the transaction, since it is done again where the database asks for it, or where
        nobody knows whether its end was reached. So a verb that is done twice has done what it does once.
        Raises `StorageError` when the database cannot be used.
        """
        ...

    async def do(self, work: Callable[[Transaction], _T]) -> _T:
        """Do the same without keeping the event loop from its other work for long."""
        ...

    async def changed(self, *, timeout_s: float) -> bool:
        """Wait until somebody may have written since the last call; False when the time is over before that."""
        ...

    def hold(self) -> Hold:
        """Let the other processes that have this database open know that this one lives. Raises `StorageError`."""
        ...

    def lives(self, id: str) -> bool:
        """Return whether the process with the hold called `id` lives; not so for the empty one."""
        ...

    def close(self) -> None:
        """Give back what is held. Nothing is lost by not calling it."""
        ...


def json_text(body: Any) -> str:
    """Return plain JSON as every database can keep it: half a surrogate pair, which a model may send, has no bytes."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return text if text.isascii() or _has_bytes(text) else json.dumps(body, separators=(",", ":"))


def _has_bytes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def end_of_prefix(prefix: str) -> str:
    """Return the first text that follows, byte by byte, all that begin with `prefix`, which is not empty."""
    return prefix[:-1] + chr(ord(prefix[-1]) + 1)
