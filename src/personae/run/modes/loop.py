"""Rounds on an interval or until a condition: each with a fresh context and what memory recalls."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from personae.run.modes.checks import Check, Verdict
from personae.run.modes.rounds import Judged, judged_now
from personae.run.modes.wearing import Reflection
from personae.run.node import Outcome

__all__ = ["LoopRound", "Rest", "loop"]

Rest = Callable[[float], Awaitable[None]]
"""Waits so many seconds: `asyncio.sleep`, or a manual clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopRound:
    """One round."""

    number: int
    answer: Outcome
    remembered: Reflection
    verdict: Verdict | None = None
    """Of the condition; None where there is none."""

    @property
    def last(self) -> bool:
        """Whether the condition ends the loop here."""
        return self.verdict is not None and self.verdict.passed


async def loop(
    one_round: Callable[[int], Awaitable[tuple[Outcome, Reflection]]],
    *,
    every_s: float,
    rest: Rest,
    until: Check | None = None,
    most_rounds: int | None = None,
    judged: Judged = judged_now,
    before: int = 0,
) -> AsyncIterator[LoopRound]:
    """Yield each round as it ends, from the one after the `before` that were done.

    `every_s` is counted from end to begin, so that rounds never overlap.
    """
    number = before
    while most_rounds is None or number < most_rounds:
        number += 1
        answer, remembered = await one_round(number)
        verdict = await judged(number, partial(until, answer.text)) if until is not None else None
        done = LoopRound(number=number, answer=answer, remembered=remembered, verdict=verdict)
        yield done
        if done.last or number == most_rounds:
            return
        await rest(every_s)
