"""How a run is told as it goes: a tree that is drawn again on a terminal, a line for each thing elsewhere."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from personae.cli import out
from personae.cli.family import tell_step
from personae.cli.tree import RunTree
from personae.run.durable import Step
from personae.run.record.ledger import usd
from personae.workflow.outcome import Event
from personae.workflow.plan import Plan, Voices

__all__ = ["Telling"]


class Telling:
    """Hears of everything in one run. Until its plan is known, and where no screen is, it tells by lines."""

    def __init__(self) -> None:
        self._tree: RunTree | None = None

    def step(self, step: Step) -> None:
        """Tell of a request or a call that was written down."""
        if self._tree is None:
            tell_step(step)
        else:
            self._tree.take_step(step)

    def event(self, event: Event) -> None:
        """Tell how a step goes."""
        if self._tree is not None:
            self._tree.take(event)
        if self._tree is None or event.what == "asking":  # the way to answer is to be copied from a line that stays
            _tell(event)

    @contextmanager
    def showing(self, plan: Plan, voices: Voices) -> Iterator[None]:
        """Draw the tree of `plan` meanwhile, if somebody looks at a screen."""
        if not sys.stderr.isatty() or os.environ.get("TERM", "") in ("", "dumb"):
            yield
            return
        from personae.cli.screen import drawn  # noqa: PLC0415 - 50 ms that only a terminal has a use for

        self._tree = RunTree(plan, voices, clock=time.monotonic)
        try:
            with drawn(self._tree):
                yield
        finally:
            self._tree = None


def _tell(event: Event) -> None:
    name = f"{event.step.id} ({event.persona})"
    result = event.result
    if event.what == "started":
        out.progress("▸", f"{name} started", color="blue")
    elif event.what == "asking":
        out.progress("?", event.detail, color="yellow")
    elif event.what == "done" and result is not None and result.replayed:
        out.progress("✓", f"{name} was done before", color="green", dim=True)
    elif event.what == "done" and result is not None:
        tokens = f"{result.input_tokens:,} + {result.output_tokens:,} tokens"
        cost = f", ${usd(result.usd_nanos):.4f}" if result.usd_nanos else ""
        out.progress("✓", f"{name} done in {result.seconds:.1f} s, {tokens}{cost}", color="green")
    else:
        out.progress("✗", f"{name} {event.what.replace('-', ' ')}: {event.detail}", color="red")
