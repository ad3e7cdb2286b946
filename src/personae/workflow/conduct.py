"""Conducts a plan over an engine: ready steps at once up to a bound, what they give passed along, people waited for.

All it knows is in the record: plan and personas in the run's spec, each step's beginning and end in the journal. So any
process can go on with it. A failed step stops what waits for it and nothing else.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace

from personae.adopt.adoption import BRAIN
from personae.errors import InvalidFileError, PersonaeError
from personae.run.engine import Engine
from personae.run.node import Node, Outcome, node_from, outcome_from
from personae.run.questions import decided
from personae.run.record import journal
from personae.run.record.database import Transaction
from personae.run.record.inbox import Decision
from personae.run.record.record import Record
from personae.run.record.runs import RunStatus
from personae.workflow.human import Human, held_key
from personae.workflow.nodes import Setting, node_of_step
from personae.workflow.outcome import Event, PlanOutcome, Status, StepResult
from personae.workflow.plan import Plan, Step, needs_of, persona_of
from personae.workflow.problems import problems

__all__ = ["Work", "check_work", "conduct"]

Say = Callable[[RunStatus, str], Awaitable[None]]


async def _say_nothing(status: RunStatus, reason: str) -> None:
    """Nobody reads it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A plan and all that conducting it takes."""

    plan: Plan
    setting: Setting
    engine: Engine
    record: Record
    at_once: int
    wait: bool = True
    """Whether people are waited for; if not, what waits for one is told, and all else is still done."""
    say: Say = _say_nothing
    """Told where the run stands, while it goes on."""
    on_event: Callable[[Event], None] = lambda event: None


def check_work(work: Work) -> list[Node]:
    """Return the nodes of all steps as far as they are known before any is done, so that all that refuses one does now.

    Raises `InvalidFileError` for a plan that cannot run, and the refusal of a persona, model or action.
    """
    names = work.setting.world.shelf.names
    wrong = problems(work.plan, names, actions=None, voices=work.setting.voices)
    if wrong:
        raise InvalidFileError(wrong)
    return [node_of_step(step, work.setting, {}) for step in work.plan.steps]


async def conduct(work: Work) -> PlanOutcome:
    """Do every step that is not done yet and return how all ended. It raises only for a record that cannot be used.

    Cancelling it stops every node of the run and waits until each has let go.
    """
    conductor = _Conductor(work=work, gate=asyncio.Semaphore(work.at_once), human=Human(record=work.record))
    conductor.standing = await work.record.do(conductor.look)
    try:
        async with asyncio.TaskGroup() as group:
            for step in work.plan.steps:
                conductor.tasks[step.id] = group.create_task(conductor.step(step), name=step.id)
    except BaseException:
        await work.engine.cancel(work.setting.run)
        raise
    return PlanOutcome(plan=work.plan, results=tuple(conductor.tasks[step.id].result() for step in work.plan.steps))


@dataclass(slots=True, kw_only=True)
class _Conductor:
    work: Work
    gate: asyncio.Semaphore
    human: Human
    standing: Mapping[str, journal.Entry] = field(default_factory=dict)
    """What this process found of the beginnings and ends of steps; it alone adds to them while it has the run."""
    tasks: dict[str, asyncio.Task[StepResult]] = field(default_factory=dict)
    ends: dict[str, Outcome] = field(default_factory=dict)
    working: int = 0

    async def step(self, step: Step) -> StepResult:
        persona = persona_of(step, self.work.setting.voices)[0] or BRAIN
        ended = self.standing.get(f"{step.id}/end")
        if ended is not None:
            self.ends[step.id] = outcome_from(ended.body)
            begun = self.standing.get(f"{step.id}/start")
            because = node_from(begun.body).because if begun else ()
            return self._told(step, _result(step, persona, self.ends[step.id], because=because, replayed=True))
        # Every task of the plan exists before the first one runs, so a need may stand anywhere in the plan.
        needs = [await self.tasks[need] for need in needs_of(step)]
        missing = [need.id for need in needs if need.status != "done"]
        if missing:
            error = f"it needs {', '.join(missing)}"
            return self._told(step, StepResult(id=step.id, persona=persona, status="not-run", error=error))
        try:
            return self._told(step, await self._do(step, persona))
        except PersonaeError as error:
            failed = StepResult(id=step.id, persona=persona, status="failed", error=error.message, help=error.help)
            return self._told(step, failed)

    async def _do(self, step: Step, persona: str) -> StepResult:
        begun = self.standing.get(f"{step.id}/start")
        if begun is not None:
            node = node_from(begun.body)
        else:
            node = node_of_step(step, self.work.setting, self.ends)
            if step.needs_human or await self._is_held(step):
                allowed = await self._allowed(step, node, persona)
                if isinstance(allowed, StepResult):
                    return allowed
                node = allowed
        return await self._perform(step, node, persona)

    async def _allowed(self, step: Step, node: Node, persona: str) -> Node | StepResult:
        """Return the node as a person allowed it, or how the step ended without running."""
        item = await self.human.ask(step, node)
        waits = StepResult(id=step.id, persona=persona, status="waiting", error=item.title, item=item.id)
        decision = await self.human.decision(item.id)
        if decision is None:
            self._tell(step, persona, "asking", f"{item.title}: personae approve {item.id}")
            if not self.work.wait:
                return waits
            decision = await self._waited(item.id, item.title)
        if decision.verdict in ("rejected", "expired"):
            reason = str(decision.body.get("reason", ""))
            error = f"{decision.who} said no" + (f": {reason}" if reason else "")
            return replace(waits, status="stopped", error=error, item="", help="personae fork tries it another way.")
        if "result" not in decision.body:
            setting = self.work.setting
            return node_of_step(self.human.edited(step, decision), setting, self.ends) if decision.body else node
        self.ends[step.id] = await self.human.give(node, decision)
        return _result(step, persona, self.ends[step.id], because=(f"its result was given by {decision.who}",))

    async def _perform(self, step: Step, node: Node, persona: str) -> StepResult:
        engine, began = self.work.engine, time.monotonic()
        while True:
            async with self.gate:
                self._tell(step, persona, "started")
                self.working += 1
                try:
                    await engine.start(node)
                    outcome = await engine.wait(node)
                finally:
                    self.working -= 1
            if outcome.reason != "blocked" or not outcome.item or not self.work.wait:
                break
            await self._waited(outcome.item, outcome.error)
        if outcome.done:
            self.ends[step.id] = outcome
        return replace(_result(step, persona, outcome, because=node.because), seconds=time.monotonic() - began)

    async def _waited(self, item: str, title: str) -> Decision:
        """Wait for what a person decides; the run says so where nothing else goes on."""
        if not self.working:
            await self.work.say("waiting", title)
        decision = await decided(self.work.record, item)
        await self.work.say("running", "")
        return decision

    def look(self, transaction: Transaction) -> Mapping[str, journal.Entry]:
        """Return the beginnings and ends of steps that stand in the journal, by key."""
        keys = [f"{step.id}/{part}" for step in self.work.plan.steps for part in ("start", "end")]
        found = (journal.find(transaction, self.work.setting.run, key) for key in keys)
        return {entry.key: entry for entry in found if entry is not None}

    async def _is_held(self, step: Step) -> bool:
        run, key = self.work.setting.run, held_key(step.id)
        return await self.work.record.do(lambda transaction: journal.find(transaction, run, key)) is not None

    def _tell(self, step: Step, persona: str, what: str, detail: str = "") -> None:
        self.work.on_event(Event(step=step, persona=persona, what=what, detail=detail))  # type: ignore[arg-type]

    def _told(self, step: Step, result: StepResult) -> StepResult:
        self.work.on_event(
            Event(step=step, persona=result.persona, what=result.status, detail=result.error, result=result)
        )
        return result


def _result(
    step: Step, persona: str, outcome: Outcome, *, because: tuple[str, ...] = (), replayed: bool = False
) -> StepResult:
    return StepResult(
        id=step.id,
        persona=persona,
        status=_STATUS.get(outcome.reason, "stopped"),
        because=because,
        output=outcome.text,
        outputs=outcome.outputs,
        error=outcome.error,
        help=outcome.help,
        item=outcome.item,
        input_tokens=outcome.input_tokens,
        output_tokens=outcome.output_tokens,
        usd_nanos=outcome.usd_nanos,
        replayed=replayed,
    )


_STATUS: dict[str, Status] = {"done": "done", "error": "failed", "empty": "failed", "blocked": "waiting"}
