"""Rounds towards a goal, until a done-check passes: reached, blocked, out of budget, or stopped from outside."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

from personae.errors import BlockedError, StoppedError
from personae.run.modes.checks import Check, CheckChangedError, Verdict
from personae.run.modes.rounds import Judged, judged_now
from personae.run.node import Outcome

__all__ = ["Exit", "GoalOutcome", "GoalRound", "pursue", "round_text"]

Exit = Literal["reached", "blocked", "out of budget", "stopped"]

BLOCKED = "BLOCKED:"
"""An answer that begins so gives up, and says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalRound:
    """One round: what was answered, and what the check said."""

    number: int
    answer: str
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalOutcome:
    """How it ended."""

    exit: Exit
    rounds: tuple[GoalRound, ...]
    reason: str

    @property
    def answer(self) -> str:
        """The newest answer."""
        return self.rounds[-1].answer if self.rounds else ""


async def pursue(
    goal: str,
    ask: Callable[[int, str], Awaitable[Outcome]],
    check: Check,
    *,
    most_rounds: int,
    judged: Judged = judged_now,
    on_round: Callable[[GoalRound], None] = lambda done: None,
) -> GoalOutcome:
    """Ask again and again until `check` passes. The check alone decides; what the model says of itself counts nothing.

    Two equal answers that fail alike end it as blocked: another round would be paid for nothing. Raises `BlockedError`
    where a person has to decide before a round can end.
    """
    rounds: list[GoalRound] = []
    for number in range(1, most_rounds + 1):
        try:
            answer = await ask(number, round_text(goal, rounds[-1] if rounds else None))
        except BlockedError:
            raise  # it goes on as soon as somebody has decided
        except StoppedError as error:
            return GoalOutcome(exit="out of budget", rounds=tuple(rounds), reason=error.message)
        try:
            verdict = await judged(number, partial(check, answer.text))
        except CheckChangedError as error:
            return GoalOutcome(exit="blocked", rounds=tuple(rounds), reason=error.message)
        done = GoalRound(number=number, answer=answer.text, verdict=verdict)
        before = rounds[-1] if rounds else None
        rounds.append(done)
        on_round(done)
        if verdict.passed:
            return GoalOutcome(exit="reached", rounds=tuple(rounds), reason=verdict.said)
        if answer.text.startswith(BLOCKED):
            reason = answer.text.removeprefix(BLOCKED).strip() or "the persona gave no reason"
            return GoalOutcome(exit="blocked", rounds=tuple(rounds), reason=reason)
        if before is not None and (before.answer, before.verdict.said) == (done.answer, verdict.said):
            return GoalOutcome(exit="blocked", rounds=tuple(rounds), reason="two rounds gave the same answer")
    return GoalOutcome(exit="out of budget", rounds=tuple(rounds), reason=f"{most_rounds} rounds are used up")


def round_text(goal: str, before: GoalRound | None) -> str:
    """Return what is asked in a round: the goal, and what the check said of the round before."""
    if before is None:
        return f"{goal}\n\nIf you cannot go on, answer {BLOCKED} and the reason."
    return (
        f"{goal}\n\nYour last answer did not pass the check. The check said:\n{before.verdict.said}\n\n"
        f"Your last answer was:\n{before.answer}\n\nGive a better one, or answer {BLOCKED} and the reason."
    )
