"""The journal: what was asked and answered, one entry a key, never changed and never taken out.

A key names what it is of (`extract/2` is the second request of the node `extract`, `extract/2/tool.0` its first tool
call), so that nothing depends on the order in which things happened to run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

from personae.errors import RecordError
from personae.run.record.database import Row, Transaction, Value, end_of_prefix, json_text

__all__ = ["KINDS", "Body", "Entry", "Kind", "add", "entries", "find"]

Body: TypeAlias = Mapping[str, Any]
"""Plain JSON."""
Kind = Literal[
    "start",  # a node begins: exactly what it is asked, by which model, with which tools
    "response",  # what a model answered
    "call",  # a tool call with effects begins
    "result",  # what a tool gave
    "end",  # how a node ended
    "note",  # anything else worth telling: a person stepped in, a run was taken over
]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the record."""

    run: str
    key: str
    kind: Kind
    body: Body
    at: float
    """Seconds since the epoch."""


def find(transaction: Transaction, run: str, key: str) -> Entry | None:
    """Return what stands under `key`."""
    rows = transaction.execute(
        "SELECT run, key, kind, body, at FROM journal WHERE run = :run AND key = :key", {"run": run, "key": key}
    )
    return _entry(rows[0]) if rows else None


def add(transaction: Transaction, entry: Entry) -> Entry:
    """Keep `entry`, or return what stands under its key already: who was first is right."""
    values: dict[str, Value] = {
        "run": entry.run,
        "key": entry.key,
        "kind": entry.kind,
        "body": json_text(entry.body),
        "at": entry.at,
    }
    rows = transaction.execute(
        """INSERT INTO journal (run, key, kind, body, at) VALUES (:run, :key, :kind, :body, :at)
        ON CONFLICT (run, key) DO NOTHING RETURNING seq""",
        values,
    )
    if rows:
        return entry
    standing = find(transaction, entry.run, entry.key)
    assert standing is not None
    return standing


def entries(transaction: Transaction, run: str, *, beneath: str = "") -> Sequence[Entry]:
    """Return the record of `run` in the order it was written; with `beneath`, only keys that begin with it."""
    values: dict[str, Value] = {"run": run}
    narrowed = ""
    if beneath:
        values |= {"beneath": beneath, "after": end_of_prefix(beneath)}
        narrowed = "AND key >= :beneath AND key < :after"
    rows = transaction.execute(
        f"SELECT run, key, kind, body, at FROM journal WHERE run = :run {narrowed} ORDER BY seq", values
    )
    return [_entry(row) for row in rows]


def _entry(row: Row) -> Entry:
    run, key, kind, text, at = row
    try:
        body = json.loads(text)
    except ValueError as error:
        raise RecordError("read", f"the record of {run}", f"the entry {key} is not JSON") from error
    return Entry(run=run, key=key, kind=kind, body=body, at=at)
