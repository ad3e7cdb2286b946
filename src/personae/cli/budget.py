"""`personae budget`: what was spent, is reserved and is left, by persona and day."""

from __future__ import annotations

from datetime import timedelta

import click

from personae.cli import out
from personae.cli.serving import served
from personae.run.record.ledger import day_of, usd
from personae.standing.budget import Line, lines

__all__ = ["command"]


@click.command("budget")
@click.option("--days", type=click.IntRange(1, 366), default=1, show_default=True, help="How many, today among them.")
@out.json_option
def command(days: int, as_json: bool) -> None:
    """Show what was spent, is reserved and is left today, by persona, and for the project as a whole.

    Every run counts: beats, chats, sub-agents, tasks and plans. A day turns where the project is ([project] timezone).
    What a process reserved that died stays counted, since it may have been paid, until somebody goes on with its run.

    \b
    budget.daily.maxCostUsd in a persona, or [defaults] budget, or [project] budget in personae.toml, is the cap.
    """
    with served() as here:
        now = here.record.now()
        today = day_of(now, here.zone)
        since = day_of(now - timedelta(days=days - 1), here.zone)
        personas = here.folder.personas.values()
        found = here.record.database.run(
            lambda transaction: lines(transaction, here.folder.project, personas, today=today, since=since)
        )
        if as_json:
            out.as_json({"timezone": here.zone.key, "today": today, "lines": [_json(line) for line in found]})
        elif found:
            header = ["DAY", "WHO", "SPENT", "RESERVED", "LEFT", "OF", "TOKENS", ""]
            out.data(out.table([_row(line) for line in found], header=header))
        else:
            out.note("nothing was spent, and nobody has a cap")


def _row(line: Line) -> list[str]:
    left, cap = line.left_nanos, line.cap_nanos
    return [
        line.day,
        line.who,
        _dollars(line.spent_nanos),
        _dollars(line.reserved_nanos) if line.reserved_nanos else "-",
        "-" if left is None else _dollars(left),
        "no cap" if cap is None else _dollars(cap),
        f"{line.tokens:,}",
        "nothing left" if left == 0 and cap else "nearly spent" if line.near else "",
    ]


def _json(line: Line) -> dict[str, object]:
    return {
        "day": line.day,
        "who": line.who,
        "spent_usd": usd(line.spent_nanos),
        "reserved_usd": usd(line.reserved_nanos),
        "left_usd": None if line.left_nanos is None else usd(line.left_nanos),
        "cap_usd": None if line.cap_nanos is None else usd(line.cap_nanos),
        "tokens": line.tokens,
        "near": line.near,
    }


def _dollars(amount_nanos: int) -> str:
    """Return dollars with the cents, and more places only where there are any."""
    amount = usd(amount_nanos)
    whole = f"{amount:.2f}"
    return f"${whole}" if amount == round(amount, 2) else f"${amount:.6f}".rstrip("0")
