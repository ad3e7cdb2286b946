"""Looks after the inbox while a project is served: what expires, what rules approve, what was approved and is to do."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from personae.persona.model import Persona
from personae.run.record.database import Transaction
from personae.run.record.inbox import Item
from personae.run.record.record import Record
from personae.standing import approvals
from personae.standing.approvals import Dispatch, task_run
from personae.standing.beat import Ending, Work, run_cap
from personae.standing.events import Event, Tell, silent
from personae.standing.heartbeats import Recurring
from personae.standing.proposals import AutoRule, Rules

__all__ = ["Attendant", "task_work"]

_AGAIN_AFTER_S = 30.0
"""How soon a task is looked at again that waits for a person or for tomorrow's budget."""


@dataclass(slots=True, kw_only=True)
class Attendant:
    """One for a server. It begins nothing itself."""

    record: Record
    tell: Tell = silent
    jobs: Sequence[Recurring] = ()
    """As they were taken up at the last look."""
    _rests: dict[str, float] = field(default_factory=dict)

    async def attend(self, personas: Mapping[str, Persona], rules: Rules, zone: ZoneInfo) -> bool:
        """Decide what time and rules decide, take up what was approved; return whether the jobs are others now."""

        def work(
            transaction: Transaction,
        ) -> tuple[Sequence[Item], Sequence[tuple[Item, AutoRule]], Sequence[tuple[Item, str]], Sequence[Recurring]]:
            at = self.record.at
            over = approvals.expire(transaction, at=at)
            by_rule = approvals.approve_by_rules(transaction, personas, rules, zone=zone, at=at)
            refused = list(approvals.take_up(transaction, personas, rules, at=at))
            return over, by_rule, refused, approvals.jobs(transaction)

        over, by_rule, refused, jobs = await self.record.do(work)
        for item in over:
            self.tell(Event(kind="proposal", text=f"{item.id} expired: {item.title}", persona=item.persona))
        for item, rule in by_rule:
            text = f"{item.id} approved by the rule {rule.name}: {item.title}"
            self.tell(Event(kind="proposal", text=text, persona=item.persona))
        for item, reason in refused:
            self.tell(Event(kind="proposal", text=f"{item.id} cannot be started: {reason}", persona=item.persona))
        changed, self.jobs = list(jobs) != list(self.jobs), jobs
        return changed

    async def ready(self, working: Collection[str], paused: Collection[str], *, now: float) -> Sequence[Dispatch]:
        """Return the tasks to begin or to go on with now."""
        tasks = await self.record.do(approvals.open_tasks)
        return [
            task
            for task in tasks
            if task_run(task.item) not in working
            and not {"", task.proposal.to} & set(paused)
            and self._rests.get(task.item, 0.0) <= now
        ]

    async def ended(self, task: Dispatch, ending: Ending) -> None:
        """Write down how a task ended. One that found no money left waits for the day to turn: it was approved."""
        if ending.status in ("left", "skipped"):
            self._rests[task.item] = self.record.at + _AGAIN_AFTER_S
            return
        text = f"{ending.status}: {ending.reason}" if ending.reason else ending.status
        at = self.record.at
        await self.record.do(lambda transaction: approvals.end_dispatch(transaction, task.item, text, at=at))


def task_work(task: Dispatch) -> Work:
    """Return the work of an approved task."""
    proposal, run = task.proposal, task_run(task.item)
    return Work(
        run=run,
        kind="task",
        persona=proposal.to,
        title=proposal.title,
        prompt=proposal.prompt,
        model=proposal.model,
        effort=approvals.effort_of(proposal),
        caps=run_cap(run, proposal.cap_usd),
        extra={"line": list(proposal.line), "item": task.item, "cap_usd": proposal.cap_usd},
    )
