"""`personae inbox`: all that waits for a person, in one queue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import click

from personae.cli import out
from personae.cli.runs_here import opened_record
from personae.cli.serving import moment_text
from personae.run.record.inbox import Item, waiting
from personae.tools.approve import quoted

__all__ = ["command", "shown"]


@click.command("inbox")
@click.option("--run", help="Only what waits in this run.")
@out.json_option
def command(run: str | None, as_json: bool) -> None:
    """Show what waits for you, oldest first: steps, questions of tools, calls whose outcome nobody knows, proposals."""
    with opened_record() as (record, project):
        items = record.database.run(lambda transaction: waiting(transaction, run=run))
        now, zone = record.now(), ZoneInfo(project.timezone)
    if as_json:
        out.as_json([asdict(item) for item in items])
        return
    if not items:
        out.note("nothing waits for you")
    for item in items:
        out.data(shown(item, now, zone))


def shown(item: Item, now: datetime, zone: ZoneInfo) -> str:
    """Return an item as text; what a model wrote is quoted, so that it cannot pass for ours."""
    lines = [f"{item.id}  {item.title}", f"  {item.kind} of {item.persona} in run {item.run} ({item.key})"]
    lines += _proposal(item) if item.kind == "proposal" else _body(item.body)
    if item.expires is None:
        return "\n".join([*lines, _ways(item)])
    moment = moment_text(datetime.fromtimestamp(item.expires, UTC), now, zone)
    if item.expires <= now.timestamp():
        return "\n".join([*lines, f"  expired {moment}: it can be decided no more"])
    return "\n".join([*lines, f"  expires {moment}", _ways(item)])


def _ways(item: Item) -> str:
    return f"  personae approve {item.id} · reject {item.id} · edit-item {item.id}"


def _proposal(item: Item) -> Iterator[str]:
    body = item.body
    yield f"  from {body['sender']} to {body['to']}, {_cost(body)}"
    if len(body["line"]) > 1:
        yield f"  after proposals of {', '.join(body['line'][:-1])}"
    yield from _body({name: body.get(name) for name in ("title", "prompt", "schedule", "model", "effort")})


def _cost(body: Mapping[str, Any]) -> str:
    each = " each time" if body["kind"] == "SCHEDULE_JOB" else ""
    estimate = body.get("estimate_usd")
    return f"about ${estimate}{each}" if estimate is not None else "at a cost nobody knows: its model has no price here"


def _body(body: Mapping[str, Any]) -> Iterator[str]:
    for name, value in body.items():
        text = value if isinstance(value, str) else out.json_line(value) if value is not None else ""
        if text:
            yield f"  {name}:"
            yield from (f"  {line}" for line in quoted(text))
