"""The state of every worker: building, mergeable, blocked, idle or merged, with the evidence for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from personae.team.graph import cycle_path
from personae.team.plans import Stage
from personae.team.situation import Facts, Situation

__all__ = ["IDLE_AFTER", "WorkerRow", "WorkerState", "age", "local_time", "standup"]

WorkerState = Literal["building", "mergeable", "blocked", "idle", "merged"]

IDLE_AFTER = timedelta(hours=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerRow:
    """One worker."""

    slug: str
    state: WorkerState
    tasks_done: int
    tasks_total: int
    last_touched: datetime | None
    evidence: tuple[str, ...]


def standup(situation: Situation, *, idle_after: timedelta = IDLE_AFTER) -> tuple[WorkerRow, ...]:
    """Return a row for each active plan and each staged one that somebody began. Exactly `idle_after` is not idle."""
    rows = [facts for facts in situation.live if _has_worker(facts)]
    return tuple(_row(facts, situation, idle_after) for facts in rows)


def local_time(moment: datetime, situation: Situation) -> str:
    """Return `moment` in the project's time zone, to the minute."""
    return moment.astimezone(situation.zone).strftime("%Y-%m-%d %H:%M")


def age(moment: datetime, now: datetime) -> str:
    """Return how long ago `moment` was, in its largest unit: `40 min`, `3 h`, `12 d`."""
    minutes = max(0, int((now - moment).total_seconds() // 60))
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // (24 * 60)} d"


def _has_worker(facts: Facts) -> bool:
    return facts.plan.stage is Stage.ACTIVE or facts.in_progress or facts.finished


def _row(facts: Facts, situation: Situation, idle_after: timedelta) -> WorkerRow:
    state, reason = _state(facts, situation, idle_after)
    return WorkerRow(
        slug=facts.plan.slug,
        state=state,
        tasks_done=facts.plan.tasks_done,
        tasks_total=len(facts.plan.tasks),
        last_touched=facts.last_touched,
        evidence=tuple(item for item in (reason, *_signs(facts, situation)) if item),
    )


def _state(facts: Facts, situation: Situation, idle_after: timedelta) -> tuple[WorkerState, str]:
    plan = facts.plan
    if facts.landed:
        return "merged", _how_merged(facts, situation)
    if facts.cycle:
        return "blocked", f"in a cycle: {cycle_path(facts.cycle)}"
    if plan.phase == "blocked":
        return "blocked", f"the status says {plan.status!r}"
    if not plan.readable:
        return "blocked", "a part of the plan cannot be read"
    if facts.waits:
        return "blocked", f"waits for {', '.join(map(str, facts.waits))}"
    if facts.finished:
        return "mergeable", "all tasks are done" if plan.tasks else f"the status says {plan.status!r}"
    if plan.phase == "abandoned":
        return "idle", f"the status says {plan.status!r}"
    if facts.last_touched is None:
        return "idle", "no log entry and no commit of its own"
    silent = situation.now - facts.last_touched
    if silent > idle_after:
        return "idle", f"silent for {age(facts.last_touched, situation.now)}"
    return "building", f"active {age(facts.last_touched, situation.now)} ago"


def _how_merged(facts: Facts, situation: Situation) -> str:
    work, base = facts.work, situation.evidence.base
    if work and work.merged == "ancestor":
        return f"{work.branch} is contained in {base}"
    if work and work.merged == "same-patch":
        return f"{base} has the same changes as {work.branch}"
    return f"the status says {facts.plan.status!r}"


def _signs(facts: Facts, situation: Situation) -> tuple[str, ...]:
    plan, work = facts.plan, facts.work
    signs: list[str] = []
    if plan.progress.last_entry:
        words = f": {plan.progress.text}" if plan.progress.text else ""
        signs.append(f"log {local_time(plan.progress.last_entry, situation)}{words}")
    if work is None:
        return tuple(signs)
    if work.has_commits:
        when = f" {local_time(work.last_commit, situation)}" if work.last_commit else ""
        signs.append(f"last commit{when} on {work.branch}")
        if work.merged is None and facts.plan.phase == "merged":
            signs.append(f"{work.branch} has commits that {situation.evidence.base} lacks")
    elif not facts.landed:
        signs.append(f"{work.branch} has no commits of its own")
    if work.uncommitted:
        count = len(work.uncommitted)
        signs.append(f"{count} changed {'file' if count == 1 else 'files'} not committed in {work.worktree}")
    elif work.worktree and not facts.landed:
        signs.append(f"worktree {work.worktree}")
    return tuple(signs)
