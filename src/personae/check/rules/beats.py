"""Heartbeats against the money they may spend in a day."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from personae.check.context import Context
from personae.check.models import PRICES, Price, base_id
from personae.check.subject import Subject
from personae.errors import Diagnostic
from personae.library.providers import parse_model
from personae.persona.model import Heartbeat, Persona

__all__ = ["MIN_ANSWER_TOKENS", "MIN_CACHED_TOKENS", "beats_per_day", "cheapest_run_usd", "unpayable_heartbeat"]

MIN_ANSWER_TOKENS = 20
"""The least that an answer is taken to have."""
MIN_CACHED_TOKENS = 1024
"""Shorter prompts no provider keeps for less."""
_MILLION = Decimal(1_000_000)


def unpayable_heartbeat(subject: Subject, context: Context) -> Iterator[Diagnostic]:
    """Yield one diagnostic per beat that fires more often in a day than the daily cap can pay, at the least price.

    The least price: the stance and the prompt are sent once, at the cached rate where they are long enough to be
    cached, nothing else is sent, no tool is called, and the answer has `MIN_ANSWER_TOKENS` tokens.
    """
    persona = subject.persona
    if persona is None or not persona.heartbeats:
        return
    defaults = context.project.defaults
    daily = _either(persona.budget.daily_max_cost_usd, defaults.budget.daily_max_cost_usd)
    each = _either(persona.budget.per_run_max_cost_usd, defaults.budget.per_run_max_cost_usd)
    if daily is None and each is None:
        return
    for index, beat in enumerate(persona.heartbeats):
        model = beat.model or persona.model or (defaults.model if persona.tier is None else None)
        if not beat.enabled or model is None:
            continue
        cost = cheapest_run_usd(persona, beat, model)
        if cost is None:
            continue
        count = beats_per_day(beat.cron)
        if each is not None and cost > each:
            yield _too_dear(subject, f"heartbeats[{index}].prompt", cost, each, model)
        elif daily is not None and cost * count > daily:
            yield _unpayable(subject, f"heartbeats[{index}].cron", count, cost, daily, model)


def _either(own: Decimal | int | None, inherited: Decimal | int | None) -> Decimal | None:
    cap = inherited if own is None else own
    return None if cap is None else Decimal(cap)


def cheapest_run_usd(persona: Persona, beat: Heartbeat, model: str) -> Decimal | None:
    """Return the least that one firing of `beat` can cost, or None where the model's price is not known."""
    name = parse_model(model)
    price = PRICES.get(base_id(name.model)) if name.provider in ("anthropic", "openai", "google") else None
    if price is None:
        return None
    # No tokenizer joins words: a text has at least as many tokens as words.
    tokens = len((persona.system_prompt or "").split()) + len(beat.prompt.split())
    return (tokens * _input_price(price, tokens) + MIN_ANSWER_TOKENS * price.output_usd) / _MILLION


def _input_price(price: Price, tokens: int) -> Decimal:
    # The count is a floor: half as many words as tokens is rare, so only well below the mark is it surely not cached.
    return price.input_usd if tokens * 2 < MIN_CACHED_TOKENS else price.cached_input_usd


def beats_per_day(cron: str) -> int:
    """Return how often a valid expression fires on a day on which it fires at all."""
    minutes, hours = cron.split()[:2]
    return len(_values(minutes, 60)) * len(_values(hours, 24))


def _values(field: str, size: int) -> set[int]:
    found: set[int] = set()
    for term in field.split(","):
        span, _, step = term.partition("/")
        low, _, high = span.partition("-")
        if low == "*":
            first, last = 0, size - 1
        else:
            first = int(low)
            last = int(high) if high else size - 1 if step else first
        found.update(range(first, last + 1, int(step) if step else 1))
    return found


def _unpayable(subject: Subject, field: str, count: int, cost: Decimal, cap: Decimal, model: str) -> Diagnostic:
    line, column = subject.place(field)
    affordable = int(cap / cost)
    message = (
        f"it fires {count:,} times a day, at ${_money(cost)} or more each on {model}: "
        f"${_money(cost * count)} against a daily cap of ${_money(cap)}"
    )
    return Diagnostic(
        rule="unpayable-heartbeat",
        severity="warning",
        message=message,
        file=subject.file,
        line=line,
        column=column,
        field=field,
        found=f"{count} a day",
        expected=f"{affordable} a day or fewer",
        help="Fire less often, raise budget.daily.maxCostUsd, or give the beat a cheaper model.",
    )


def _too_dear(subject: Subject, field: str, cost: Decimal, cap: Decimal, model: str) -> Diagnostic:
    line, column = subject.place(field)
    return Diagnostic(
        rule="unpayable-heartbeat",
        severity="warning",
        message=f"one firing costs ${_money(cost)} or more on {model}, against a cap of ${_money(cap)} for a run",
        file=subject.file,
        line=line,
        column=column,
        field=field,
        found=_money(cost),
        expected=f"at most {_money(cap)}",
        help="Raise budget.perRun.maxCostUsd, shorten the stance, or give the beat a cheaper model.",
    )


def _money(amount: Decimal) -> str:
    return f"{amount:.2f}" if amount >= Decimal("0.01") or not amount else f"{amount:.4f}"
