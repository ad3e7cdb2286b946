"""Models that have a name here: what fits into one, when it stops answering, what takes over, what it costs.

Model ids rot, so the table says when it was read. It is complete for the text models of `COMPLETE` only; a name of any
other provider is never called unknown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType

from personae.check.context import ModelFacts
from personae.library.providers import EMBEDDED, EMBEDDED_MODELS, OLLAMA, parse_model

__all__ = ["COMPLETE", "MODELS", "MODELS_DATE", "PRICES", "Price", "base_id", "find_model"]

MODELS_DATE = date(2026, 11, 20)
"""When the table was made. Context sizes and prices: genai-prices 0.2.3. Days of retirement: as announced by the
providers, read partly on their pages and partly in notices that quote them; for Claude 3.5, 3.7 and 3 Haiku, GPT-4.5,
GPT-4-32k, o1-mini, o1-preview, codex-mini and Gemini 1.x from memory, so the day may be off by weeks. Replacements are
of our own ladder, not always what the provider names."""

COMPLETE = frozenset(["anthropic", "openai", "google"])

_DATED = re.compile(r"(?:[-@](?:20\d{6}|20\d\d-\d\d-\d\d)|-latest|-\d{3})$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """US dollars for a million tokens, at the lowest of a provider's steps."""

    input_usd: Decimal
    cached_input_usd: Decimal
    """For what the provider still has from a request before; only long prompts are kept."""
    output_usd: Decimal


def base_id(model: str) -> str:
    """Return a model's id in lower case, without the date or `-latest` of a snapshot; Claude's dots become dashes."""
    name = model.strip().lower()
    name = _DATED.sub("", name)
    return name.replace(".", "-") if name.startswith("claude") else name


def find_model(text: str, models: Mapping[str, ModelFacts]) -> tuple[str, ModelFacts | None]:
    """Return the provider that `text` names, empty for none, and what is known of the model."""
    name = parse_model(text)
    if name.provider in ("", OLLAMA):
        return name.provider, None
    known = models.get(name.model.lower()) or models.get(base_id(name.model))
    return name.provider, known


def _facts(provider: str, rows: str) -> dict[str, ModelFacts]:
    """Read lines of `id context [retired [replacement]]`; the context in thousands of tokens, `-` for unknown."""
    table = {}
    for row in rows.split("\n"):
        cells = row.split()
        if not cells:
            continue
        table[cells[0]] = ModelFacts(
            provider=provider,
            context_tokens=None if cells[1] == "-" else int(cells[1]) * 1000,
            retired=date.fromisoformat(cells[2]) if len(cells) > 2 else None,
            replacement=cells[3] if len(cells) > 3 else "",
        )
    return table


_ANTHROPIC = """
claude-fable-5-2    1000
claude-fable-5-1    1000
claude-fable-5      1000
claude-mythos-5-2   1000
claude-opus-5-5     1000
claude-opus-5       1000
claude-opus-4-8     1000
claude-opus-4-7     1000
claude-opus-4-6     1000
claude-opus-4-5     200
claude-opus-4-1     200   2026-08-05 claude-opus-5-5
claude-opus-4-0     200   2026-06-15 claude-opus-5-5
claude-opus-4       200   2026-06-15 claude-opus-5-5
claude-sonnet-5-5   1000
claude-sonnet-5     1000
claude-sonnet-4-6   1000
claude-sonnet-4-5   200
claude-sonnet-4-0   200   2026-06-15 claude-sonnet-5-5
claude-sonnet-4     200   2026-06-15 claude-sonnet-5-5
claude-haiku-5-5    1000
claude-haiku-4-5    200
claude-3-7-sonnet   200   2026-02-19 claude-sonnet-5-5
claude-3-5-sonnet   200   2025-10-28 claude-sonnet-5-5
claude-3-5-haiku    200   2026-02-19 claude-haiku-5-5
claude-3-opus       200   2026-01-05 claude-opus-5-5
claude-3-sonnet     200   2025-07-21 claude-sonnet-5-5
claude-3-haiku      200   2026-04-20 claude-haiku-5-5
claude-2-1          200   2025-07-21 claude-sonnet-5-5
claude-2-0          100   2025-07-21 claude-sonnet-5-5
claude-2            100   2025-07-21 claude-sonnet-5-5
claude-instant-1-2  100   2024-11-06 claude-haiku-5-5
claude-instant-1    100   2024-11-06 claude-haiku-5-5
"""

_OPENAI = """
gpt-6.1-sol         1050
gpt-6.1-terra       1050
gpt-6-astra         1050
gpt-6-sol           1050
gpt-6-luna          1050
gpt-6-cyber         -
gpt-6-rosalind      -
gpt-5.6             1050
gpt-5.6-sol         1050
gpt-5.6-terra       1050
gpt-5.6-luna        1050
gpt-5.6-cyber       -
gpt-5.5             1000
gpt-5.5-pro         1000
gpt-5.5-cyber       -
gpt-5.4             1050
gpt-5.4-pro         1050
gpt-5.4-mini        400
gpt-5.4-nano        400
gpt-5.3             128
gpt-5.3-codex       400
gpt-5.3-codex-spark 128
gpt-5.3-chat        128   2026-08-10 gpt-6.1-terra
gpt-5.2             400
gpt-5.2-pro         400
gpt-5.2-codex       400   2026-07-23 gpt-6.1-sol
gpt-5.2-chat        128   2026-08-10 gpt-6.1-terra
gpt-5.1             400   2027-04-01 gpt-6.1-sol
gpt-5.1-codex       400   2026-07-23 gpt-6.1-sol
gpt-5.1-codex-max   400   2026-07-23 gpt-6.1-sol
gpt-5.1-codex-mini  400   2026-07-23 gpt-6.1-terra
gpt-5.1-chat        128   2026-07-23 gpt-6.1-terra
gpt-5               400   2026-12-11 gpt-6.1-sol
gpt-5-pro           400   2026-12-11 gpt-6-astra
gpt-5-mini          400   2026-12-11 gpt-6.1-terra
gpt-5-nano          400   2026-12-11 gpt-6-luna
gpt-5-codex         400   2026-07-23 gpt-6.1-sol
gpt-5-chat          128   2026-07-23 gpt-6.1-terra
gpt-5-search-api    -
gpt-chat            -
gpt-oss-120b        131
gpt-oss-20b         131
gpt-oss-safeguard-20b 131
gpt-rosalind-discovery -
gpt-rosalind-research  -
gpt-4.1             1000  2027-01-14 gpt-6-luna
gpt-4.1-mini        1000  2027-01-14 gpt-6-luna
gpt-4.1-nano        1000  2026-10-23 gpt-6-luna
gpt-4.5-preview     128   2025-07-14 gpt-6.1-sol
gpt-4o              128   2027-01-14 gpt-6-luna
gpt-4o-2024-05-13   128   2026-10-23 gpt-6-luna
gpt-4o-mini         128   2027-01-14 gpt-6-luna
gpt-4o-search-preview 128 2026-07-23 gpt-6-luna
chatgpt-4o          128   2026-02-17 gpt-6.1-terra
gpt-4-turbo         128   2026-10-23 gpt-6.1-sol
gpt-4-turbo-preview 128   2026-10-23 gpt-6.1-sol
gpt-4-1106-preview  128   2026-10-23 gpt-6.1-sol
gpt-4-32k           32    2025-06-06 gpt-6.1-sol
gpt-4               8     2026-10-23 gpt-6.1-sol
gpt-4-0613          8     2026-10-23 gpt-6.1-sol
gpt-3.5-turbo       16    2026-10-23 gpt-6-luna
gpt-3.5-turbo-16k   16    2024-09-13 gpt-6-luna
gpt-3.5-turbo-0125  16    2026-10-23 gpt-6-luna
o1                  200   2026-10-23 gpt-6.1-sol
o1-pro              200   2026-10-23 gpt-6-astra
o1-mini             128   2025-10-27 gpt-6.1-terra
o1-preview          128   2025-07-28 gpt-6.1-sol
o3                  200   2026-12-11 gpt-6.1-sol
o3-pro              200   2026-12-11 gpt-6-astra
o3-mini             200   2026-10-23 gpt-6.1-terra
o3-deep-research    200   2026-07-23 gpt-6-astra
o4-mini             200   2026-10-23 gpt-6.1-terra
o4-mini-deep-research 200 2026-07-23 gpt-6-astra
codex-auto-review   -
codex-mini          200   2026-02-12 gpt-6.1-terra
"""

_GOOGLE = """
gemini-4-argon           1048
gemini-4-carbon          1048
gemini-3.8-flash         1000
gemini-3.7-flash         1000
gemini-3.6-flash         1000
gemini-3.5-flash         1000
gemini-3.5-flash-lite    1000
gemini-3.1-pro-preview   1000
gemini-3.1-flash-lite    1000
gemini-3.1-flash-lite-preview 1000
gemini-3-flash-preview   1000
gemini-3-pro-preview     1000 2026-03-09 gemini-4-argon
gemini-2.5-pro           1048 2026-12-01 gemini-3.8-flash
gemini-2.5-flash         1048 2026-12-01 gemini-3.5-flash-lite
gemini-2.5-flash-lite    1000
gemini-2.0-flash         1000 2026-06-01 gemini-3.8-flash
gemini-2.0-flash-lite    1000 2026-06-01 gemini-3.5-flash-lite
gemini-1.5-pro           1000 2025-09-24 gemini-4-argon
gemini-1.5-flash         1000 2025-09-24 gemini-3.8-flash
gemini-1.5-flash-8b      1000 2025-09-24 gemini-3.5-flash-lite
gemini-1.0-pro           32   2025-02-15 gemini-4-argon
gemini-pro               32   2025-02-15 gemini-4-argon
gemini-pro-latest        1000
gemini-flash-latest      1000
gemini-flash-lite-latest 1000
"""

_EMBEDDED_CONTEXT = {"smollm2-135m": 8_192}
_EMBEDDED_FACTS = {
    name: ModelFacts(provider=EMBEDDED, context_tokens=_EMBEDDED_CONTEXT.get(name, 32_768)) for name in EMBEDDED_MODELS
}

MODELS: Mapping[str, ModelFacts] = MappingProxyType(
    {
        **_facts("anthropic", _ANTHROPIC),
        **_facts("openai", _OPENAI),
        **_facts("google", _GOOGLE),
        **_EMBEDDED_FACTS,
    }
)


def _prices(rows: str) -> dict[str, Price]:
    """Read lines of `id input cached-input output`, in US dollars for a million tokens."""
    lines = [row.split() for row in rows.split("\n") if row.strip()]
    return {
        name: Price(input_usd=Decimal(plain), cached_input_usd=Decimal(cached), output_usd=Decimal(output))
        for name, plain, cached, output in lines
    }


PRICES: Mapping[str, Price] = MappingProxyType(
    _prices(
        """
claude-fable-5-2      8     0.80   40
claude-fable-5-1      10    1.00   50
claude-fable-5        10    1.00   50
claude-opus-5-5       4     0.40   20
claude-opus-5         5     0.50   25
claude-opus-4-8       5     0.50   25
claude-opus-4-7       5     0.50   25
claude-opus-4-6       5     0.50   25
claude-opus-4-5       5     0.50   25
claude-sonnet-5-5     2     0.20   10
claude-sonnet-5       2     0.20   10
claude-sonnet-4-6     3     0.30   15
claude-sonnet-4-5     3     0.30   15
claude-haiku-5-5      0.10  0.01   0.50
claude-haiku-4-5      1     0.10   5
gpt-6.1-sol           2     0.10   10
gpt-6.1-terra         1     0.05   5
gpt-6-astra           10    1.00   50
gpt-6-sol             2     0.20   10
gpt-6-luna            0.10  0.01   0.50
gpt-5.6-sol           4     0.40   20
gpt-5.6-terra         2     0.20   12
gpt-5.6-luna          0.20  0.02   1.20
gpt-5.5               5     0.50   30
gpt-5.5-pro           30    30     180
gpt-5.4               2.50  0.25   15
gpt-5.4-pro           30    30     180
gpt-4.1               2     0.50   8
gpt-4o                2.50  1.25   10
gemini-4-argon        4     0.20   20
gemini-3.8-flash      1.50  0.15   7.50
gemini-3.5-flash      1.50  0.15   9
gemini-3.5-flash-lite 0.30  0.03   2.50
gemini-2.5-pro        1.25  0.125  10
gemini-2.5-flash      0.30  0.03   2.50
"""
    )
)
