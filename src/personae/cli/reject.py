"""`personae reject`: say no to items of the inbox."""

from __future__ import annotations

import click

from personae.cli.deciding import Chosen, choosing, decide_chosen

__all__ = ["command"]


@click.command("reject")
@click.option("--reason", default="", help="Why; it is kept, and told to whoever waits.")
@choosing
def command(chosen: Chosen, reason: str, as_json: bool) -> None:
    """Say no to items. A step that is refused stops, with what needs it; a tool is told no.

    \b
    personae reject 4be1 --reason "Not this week."
    personae reject --all --kind proposal --from gtm-lead
    """
    decide_chosen(chosen, "rejected", lambda item, decider: {"reason": reason} if reason else {}, as_json=as_json)
