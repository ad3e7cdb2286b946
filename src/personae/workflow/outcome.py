"""How a plan ended, step by step, and what happened on the way, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from personae.errors import BlockedError, PersonaeError, StoppedError
from personae.workflow.plan import Plan, Step, needs_of

__all__ = ["Event", "PlanOutcome", "Status", "StepResult"]

Status = Literal["done", "failed", "stopped", "waiting", "not-run"]
"""`stopped` by a limit or a person, `waiting` for one, `not-run` for want of what it needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """How one step ended, or where it stands."""

    id: str
    persona: str
    status: Status
    because: tuple[str, ...] = ()
    """Why this persona, this model, these tools."""
    output: str = ""
    outputs: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""
    help: str = ""
    item: str = ""
    """What waits in the inbox."""
    input_tokens: int = 0
    output_tokens: int = 0
    usd_nanos: int = 0
    seconds: float = 0.0
    """In this process; 0 where it was done before."""
    replayed: bool = False
    """Whether it was done before this process began."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to a step, as it happens."""

    step: Step
    persona: str
    what: Literal["started", "asking", "done", "failed", "stopped", "waiting", "not-run"]
    """`asking`: a person is asked whether it may run."""
    detail: str = ""
    result: StepResult | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOutcome:
    """How a plan ended; what was done stands, whatever failed beside it."""

    plan: Plan
    results: tuple[StepResult, ...]
    """In the order of the plan."""

    @property
    def done(self) -> bool:
        """Whether every step was done."""
        return all(result.status == "done" for result in self.results)

    @property
    def text(self) -> str:
        """The result as Markdown: what the last steps answered, under their ids where there are several."""
        needed = {need for step in self.plan.steps for need in needs_of(step)}
        finals = [result for result in self.results if result.id not in needed and result.status == "done"]
        if len(finals) == 1:
            return finals[0].output
        return "\n\n".join(f"## {result.id}\n\n{result.output}" for result in finals)

    def error(self) -> PersonaeError | None:
        """Return what keeps it from being done: a person who is waited for, a failure, or a limit; None when done."""
        if self.done:
            return None
        waiting = next((result for result in self.results if result.status == "waiting"), None)
        if waiting is not None:
            return BlockedError(f"step {waiting.id} waits: {waiting.error}", item=waiting.item)
        failed = [result for result in self.results if result.status == "failed"]
        bad = failed or [result for result in self.results if result.status == "stopped"]
        first = bad[0]
        message = f"step {first.id} {first.status}: {first.error}"
        return PersonaeError(message, help=first.help) if failed else StoppedError(message, help=first.help)
