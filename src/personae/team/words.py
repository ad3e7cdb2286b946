"""Every answer as text: tables that can be quoted as they are, and no more than a line around them."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import assert_never, get_args

from personae.team.merge_order import MergeOrder
from personae.team.readiness import Readiness
from personae.team.report import Answer
from personae.team.situation import Facts, Situation
from personae.team.slugs import printable
from personae.team.standup import WorkerRow, WorkerState, local_time
from personae.team.table import ABSENT, render_table

__all__ = ["to_text"]

_LONGEST = 60
_NOTHING = "No plans in this project: looked in .harness/, _harness/ and its root."


def to_text(found: Answer) -> str:
    """Return `found` for people and for a model to quote, without a line end."""
    situation = found.situation
    if not situation.facts:
        return _NOTHING if situation.folder == "." else f"No plans in {situation.folder}."
    match found.question:
        case "status":
            parts = [_status(situation)]
        case "standup":
            parts = _standup(found.standup or (), situation)
        case "ready":
            parts = _readiness(found.readiness or Readiness())
        case "merge-order":
            parts = _merge_order(found.merge_order or MergeOrder())
        case "graph":
            parts = _graph(situation)
        case _:
            assert_never(found.question)
    return "\n\n".join(part for part in parts if part)


def _status(situation: Situation) -> str:
    rows = [
        (
            facts.plan.slug,
            facts.plan.stage.value,
            _short(facts.plan.status or ""),
            _tasks(facts.plan.tasks_done, len(facts.plan.tasks)),
            _when(facts.last_touched, situation),
            facts.work.branch if facts.work else "",
            _short(facts.plan.progress.text),
        )
        for facts in situation.facts.values()
    ]
    header = ("PLAN", "STAGE", "STATUS", "TASKS", "LAST TOUCHED", "BRANCH", "LAST ENTRY")
    return render_table(header, rows, right=(3,))


def _standup(workers: tuple[WorkerRow, ...], situation: Situation) -> list[str]:
    if not workers:
        return ["No plan has a worker."]
    rows = [
        (
            row.slug,
            row.state,
            _tasks(row.tasks_done, row.tasks_total),
            _when(row.last_touched, situation),
            "; ".join(row.evidence),
        )
        for row in workers
    ]
    counts = Counter(row.state for row in workers)
    states: tuple[WorkerState, ...] = get_args(WorkerState)
    told = ", ".join(f"{counts[state]} {state}" for state in states if counts[state])
    table = render_table(("PLAN", "STATE", "TASKS", "LAST TOUCHED", "EVIDENCE"), rows, right=(2,))
    return [table, f"{len(workers)} in all: {told}."]


def _readiness(found: Readiness) -> list[str]:
    lines = [f"Ready to start ({len(found.ready)}): {_names(found.ready)}"]
    lines.append(f"Safe to run together ({len(found.safe)}): {_names(found.safe)}")
    if found.safe_if:
        others = _names(found.unverified_against)
        lines.append(f"Safe together only if no file of theirs is touched by {others}: {_names(found.safe_if)}")
    rows = [(held.slug, held.code, _names(held.by), held.reason) for held in found.held_back]
    held = render_table(("HELD BACK", "WHY", "BY", "REASON"), rows) if rows else ""
    warnings = "\n".join(f"Warning: {printable(text)}" for text in found.warnings)
    return ["\n".join(lines), held, warnings]


def _merge_order(found: MergeOrder) -> list[str]:
    steps = [
        (str(number), step.slug, "" if step.changed_lines is None else str(step.changed_lines), step.reason)
        for number, step in enumerate(found.steps, 1)
    ]
    order = render_table(("#", "MERGE", "LINES", "REASON"), steps, right=(0, 2)) if steps else "Nothing to merge."
    blocked = [(item.slug, _names(item.by), item.reason) for item in found.blocked]
    return [
        order,
        render_table(("BLOCKED", "BY", "REASON"), blocked) if blocked else "",
        f"Already merged ({len(found.merged)}): {_names(found.merged)}" if found.merged else "",
        f"Note: {printable(found.fallback)}." if found.fallback else "",
        _cycles(found.cycles),
    ]


def _graph(situation: Situation) -> list[str]:
    graph = situation.graph
    needed_by: dict[str, list[str]] = {}
    for edge in graph.edges:
        needed_by.setdefault(edge.needs, []).append(edge.plan)
    rows = [
        (
            facts.plan.slug,
            facts.plan.stage.value,
            _state(facts),
            ", ".join(facts.plan.depends_on),
            ", ".join(needed_by.get(facts.plan.slug, ())),
            ABSENT if facts.plan.touches is None else _short(", ".join(facts.plan.touches)) or "nothing",
        )
        for facts in situation.facts.values()
    ]
    table = render_table(("PLAN", "STAGE", "STATE", "DEPENDS ON", "NEEDED BY", "TOUCHES"), rows)
    unknown = "\n".join(f"Unknown: {edge.plan} depends on {edge.needs}" for edge in graph.unknown)
    return [table, unknown, _cycles(graph.cycles)]


def _state(facts: Facts) -> str:
    if facts.finished:
        return "landed" if facts.landed else "finished"
    return "in progress" if facts.in_progress else "not begun"


def _cycles(cycles: tuple[tuple[str, ...], ...]) -> str:
    return "\n".join(f"Cycle: {' → '.join((*cycle, cycle[0]))}" for cycle in cycles)


def _tasks(done: int, total: int) -> str:
    return f"{done}/{total}" if total else ABSENT


def _when(moment: datetime | None, situation: Situation) -> str:
    return local_time(moment, situation) if moment else ABSENT


def _names(slugs: tuple[str, ...]) -> str:
    return ", ".join(slugs) or ABSENT


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1].rstrip() + "…"
