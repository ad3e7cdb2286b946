"""`personae lsp`: the language server, for editors."""

from __future__ import annotations

import click

from personae.check.lsp import create_server

__all__ = ["command"]


@click.command("lsp")
@click.option("--stdio", is_flag=True, help="The only way to speak; some editors say so.")
def command(stdio: bool) -> None:
    """Speak the Language Server Protocol over standard input and output; an editor starts this.

    It reports findings while you type, explains them and the keys, completes keys and values, and repairs.
    """
    create_server().start_io()
