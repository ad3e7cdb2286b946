"""`personae reject`: say no to an item of the inbox."""

from __future__ import annotations

import click

from personae.cli.deciding import complete_item, decide_here

__all__ = ["command"]


@click.command("reject")
@click.argument("id", metavar="ID", shell_complete=complete_item)
@click.option("--reason", default="", help="Why; it is kept, and told to whoever waits.")
def command(id: str, reason: str) -> None:
    """Say no to item ID. A step that is refused stops, with what needs it; a tool is told no."""
    decide_here(id, "rejected", lambda item: {"reason": reason} if reason else {})
