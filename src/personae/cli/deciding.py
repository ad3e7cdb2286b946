"""What approve, reject and edit-item share: keep the decision, and say what goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click
from click.shell_completion import CompletionItem

from personae.cli import out
from personae.cli.runs_here import opened_record, person
from personae.errors import PersonaeError, UnknownNameError, UsageError
from personae.run.owners import is_alive
from personae.run.record.database import Transaction
from personae.run.record.inbox import Decision, Item, Verdict, decide, decision_on, get_item, waiting
from personae.run.record.runs import find_run

__all__ = ["complete_item", "decide_here"]


def decide_here(id: str, verdict: Verdict, body: Callable[[Item], Mapping[str, Any]] = lambda item: {}) -> None:
    """Decide about the item called `id` as the person at this terminal. Raises `UsageError` when that was done before.

    `body` makes what the decision holds of the item, and may refuse.
    """
    with opened_record() as (record, project):

        def keep(transaction: Transaction) -> tuple[Item, str, str]:
            item = _named(transaction, id)
            before = decision_on(transaction, item.id)
            if before is not None:
                raise UsageError(
                    f"{item.id} was {before.verdict} by {before.who}", help="What was decided first holds."
                )
            decision = Decision(item=item.id, verdict=verdict, body=body(item), who=person(), at=record.at)
            decide(transaction, decision)
            run = find_run(transaction, item.run)
            return item, run.owner if run else "", run.kind if run else ""

        item, owner, kind = record.database.run(keep)
    out.note(f"{verdict}: {item.title}")
    if not is_alive(project.root, owner) and kind == "run":
        out.note(f"no process does run {item.run} now; personae resume {item.run} goes on with it")


def complete_item(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete ids of what waits; silent about anything broken, as a shell wants."""
    try:
        with opened_record() as (record, _):
            items = record.database.run(lambda transaction: waiting(transaction))
    except PersonaeError:
        return []
    return [CompletionItem(item.id, help=item.title[:80]) for item in items if item.id.startswith(incomplete)]


def _named(transaction: Transaction, id: str) -> Item:
    """Return the item called `id`, or the only waiting one whose id begins so."""
    beginning = [item for item in waiting(transaction) if item.id.startswith(id)]
    if len(beginning) == 1:
        return beginning[0]
    if len(beginning) > 1:
        raise UnknownNameError("item of the inbox", id, [item.id for item in beginning])
    return get_item(transaction, id)
