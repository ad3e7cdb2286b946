"""What a run does right now, as a tree: its steps, beneath each the sub-agents it asked; values that a screen draws."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from personae.run.durable import Step as Done
from personae.run.record.ledger import usd
from personae.workflow.outcome import Event
from personae.workflow.plan import Plan, Step, Voices, needs_of, persona_of

__all__ = ["Branch", "RunTree", "State"]

State = Literal["waits", "works", "asks", "done", "failed", "stopped"]


@dataclass(slots=True, kw_only=True)
class Branch:
    """One node: a step of the plan, or a sub-agent."""

    name: str
    persona: str
    state: State = "waits"
    doing: str = ""
    """What it did last, or what it waits for."""
    began: float | None = None
    ended: float | None = None
    input_tokens: int = 0
    output_tokens: int = 0
    usd_nanos: int = 0
    children: list[Branch] = field(default_factory=list)

    def text(self, now: float) -> str:
        """Return its line: who it is, what it does, what it took, how long."""
        who = f"{self.name} ({self.persona})" if self.persona and self.persona != self.name else self.name
        return "  ".join([who, *self._parts(now)])

    def _parts(self, now: float) -> Iterator[str]:
        if self.doing:
            yield self.doing
        if self.input_tokens or self.output_tokens:
            yield f"{self.input_tokens:,} + {self.output_tokens:,} tokens"
        if self.usd_nanos:
            yield f"${usd(self.usd_nanos):.4f}"
        if self.began is not None:
            yield f"{(self.ended if self.ended is not None else now) - self.began:.0f} s"


class RunTree:
    """A run as it is told of by what conducts it and by the seam. `clock` gives seconds."""

    def __init__(self, plan: Plan, voices: Voices, *, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._branches: dict[str, Branch] = {}
        self.steps: Sequence[Branch] = [self._step(step, voices) for step in plan.steps]

    def _step(self, step: Step, voices: Voices) -> Branch:
        needs = needs_of(step)
        after = f"after {', '.join(needs)}" if needs else ""
        branch = Branch(name=step.id, persona=persona_of(step, voices)[0] or "", doing=after)
        self._branches[step.id] = branch
        return branch

    def take(self, event: Event) -> None:
        """Hear how a step goes."""
        branch = self._branches[event.step.id]
        if event.what == "started":
            branch.state, branch.doing = "works", ""
            branch.began = branch.began if branch.began is not None else self._clock()
        elif event.what in ("asking", "waiting"):
            branch.state, branch.doing = "asks", event.detail
        elif event.what == "done" and event.result is not None:
            result = event.result
            branch.state, branch.doing = "done", "done before" if result.replayed else ""
            branch.input_tokens, branch.output_tokens = result.input_tokens, result.output_tokens
            branch.usd_nanos = result.usd_nanos
        else:
            branch.state = "failed" if event.what == "failed" else "stopped"
            branch.doing = event.detail
        if branch.state in ("done", "failed", "stopped"):
            self._end(branch)

    def take_step(self, done: Done) -> None:
        """Hear of a request or a call that was written down."""
        branch = self._branch(done)
        branch.input_tokens += done.input_tokens
        branch.output_tokens += done.output_tokens
        branch.usd_nanos += done.usd_nanos
        branch.doing = "" if done.kind == "response" else f"{'calls' if done.kind == 'call' else 'used'} {done.detail}"

    def _branch(self, done: Done) -> Branch:
        """Return the branch of a node, which grows below the one that made it: `facts/1/tool.0` below `facts`."""
        known = self._branches.get(done.path)
        if known is not None:
            return known
        parent = self._branches.get(done.path.rpartition("/tool.")[0].rpartition("/")[0])
        branch = Branch(name=done.persona, persona=done.persona, state="works", began=self._clock())
        self._branches[done.path] = branch
        if parent is not None:
            parent.children.append(branch)
        return branch

    def _end(self, branch: Branch) -> None:
        branch.ended = self._clock() if branch.began is not None else None
        for child in branch.children:
            if child.state == "works":
                child.state = "done"
                self._end(child)
