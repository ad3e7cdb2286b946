"""Calls that were begun and have no result, since their process died: what a person decided of each, or the question.

Each attempt has a question of its own, so that a yes to one more attempt is not a yes to every other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from personae.errors import BlockedError
from personae.run.node import Node
from personae.run.record import journal
from personae.run.record.database import Transaction
from personae.run.record.inbox import Decision, Item, decision_on, item_id, post
from personae.run.record.journal import Entry

__all__ = ["Begun", "blocked_by", "call_key", "look"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A call whose outcome nobody knows."""

    attempt: int
    decision: Decision | None
    """None while nobody has decided."""
    item: Item


def call_key(key: str, attempt: int) -> str:
    """Return the key under which an attempt at the call `key` is begun."""
    return f"{key}/call.{attempt}"


def look(transaction: Transaction, node: Node, turn: int, *, at: float) -> Mapping[str, Begun]:
    """Return, by key, the calls of `turn` whose outcome is unknown; each is put in the inbox."""
    entries = journal.entries(transaction, node.run, beneath=f"{node.key(turn)}/tool.")
    ended = {entry.key for entry in entries if entry.kind == "result"}
    last = {entry.key.rpartition("/call.")[0]: entry for entry in entries if entry.kind == "call"}
    own_depth = node.key(turn).count("/") + 1
    unknown = {key: entry for key, entry in last.items() if key not in ended and key.count("/") == own_depth}
    return {key: _begun(transaction, node, entry, at=at) for key, entry in unknown.items()}


def blocked_by(begun: Begun) -> BlockedError:
    """Return what stops a node until somebody has decided."""
    id = begun.item.id
    return BlockedError(
        f"{begun.item.title}, so it is not done again by itself",
        item=id,
        help=f"Look whether it was done. personae approve {id} does it again; personae reject {id} goes on without; "
        f"personae edit-item {id} --result TEXT gives its result.",
    )


def _begun(transaction: Transaction, node: Node, entry: Entry, *, at: float) -> Begun:
    item = Item(
        id=item_id(node.run, entry.key),
        run=node.run,
        key=entry.key,
        kind="unknown-outcome",
        persona=node.persona,
        title=f"{entry.body['tool']} was begun, and nobody knows whether it was done",
        body=entry.body,
        created=at,
    )
    attempt = int(entry.key.rpartition("/call.")[2])
    return Begun(attempt=attempt, decision=decision_on(transaction, item.id), item=post(transaction, item))
