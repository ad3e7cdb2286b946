"""`personae approve`: say yes to items of the inbox."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from personae.cli.deciding import Chosen, Decider, choosing, decide_chosen
from personae.run.record.inbox import Item
from personae.standing.proposals import proposal_from, refuse

__all__ = ["command"]


@click.command("approve")
@choosing
def command(chosen: Chosen, as_json: bool) -> None:
    """Say yes to items. A run that waits for one goes on at once, in whichever process does it.

    What a proposal starts, personae serve begins. A proposal that breaks a rule by now is refused.

    \b
    personae approve 4be1 91c0
    personae approve --all --kind LAUNCH_TASK --from gtm-lead
    """
    decide_chosen(chosen, "approved", _still_allowed, as_json=as_json)


def _still_allowed(item: Item, decider: Decider) -> Mapping[str, Any]:
    if item.kind == "proposal":
        refuse(proposal_from(item.body), decider.personas, decider.rules)
    return {}
