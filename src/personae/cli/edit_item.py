"""`personae edit-item`: change an item of the inbox, and say yes to it so."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import click

from personae.cli.deciding import complete_item, decide_here
from personae.errors import UsageError
from personae.run.record.inbox import Item

__all__ = ["command"]


@click.command("edit-item")
@click.argument("id", metavar="ID", shell_complete=complete_item)
@click.option("--task", help="What the step shall do instead.")
@click.option("--args", "args_text", metavar="JSON", help="What the step's action shall be given instead.")
@click.option("--result", help="What it gives: it is not run at all.")
def command(id: str, task: str | None, args_text: str | None, result: str | None) -> None:
    """Change item ID and let it go on: another task, other arguments, or its result at once.

    \b
    personae edit-item 4be1 --task "Write two sentences, not a page."
    personae edit-item 4be1 --result "The pump was paid for in May."
    """
    given: dict[str, Any] = {}
    if task is not None:
        given["task"] = task
    if args_text is not None:
        given["args"] = _args(args_text)
    if result is not None:
        given["result"] = result
    if not given or (result is not None and len(given) > 1):
        raise UsageError("give --task, --args, or --result alone", help="personae inbox shows what it holds now.")
    decide_here(id, "edited", lambda item: _fitting(item, given))


def _args(text: str) -> Mapping[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise UsageError(f"--args is no JSON: {error}", help='Write --args \'{"path": "a.md"}\'.') from error
    if not isinstance(value, dict):
        raise UsageError("--args is no map", help='Write --args \'{"path": "a.md"}\'.')
    return value


def _fitting(item: Item, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return `given` where an item of this kind can be changed so."""
    if item.kind == "step" and ("args" not in given or "action" in item.body):
        return given
    if item.kind == "unknown-outcome" and "result" in given:
        return given
    ways = {"step": "--task or --result", "unknown-outcome": "--result"}.get(item.kind, "approve or reject")
    raise UsageError(f"a {item.kind} cannot be changed so", help=f"It takes {ways}.")
