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

__all__ = ["Begun", "asked_key", "blocked_by", "call_key", "look"]


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


def asked_key(attempt: str) -> str:
    """Return the key under which it is noted that the attempt `attempt` asked a person before it did anything."""
    return f"{attempt}/asked"


def look(transaction: Transaction, node: Node, turn: int, *, at: float) -> Mapping[str, Begun]:
    """Return, by key, the calls of `turn` whose outcome is unknown; each is put in the inbox."""
    entries = journal.entries(transaction, node.run, beneath=f"{node.key(turn)}/tool.")
    ended = {entry.key for entry in entries if entry.kind == "result"}
    asked = {entry.key for entry in entries if entry.kind == "note"}
    last = {entry.key.rpartition("/call.")[0]: entry for entry in entries if entry.kind == "call"}
    own_depth = node.key(turn).count("/") + 1
    unknown = {key: entry for key, entry in last.items() if key not in ended and key.count("/") == own_depth}
    return {
        key: _not_done(node, entry) if asked_key(entry.key) in asked else _begun(transaction, node, entry, at=at)
        for key, entry in unknown.items()
    }


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
    item = _item(node, entry, at=at)
    decision = decision_on(transaction, item.id)
    return Begun(attempt=_attempt(entry), decision=decision, item=post(transaction, item))


def _not_done(node: Node, entry: Entry) -> Begun:
    """Return the attempt that ended with a question: it did nothing, so nobody is asked whether it may be done."""
    item = _item(node, entry, at=entry.at)
    again = Decision(item=item.id, verdict="approved", body={}, who="nobody: it asked before it acted", at=entry.at)
    return Begun(attempt=_attempt(entry), decision=again, item=item)


def _item(node: Node, entry: Entry, *, at: float) -> Item:
    return Item(
        id=item_id(node.run, entry.key),
        run=node.run,
        key=entry.key,
        kind="unknown-outcome",
        persona=node.persona,
        title=f"{entry.body['tool']} was begun, and nobody knows whether it was done",
        body=entry.body,
        created=at,
    )


def _attempt(entry: Entry) -> int:
    return int(entry.key.rpartition("/call.")[2])
