"""Paying for one request: how much it may answer so that every cap holds, its reservation, its settlement."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic_ai.settings import ModelSettings
from pydantic_ai.usage import RequestUsage

from personae.errors import StoppedError
from personae.run.messages import Question
from personae.run.node import Node
from personae.run.prices import Cost, PriceOf
from personae.run.record import ledger
from personae.run.record.database import Transaction
from personae.run.record.ledger import Amount, Charge

__all__ = ["MOST_OUTPUT_TOKENS", "Paid", "cost_for", "pay", "reserve_request"]

MOST_OUTPUT_TOKENS = 8_192
"""What a request may answer where a cap has to hold and nobody set less: all that is left would starve what follows."""
_LEAST_OUTPUT_TOKENS = 16
"""An answer with less room than this is not worth its input."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """A request that may be sent: what was reserved for it, and the settings that keep it within that."""

    charge: Charge
    settings: ModelSettings | None
    cost: Cost | None
    """What its model costs; None where nobody knows and no cap asks."""


def cost_for(node: Node, prices: PriceOf) -> Cost | None:
    """Return what the model of `node` costs. Raises `StoppedError` where that is unknown and a cap in dollars holds."""
    model = node.model
    cost = prices(model.provider, model.model)
    if cost is None and node.account.holds_money:
        raise StoppedError(
            f"nobody knows what {model.name} costs, so a cap in dollars cannot be held",
            reason="cost",
            help=f'Say it in personae.toml: [prices."{model.name}"] input = 3 and output = 15, dollars a million '
            "tokens; or use a cap in tokens.",
        )
    return cost


def reserve_request(
    transaction: Transaction,
    node: Node,
    question: Question,
    asked: Charge,
    *,
    cost: Cost | None,
    at: float,
    settings: ModelSettings | None,
) -> Paid:
    """Reserve the most that the request may take from every scope of the node's account.

    No tokenizer makes more tokens of a text than it has bytes, so the input is at most `question.size_bytes`. The
    output is bounded by what the caps leave. Raises `OverBudgetError` where that is too little for any answer.
    """
    account, wanted = node.account, (settings or {}).get("max_tokens")
    room = _room(transaction, node, question, cost, asked.day) if account.caps else None
    output = wanted or 0
    if room is not None:
        output = max(_LEAST_OUTPUT_TOKENS, min(wanted or MOST_OUTPUT_TOKENS, MOST_OUTPUT_TOKENS, room))
        bound = ModelSettings(max_tokens=output)
        settings = {**settings, **bound} if settings else bound
    charge = ledger.reserve(transaction, asked, _amount(question, output, cost), account, at=at)
    return Paid(charge=charge, settings=settings, cost=cost)


def pay(transaction: Transaction, charge: Charge, usage: RequestUsage, usd_nanos: int, *, at: float) -> None:
    """Settle `charge` at what the request took; a second call changes nothing."""
    ledger.settle(
        transaction,
        charge,
        Amount(usd_nanos=usd_nanos, tokens=usage.input_tokens + usage.output_tokens),
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        at=at,
    )


def _amount(question: Question, output_tokens: int, cost: Cost | None) -> Amount:
    usage = RequestUsage(input_tokens=question.size_bytes, output_tokens=output_tokens)
    return Amount(usd_nanos=cost(usage) if cost else 0, tokens=question.size_bytes + output_tokens)


def _room(transaction: Transaction, node: Node, question: Question, cost: Cost | None, day: str) -> int | None:
    """Return how many tokens of output the caps leave; None where none of them can be reached by this request."""
    left = ledger.left(transaction, node.account, day)
    costs_money = left.usd_nanos is not None and _amount(question, MOST_OUTPUT_TOKENS, cost).usd_nanos > 0
    if left.tokens is None and not costs_money:
        return None
    low, high = 0, MOST_OUTPUT_TOKENS
    while low < high:  # by halves, since a price may have steps
        middle = (low + high + 1) // 2
        most = _amount(question, middle, cost)
        fits = (left.tokens is None or most.tokens <= left.tokens) and (
            left.usd_nanos is None or most.usd_nanos <= left.usd_nanos
        )
        low, high = (middle, high) if fits else (low, middle - 1)
    return low
