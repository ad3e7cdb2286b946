"""The inbox: all that waits for a person, in one queue, and what was decided. Neither is changed or taken out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from personae.errors import UnknownNameError
from personae.run.record.database import Row, Transaction

__all__ = [
    "Decision",
    "Item",
    "ItemKind",
    "Verdict",
    "decide",
    "decision_on",
    "get_item",
    "item_id",
    "items_of",
    "post",
    "waiting",
]

ItemKind = Literal[
    "step",  # a step with needs_human, before it runs
    "tool",  # a tool asks before it acts
    "unknown-outcome",  # a `once` call was begun and nobody knows whether it was done
    "proposal",  # an agent wants something started
    "trust",  # the whole tree of agents brings the three legs of the trifecta together
]
Verdict = Literal["approved", "rejected", "edited", "expired"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing that waits."""

    id: str
    run: str
    key: str
    """Of the journal: what waits for it."""
    kind: ItemKind
    persona: str
    """Who asks."""
    title: str
    """Our own words, one line."""
    body: Mapping[str, Any]
    """What is asked for, as plain JSON: partly a model's words, never trusted."""
    created: float
    expires: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What was decided, once."""

    item: str
    verdict: Verdict
    body: Mapping[str, Any]
    """An edit's new content, a rejection's reason."""
    who: str
    """The person or the rule."""
    at: float


def item_id(run: str, key: str) -> str:
    """Return the id of what `key` of `run` waits for: the same after a restart, so that nobody is asked twice."""
    return hashlib.sha256(f"{run}\x00{key}".encode()).hexdigest()[:8]


def post(transaction: Transaction, item: Item) -> Item:
    """Put `item` in the queue, or return what stands there under its id."""
    rows = transaction.execute(
        """INSERT INTO items (id, run, key, kind, persona, title, body, created, expires)
        VALUES (:id, :run, :key, :kind, :persona, :title, :body, :created, :expires)
        ON CONFLICT (id) DO NOTHING RETURNING id""",
        {
            "id": item.id,
            "run": item.run,
            "key": item.key,
            "kind": item.kind,
            "persona": item.persona,
            "title": item.title,
            "body": json.dumps(item.body, ensure_ascii=False),
            "created": item.created,
            "expires": item.expires,
        },
    )
    return item if rows else get_item(transaction, item.id)


def get_item(transaction: Transaction, id: str) -> Item:
    """Return one item, decided or not. Raises `UnknownNameError`."""
    rows = transaction.execute(f"SELECT {_COLUMNS} FROM items AS i WHERE id = :id", {"id": id})
    if not rows:
        raise UnknownNameError("item of the inbox", id, [item.id for item in waiting(transaction)])
    return _item(rows[0])


def waiting(transaction: Transaction, *, run: str | None = None) -> Sequence[Item]:
    """Return what is not decided yet, oldest first."""
    mine = "AND i.run = :run" if run is not None else ""
    rows = transaction.execute(
        f"""SELECT {_COLUMNS} FROM items AS i LEFT JOIN decisions AS d ON d.item = i.id
        WHERE d.item IS NULL {mine} ORDER BY i.created, i.id""",
        {"run": run} if run is not None else {},
    )
    return [_item(row) for row in rows]


def items_of(transaction: Transaction, run: str) -> Sequence[Item]:
    """Return all that waits or waited in `run`, oldest first."""
    rows = transaction.execute(
        f"SELECT {_COLUMNS} FROM items AS i WHERE i.run = :run ORDER BY i.created, i.id", {"run": run}
    )
    return [_item(row) for row in rows]


def decide(transaction: Transaction, decision: Decision) -> Decision:
    """Keep `decision`, or return the one that stands: what was decided first holds."""
    rows = transaction.execute(
        """INSERT INTO decisions (item, verdict, body, who, at) VALUES (:item, :verdict, :body, :who, :at)
        ON CONFLICT (item) DO NOTHING RETURNING item""",
        {
            "item": decision.item,
            "verdict": decision.verdict,
            "body": json.dumps(decision.body, ensure_ascii=False),
            "who": decision.who,
            "at": decision.at,
        },
    )
    standing = decision if rows else decision_on(transaction, decision.item)
    assert standing is not None
    return standing


def decision_on(transaction: Transaction, item: str) -> Decision | None:
    """Return what was decided about `item`."""
    rows = transaction.execute("SELECT item, verdict, body, who, at FROM decisions WHERE item = :item", {"item": item})
    if not rows:
        return None
    id, verdict, body, who, at = rows[0]
    return Decision(item=id, verdict=verdict, body=json.loads(body), who=who, at=at)


_COLUMNS = "i.id, i.run, i.key, i.kind, i.persona, i.title, i.body, i.created, i.expires"


def _item(row: Row) -> Item:
    id, run, key, kind, persona, title, body, created, expires = row
    return Item(
        id=id,
        run=run,
        key=key,
        kind=kind,
        persona=persona,
        title=title,
        body=json.loads(body),
        created=created,
        expires=expires,
    )
