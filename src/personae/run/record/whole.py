"""All that the record holds of one run, read at once: for the log, for exports, for forks; and its removal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from personae.run.record import journal
from personae.run.record.database import Transaction, end_of_prefix
from personae.run.record.inbox import Decision, Item, decision_on, items_of
from personae.run.record.journal import Entry
from personae.run.record.ledger import charges_of
from personae.run.record.runs import Run, get_run

__all__ = ["Whole", "as_json", "copy_entries", "lines", "over_before", "read", "remove"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """One run, whole."""

    run: Run
    entries: Sequence[Entry]
    charges: Sequence[Mapping[str, Any]]
    items: Sequence[Item]
    decisions: Sequence[Decision]


def read(transaction: Transaction, id: str) -> Whole:
    """Return everything about the run called `id`. Raises `UnknownNameError`."""
    run = get_run(transaction, id)
    items = items_of(transaction, run.id)
    decisions = [found for item in items if (found := decision_on(transaction, item.id)) is not None]
    return Whole(
        run=run,
        entries=journal.entries(transaction, run.id),
        charges=charges_of(transaction, run.id),
        items=items,
        decisions=decisions,
    )


def as_json(whole: Whole) -> dict[str, Any]:
    """Return it as plain JSON."""
    return asdict(whole)


def lines(whole: Whole) -> Iterator[dict[str, Any]]:
    """Return it as one JSON value a line, each saying what it is: the run, then all else in the order of time."""
    yield {"type": "run", **asdict(whole.run)}
    yield from ({"type": "entry", **asdict(entry)} for entry in whole.entries)
    yield from ({"type": "charge", **charge} for charge in whole.charges)
    yield from ({"type": "item", **asdict(item)} for item in whole.items)
    yield from ({"type": "decision", **asdict(decision)} for decision in whole.decisions)


def copy_entries(transaction: Transaction, run: str, node: str, *, into: str) -> None:
    """Let the run `into` begin with what `run` has of a node and of all beneath it. What it cost stays where it is."""
    for entry in journal.entries(transaction, run, beneath=f"{node}/"):
        journal.add(transaction, replace(entry, run=into))


def over_before(transaction: Transaction, moment: float) -> Sequence[tuple[str, int]]:
    """Return the runs that are over and ended before `moment`, each with the bytes of its journal."""
    rows = transaction.execute(
        """SELECT r.id, COALESCE(SUM(LENGTH(j.body)), 0) FROM runs AS r LEFT JOIN journal AS j ON j.run = r.id
        WHERE r.status IN ('done', 'failed', 'stopped', 'cancelled') AND r.ended < :moment
        GROUP BY r.id ORDER BY r.id""",
        {"moment": moment},
    )
    return [(str(id), int(size)) for id, size in rows]


def remove(transaction: Transaction, run: str) -> None:
    """Take a run out, with its journal and inbox. Its charges stay: what was spent is never forgotten."""
    transaction.execute("DELETE FROM decisions WHERE item IN (SELECT id FROM items WHERE run = :run)", {"run": run})
    for table, column in (("items", "run"), ("journal", "run"), ("runs", "id")):
        transaction.execute(f"DELETE FROM {table} WHERE {column} = :run", {"run": run})
    for scope in (f"run:{run}", f"node:{run}"):
        transaction.execute("DELETE FROM totals WHERE scope = :scope", {"scope": scope})
    prefix = f"node:{run}/"
    transaction.execute(
        "DELETE FROM totals WHERE scope >= :prefix AND scope < :after",
        {"prefix": prefix, "after": end_of_prefix(prefix)},
    )
