"""What a model costs: the most a request can take, and what it took. Prices are those of `genai-prices`, as installed.

The project's `[prices]` says what it does not know; what costs nothing (embedded, a local Ollama) is known to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

from pydantic_ai.usage import RequestUsage

from personae.library.project import Project
from personae.library.providers import EMBEDDED, OLLAMA
from personae.run.record.ledger import nanos

__all__ = ["FREE", "Cost", "PriceOf", "price_of", "prices_of"]

Cost: TypeAlias = Callable[[RequestUsage], int]
"""Billionths of a dollar that a request with this usage costs, rounded up."""
PriceOf: TypeAlias = Callable[[str, str], Cost | None]
"""Provider and model to what it costs; None where nobody knows."""

FREE = frozenset([EMBEDDED, OLLAMA, "test", "function"])
"""Providers whose answers cost nothing; the last two are Pydantic AI's own models for tests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Flat:
    """A price of the project file: dollars for a million tokens."""

    input: Decimal
    output: Decimal

    def __call__(self, usage: RequestUsage) -> int:
        return nanos((self.input * usage.input_tokens + self.output * usage.output_tokens) / 1_000_000)


def prices_of(project: Project) -> PriceOf:
    """Return the prices that hold in `project`: its own `[prices]` first."""
    own = {name: _Flat(**price) for name, price in _table(project).items()}

    def find(provider: str, model: str) -> Cost | None:
        return own.get(f"{provider}:{model}") or price_of(provider, model)

    return find


def price_of(provider: str, model: str) -> Cost | None:
    """Return what `model` costs by the price list that is installed; None where it has none."""
    if provider in FREE:
        return _nothing
    # Half a second to import, and only a model with a price needs it.
    from genai_prices import calc_price  # noqa: PLC0415 - see above

    def cost(usage: RequestUsage) -> int:
        return nanos(calc_price(usage, model_ref=model, provider_id=provider).total_price)

    try:
        cost(RequestUsage(input_tokens=1, output_tokens=1))
    except LookupError:
        return None
    return cost


def _nothing(usage: RequestUsage) -> int:
    return 0


def _table(project: Project) -> Mapping[str, Mapping[str, Any]]:
    table: Mapping[str, Mapping[str, Any]] = project.tables.get("prices", {})
    return table
