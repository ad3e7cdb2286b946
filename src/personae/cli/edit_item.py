"""`personae edit-item`: change an item of the inbox, and say yes to it so."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import click

from personae.cli.deciding import Decider, complete_item, decide_here
from personae.errors import UsageError
from personae.run.record.inbox import Item
from personae.standing.approvals import check_edit

__all__ = ["command"]

_OWN_IF_EMPTY = ("model", "effort")
_OF_PROPOSALS = ("to", "title", "prompt", "model", "effort", "schedule")
_Command = Callable[..., None]


def _proposal_options(command: _Command) -> _Command:
    """Add what may be changed in a proposal."""
    of_proposal = {
        "to": ("SLUG", "Of a proposal: who shall do it."),
        "title": ("TEXT", "Of a proposal: its title, one line."),
        "prompt": ("TEXT", "Of a proposal: all that whoever does it is told."),
        "model": ("MODEL", 'Of a proposal: another model; "" is the persona\'s own.'),
        "effort": ("EFFORT", 'Of a proposal: low, medium or high; "" is the persona\'s own.'),
        "schedule": ("CRON", 'Of a job: when, as in "0 17 * * 5".'),
    }
    for name, (metavar, help) in reversed(of_proposal.items()):
        command = click.option(f"--{name}", metavar=metavar, help=help)(command)
    return command


@click.command("edit-item")
@click.argument("id", metavar="ID", shell_complete=complete_item)
@click.option("--task", help="Of a step: what it shall do instead.")
@click.option("--args", "args_text", metavar="JSON", help="Of a step: what its action shall be given instead.")
@click.option("--result", help="What it gives: it is not run at all.")
@_proposal_options
def command(id: str, task: str | None, args_text: str | None, result: str | None, **changes: str | None) -> None:
    """Change item ID and let it go on: another task, other arguments, or its result at once; a proposal in any part.

    A changed proposal is checked by all rules again. What is not named stays as it was proposed.

    \b
    personae edit-item 4be1 --task "Write two sentences, not a page."
    personae edit-item 4be1 --result "The pump was paid for in May."
    personae edit-item 91c0 --to price-scout --prompt "Three rivals are enough." --model ""
    """
    given: dict[str, Any] = {name: value for name, value in changes.items() if value is not None}
    if task is not None:
        given["task"] = task
    if args_text is not None:
        given["args"] = _args(args_text)
    if result is not None:
        given["result"] = result
    if not given or (result is not None and len(given) > 1):
        ways = "give --task, --args, or --result alone; of a proposal " + ", ".join(f"--{name}" for name in changes)
        raise UsageError(ways, help="personae inbox shows what it holds now.")
    decide_here(id, "edited", lambda item, decider: _fitting(item, given, decider))


def _args(text: str) -> Mapping[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise UsageError(f"--args is no JSON: {error}", help='Write --args \'{"path": "a.md"}\'.') from error
    if not isinstance(value, dict):
        raise UsageError("--args is no map", help='Write --args \'{"path": "a.md"}\'.')
    return value


def _fitting(item: Item, given: Mapping[str, Any], decider: Decider) -> Mapping[str, Any]:
    """Return what an item of this kind is, changed as `given` says. Raises `UsageError` where it cannot be."""
    if item.kind == "proposal" and given.keys() <= set(_OF_PROPOSALS):
        changes = {name: value or None if name in _OWN_IF_EMPTY else value for name, value in given.items()}
        return check_edit(item, changes, decider.personas, decider.rules)
    if (
        item.kind == "step"
        and given.keys() <= {"task", "args", "result"}
        and ("args" not in given or "action" in item.body)
    ):
        return given
    if item.kind == "unknown-outcome" and given.keys() == {"result"}:
        return given
    of_proposals = ", ".join(f"--{name}" for name in _OF_PROPOSALS)
    ways = {"step": "--task or --result", "unknown-outcome": "--result", "proposal": of_proposals}
    raise UsageError(
        f"a {item.kind} cannot be changed so", help=f"It takes {ways.get(item.kind, 'approve or reject')}."
    )
