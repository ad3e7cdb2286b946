"""What a proposed run costs about: for the person who decides, and for rules that approve within a cap."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from pydantic_ai.usage import RequestUsage

from personae.library.catalogue import estimate_tokens
from personae.library.registry import Snapshot
from personae.run.answerer import ModelAnswerer
from personae.run.prices import PriceOf
from personae.run.record.ledger import usd
from personae.standing.proposals import Proposal

__all__ = ["ROUNDS", "estimate_usd"]

ROUNDS = 4
"""Requests that a task is taken to need."""
_OUTPUT_TOKENS = 700
"""Of one request."""


def estimate_usd(proposal: Proposal, personas: Snapshot, models: ModelAnswerer, prices: PriceOf) -> str | None:
    """Return what one run costs about, in US dollars; None where the model's price is not known, or no model is here.

    Every round sends stance, prompt and all that was answered before. A cap of the persona for one run is the most.
    """
    if proposal.to not in personas:
        return None
    persona = personas[proposal.to]
    binding = models.bind(replace(persona, model=proposal.model or persona.model))
    cost = prices(binding.provider, binding.model) if binding.available else None
    if cost is None:
        return None
    first = estimate_tokens(persona.system_prompt or "") + estimate_tokens(proposal.prompt)
    rounds = [
        RequestUsage(input_tokens=first + number * _OUTPUT_TOKENS, output_tokens=_OUTPUT_TOKENS)
        for number in range(ROUNDS)
    ]
    about = usd(sum(map(cost, rounds)))
    cap = persona.budget.per_run_max_cost_usd
    about = about if cap is None else min(about, Decimal(cap))
    return f"{about.quantize(Decimal('0.0001')):f}"
