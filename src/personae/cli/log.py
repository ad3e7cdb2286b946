"""`personae log`: the whole record of a run, in the order it was written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import click

from personae.cli import out
from personae.cli.runs import standing
from personae.cli.runs_here import complete_run, opened_record
from personae.run.record import whole
from personae.run.record.journal import Entry
from personae.run.record.ledger import usd
from personae.run.record.runs import get_run

__all__ = ["command"]


@click.command("log")
@click.argument("run", shell_complete=complete_run)
@click.option("--short", is_flag=True, help="One line an entry.")
@out.json_option
def command(run: str, short: bool, as_json: bool) -> None:
    """Show the whole record of RUN: who was asked what, what came back, what it cost, who decided what, and why."""
    with opened_record() as (record, project):
        found = record.database.run(lambda transaction: get_run(transaction, run))
        everything = record.database.run(lambda transaction: whole.read(transaction, found.id))
        stands = standing(found, project)
    if as_json:
        out.as_json({**whole.as_json(everything), "stands": stands})
        return
    zone = ZoneInfo(project.timezone)
    out.data(f"run {found.id}: {found.title}")
    out.data(f"{found.kind}, {stands}{f': {found.reason}' if found.reason else ''}")
    for entry in everything.entries:
        at = f"{datetime.fromtimestamp(entry.at, zone):%H:%M:%S}"
        first, rest = _lines(entry)
        out.data(f"\n{at} {entry.key}: {first}" if not short else f"{at} {entry.key}: {first}")
        if not short:
            for line in rest:
                out.data("\n".join(f"  {part}" for part in line.split("\n")))
    for item in everything.items:
        decision = next((one for one in everything.decisions if one.item == item.id), None)
        said = f"{decision.verdict} by {decision.who}" if decision else "waits"
        out.data(f"\ninbox {item.id}: {item.title}: {said}")
    spent = sum(charge["usd_nanos"] for charge in everything.charges if charge["kind"] == "spent")
    tokens = sum(charge["tokens"] for charge in everything.charges if charge["kind"] == "spent")
    out.data(f"\nspent: ${usd(spent):.4f}, {tokens:,} tokens")


def _lines(entry: Entry) -> tuple[str, list[str]]:
    """Return what an entry says: one line, and the texts beneath it."""
    match entry.kind:
        case "start":
            return _start(entry.body)
        case "response":
            return _response(entry.body)
        case "call":
            return f"calls {entry.body['tool']} {out.json_line(entry.body['args'])}", []
        case "result":
            value = entry.body.get("value", entry.body.get("retry"))
            return f"{entry.body['tool']} gave", [value if isinstance(value, str) else out.json_line(value)]
        case "end":
            texts = [str(entry.body[part]) for part in ("text", "error") if entry.body.get(part)]
            return f"ends: {entry.body.get('reason', 'done')}", texts
        case "note":
            reason = entry.body.get("reason", "noted")
            return f"{reason}: {entry.body.get('error') or out.json_line(entry.body)}", []


def _start(body: Mapping[str, Any]) -> tuple[str, list[str]]:
    parts = [f"because {'; '.join(body['because'])}"]
    if body["action"]:
        parts.append(f"action: {body['action']} {out.json_line(body['args'])}")
    if body["user"]:
        parts += [f"system:\n{body['system']}", f"asked:\n{body['user']}"]
    model = body["model"]
    who = f"{body['persona']} is asked" if body["user"] else f"{body['persona']} acts"
    return f"{who} ({model['provider']}:{model['model']})" if body["user"] else who, parts


def _response(body: Mapping[str, Any]) -> tuple[str, list[str]]:
    usage = body["response"]["usage"]
    cost = f", ${usd(body['usd_nanos']):.6f}" if body["usd_nanos"] else ""
    line = f"answers ({usage['input_tokens']:,} + {usage['output_tokens']:,} tokens{cost})"
    return line, list(_parts(body["response"]["parts"]))


def _parts(parts: list[Mapping[str, Any]]) -> Iterator[str]:
    for part in parts:
        if part["part_kind"] == "tool-call":
            args = part["args"] if isinstance(part["args"], str) else out.json_line(part["args"])
            yield f"wants {part['tool_name']} {args}"
        elif part.get("content"):
            yield str(part["content"])
