"""`personae approve`: say yes to an item of the inbox."""

from __future__ import annotations

import click

from personae.cli.deciding import complete_item, decide_here

__all__ = ["command"]


@click.command("approve")
@click.argument("id", metavar="ID", shell_complete=complete_item)
def command(id: str) -> None:
    """Say yes to item ID. A run that waits for it goes on at once, in whichever process does it."""
    decide_here(id, "approved")
