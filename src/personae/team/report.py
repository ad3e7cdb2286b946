"""Every answer as JSON of one schema. The shape is in `schema`; the words for people are in `words`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from personae.errors import Diagnostic
from personae.team.merge_order import MergeOrder, merge_order
from personae.team.readiness import Readiness, readiness
from personae.team.situation import Facts, Situation
from personae.team.standup import WorkerRow, standup

__all__ = ["QUESTIONS", "SCHEMA_ID", "Answer", "Json", "Question", "answer", "to_data", "to_json"]

SCHEMA_ID = "personae.team/1"

Question = Literal["status", "standup", "ready", "merge-order", "graph"]
QUESTIONS: tuple[Question, ...] = ("status", "standup", "ready", "merge-order", "graph")

Json: TypeAlias = "str | int | bool | Sequence[Json] | Mapping[str, Json] | None"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One question, answered from one situation. Only the part that was asked for is computed."""

    question: Question
    situation: Situation
    standup: tuple[WorkerRow, ...] | None = None
    readiness: Readiness | None = None
    merge_order: MergeOrder | None = None

    @property
    def errors(self) -> tuple[str, ...]:
        """Why the answer is not whole: then the work failed, and what could be computed is still there."""
        if self.merge_order is None:
            return ()
        return tuple(f"dependency cycle: {' → '.join((*cycle, cycle[0]))}" for cycle in self.merge_order.cycles)


def answer(question: Question, situation: Situation) -> Answer:
    """Compute the answer to `question`. Pure."""
    return Answer(
        question=question,
        situation=situation,
        standup=standup(situation) if question == "standup" else None,
        readiness=readiness(situation) if question == "ready" else None,
        merge_order=merge_order(situation) if question == "merge-order" else None,
    )


def to_json(found: Answer) -> str:
    """Return `found` as JSON text."""
    return json.dumps(to_data(found), ensure_ascii=False, indent=2)


def to_data(found: Answer) -> dict[str, Json]:
    """Return `found` as plain data. The parts that were not asked for are None."""
    situation = found.situation
    evidence = situation.evidence
    plans = [_plan(facts, situation) for facts in situation.facts.values()] if found.question == "status" else None
    return {
        "schema": SCHEMA_ID,
        "answer": found.question,
        "now": _moment(situation.now, situation),
        "timezone": situation.zone_name,
        "folder": situation.folder,
        "git": {"repository": evidence.repository, "base": evidence.base, "problem": evidence.problem or None},
        "plans": plans,
        "standup": None if found.standup is None else [_worker(row, situation) for row in found.standup],
        "ready": None if found.readiness is None else _readiness(found.readiness),
        "merge_order": None if found.merge_order is None else _merge_order(found.merge_order),
        "graph": _graph(situation) if found.question == "graph" else None,
        "errors": list(found.errors),
        "diagnostics": [_diagnostic(item) for item in situation.diagnostics],
    }


def _plan(facts: Facts, situation: Situation) -> Json:
    plan = facts.plan
    return {
        "slug": plan.slug,
        "files": list(plan.files),
        "stage": plan.stage.value,
        "title": plan.title or None,
        "status": plan.status,
        "tasks": {"done": plan.tasks_done, "total": len(plan.tasks)},
        "depends_on": list(plan.depends_on),
        "touches": None if plan.touches is None else list(plan.touches),
        "readable": plan.readable,
        "finished": facts.finished,
        "in_progress": facts.in_progress,
        "landed": facts.landed,
        "last_touched": _moment(facts.last_touched, situation),
        "last_entry": plan.progress.text or None,
        "branch": facts.work.branch if facts.work else None,
        "worktree": facts.work.worktree if facts.work else None,
    }


def _worker(row: WorkerRow, situation: Situation) -> Json:
    return {
        "slug": row.slug,
        "state": row.state,
        "tasks": {"done": row.tasks_done, "total": row.tasks_total},
        "last_touched": _moment(row.last_touched, situation),
        "evidence": list(row.evidence),
    }


def _readiness(found: Readiness) -> Json:
    return {
        "ready": list(found.ready),
        "safe_together": list(found.safe),
        "safe_together_if": list(found.safe_if),
        "unverified_against": list(found.unverified_against),
        "held_back": [
            {"slug": held.slug, "code": held.code, "by": list(held.by), "reason": held.reason}
            for held in found.held_back
        ],
        "largest_proved": found.exact,
        "warnings": list(found.warnings),
    }


def _merge_order(found: MergeOrder) -> Json:
    return {
        "steps": [
            {
                "slug": step.slug,
                "changed_lines": step.changed_lines,
                "size_from": step.size_from,
                "after": list(step.after),
                "reason": step.reason,
            }
            for step in found.steps
        ],
        "blocked": [{"slug": item.slug, "by": list(item.by), "reason": item.reason} for item in found.blocked],
        "merged": list(found.merged),
        "cycles": [list(cycle) for cycle in found.cycles],
        "fallback": found.fallback or None,
    }


def _graph(situation: Situation) -> Json:
    graph = situation.graph
    return {
        "nodes": [
            {"slug": plan.slug, "stage": plan.stage.value, "finished": situation.facts[plan.slug].finished}
            for plan in graph.plans.values()
        ],
        "edges": [
            {"plan": edge.plan, "needs": edge.needs, "done": situation.facts[edge.needs].finished}
            for edge in graph.edges
        ],
        "unknown": [{"plan": edge.plan, "needs": edge.needs} for edge in graph.unknown],
        "cycles": [list(cycle) for cycle in graph.cycles],
    }


def _diagnostic(item: Diagnostic) -> Json:
    return {
        "rule": item.rule,
        "severity": item.severity,
        "file": item.file,
        "line": item.line,
        "column": item.column,
        "field": item.field or None,
        "message": item.message,
        "help": item.help or None,
    }


def _moment(moment: datetime | None, situation: Situation) -> str | None:
    return moment.astimezone(situation.zone).isoformat(timespec="minutes") if moment else None
