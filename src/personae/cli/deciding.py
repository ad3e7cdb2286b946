"""What approve, reject and edit-item share: which items are meant, keep each decision, and say what goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, get_args

import click
from click.shell_completion import CompletionItem

from personae.cli import out
from personae.cli.runs_here import opened_record, person
from personae.errors import PersonaeError, UnknownNameError, UsageError
from personae.library.library import open_library
from personae.library.project import Project
from personae.library.registry import Snapshot
from personae.run.record.database import Transaction
from personae.run.record.inbox import Decision, Item, ItemKind, Verdict, decide, decision_on, get_item, waiting
from personae.run.record.record import Record
from personae.run.record.runs import Run, find_run
from personae.standing.proposals import KINDS, Rules, rules_of

__all__ = ["Chosen", "Decided", "Decider", "choosing", "complete_item", "decide_chosen", "decide_here"]

_KINDS = (*get_args(ItemKind), *KINDS)
_Command = Callable[..., None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What became of one item, as `--json` has it."""

    id: str
    verdict: Verdict | Literal[""]
    """Empty where it was not decided."""
    title: str = ""
    run: str = ""
    resume: bool = False
    """Whether its run is done by nobody now, so that somebody must go on with it."""
    error: str = ""
    """Why not."""


@dataclass(frozen=True)
class Decider:
    """The person at this terminal, with the record and what a proposal is checked by. Files are read where needed."""

    record: Record
    project: Project

    @cached_property
    def personas(self) -> Snapshot:
        """All personas of the project."""
        return open_library(self.project.root).registry.snapshot()

    @property
    def rules(self) -> Rules:
        """What the project says about proposals."""
        return rules_of(self.project)

    def decide(self, id: str, verdict: Verdict, body: Body) -> Decided:
        """Decide about the item called `id`, and say so. Raises `UsageError` when that was done before, or too late."""
        database = self.record.database

        def keep(transaction: Transaction) -> tuple[Item, Run | None]:
            item = _named(transaction, id)
            _refuse_late(transaction, item, at=self.record.at)
            decision = Decision(item=item.id, verdict=verdict, body=body(item, self), who=person(), at=self.record.at)
            decide(transaction, decision)
            return item, find_run(transaction, item.run)

        item, run = database.run(keep)
        out.note(f"{verdict}: {item.title}")
        is_left = run is not None and run.resumable and not database.lives(run.owner)
        if run is not None and is_left:
            also = ", and so does personae serve" if run.kind == "run" else ""
            out.note(f"no process does run {run.id} now; personae resume {run.id} goes on with it{also}")
        return Decided(id=item.id, verdict=verdict, title=item.title, run=item.run, resume=is_left)


Body = Callable[[Item, Decider], Mapping[str, Any]]
"""Makes what a decision holds of the item, and may refuse."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Which items are meant."""

    ids: Sequence[str]
    all: bool
    kind: str | None
    sender: str | None

    def of(self, items: Sequence[Item]) -> Sequence[str]:
        """Return the ids that are meant, of what waits. Raises `UsageError` for a choice that is none."""
        if bool(self.ids) == self.all:
            raise UsageError("name items, or give --all", help="personae inbox shows what waits.")
        if not self.all and (self.kind or self.sender):
            raise UsageError("--kind and --from choose of --all", help="Add --all, or leave them out.")
        if not self.all:
            return list(dict.fromkeys(self.ids))
        found = [item.id for item in items if self._means(item)]
        if not found:
            raise UsageError("nothing such waits for you", help="personae inbox shows what does.")
        return found

    def _means(self, item: Item) -> bool:
        kinds = (item.kind, item.body.get("kind") if item.kind == "proposal" else None)
        return self.kind in (None, *kinds) and self.sender in (None, item.persona)


def choosing(command: _Command) -> _Command:
    """Add how items are chosen: by id, or all of a kind or from somebody. The command gets them as `chosen`."""

    def choose(ids: Sequence[str], all: bool, kind: str | None, sender: str | None, **others: Any) -> None:
        command(chosen=Chosen(ids=ids, all=all, kind=kind, sender=sender), **others)

    choose.__doc__ = command.__doc__
    options = (
        click.argument("ids", metavar="[ID]...", nargs=-1, shell_complete=complete_item),
        click.option("--all", "all", is_flag=True, help="All that waits, or what --kind and --from leave of it."),
        click.option("--kind", type=click.Choice(_KINDS), metavar="KIND", help=f"One of {', '.join(_KINDS)}."),
        click.option("--from", "sender", metavar="SLUG", help="Only what this persona asks for."),
        out.json_option,
    )
    wrapped: _Command = choose
    for option in reversed(options):
        wrapped = option(wrapped)
    return wrapped


def decide_chosen(chosen: Chosen, verdict: Verdict, body: Body, *, as_json: bool) -> None:
    """Decide about each chosen item, one line each; one that is refused keeps no other from it.

    Raises the refusal of a single one; of several `UsageError` at the end.
    """
    decided: list[Decided] = []
    with opened_record() as (record, project):
        decider = Decider(record, project)
        ids = chosen.of(record.database.run(lambda transaction: waiting(transaction)))
        if len(ids) == 1:
            decided.append(decider.decide(ids[0], verdict, body))
        else:
            decided += [_decided(decider, id, verdict, body) for id in ids]
    if as_json:
        out.as_json(decided)
    refused = sum(bool(one.error) for one in decided)
    if refused:
        raise UsageError(f"{refused} of {len(ids)} not {verdict}", help="Each is named above, with its reason.")


def _decided(decider: Decider, id: str, verdict: Verdict, body: Body) -> Decided:
    try:
        return decider.decide(id, verdict, body)
    except PersonaeError as error:
        out.warn(f"not {verdict}: {id}: {error.message}")
        return Decided(id=id, verdict="", error=error.message)


def decide_here(id: str, verdict: Verdict, body: Body) -> None:
    """Decide about the item called `id` as the person at this terminal. Raises as `Decider.decide` does."""
    with opened_record() as (record, project):
        Decider(record, project).decide(id, verdict, body)


def complete_item(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete ids of what waits; silent about anything broken, as a shell wants."""
    try:
        with opened_record() as (record, _):
            items = record.database.run(lambda transaction: waiting(transaction))
    except PersonaeError:
        return []
    return [CompletionItem(item.id, help=item.title[:80]) for item in items if item.id.startswith(incomplete)]


def _refuse_late(transaction: Transaction, item: Item, *, at: float) -> None:
    before = decision_on(transaction, item.id)
    if (before is not None and before.verdict == "expired") or (item.expires is not None and item.expires <= at):
        raise UsageError(
            f"{item.id} expired: nobody decided in time", help="[approve] expireHours in personae.toml says how long."
        )
    if before is not None:
        raise UsageError(f"{item.id} was {before.verdict} by {before.who}", help="What was decided first holds.")


def _named(transaction: Transaction, id: str) -> Item:
    """Return the item called `id`, or the only waiting one whose id begins so."""
    beginning = [item for item in waiting(transaction) if item.id.startswith(id)]
    if len(beginning) == 1:
        return beginning[0]
    if len(beginning) > 1:
        raise UnknownNameError("item of the inbox", id, [item.id for item in beginning])
    return get_item(transaction, id)
