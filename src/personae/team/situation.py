"""Plans and evidence joined: whether each plan is finished, landed or in progress, and what it still waits for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Literal

from personae.errors import Diagnostic, close_matches
from personae.team.evidence import BranchWork, Evidence
from personae.team.graph import PlanGraph, build_graph
from personae.team.plans import PlanFolder, Stage, WorkerPlan

__all__ = ["Facts", "Situation", "Wait", "assess"]

WaitWhy = Literal["open", "unknown", "abandoned", "unreadable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """One dependency that is not met."""

    slug: str
    why: WaitWhy

    def __str__(self) -> str:
        return f"{self.slug} ({_WHY[self.why]})"


_WHY: dict[WaitWhy, str] = {
    "open": "not done",
    "unknown": "no such plan",
    "abandoned": "abandoned",
    "unreadable": "cannot be read",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of one plan."""

    plan: WorkerPlan
    finished: bool
    """Its tasks are done, whether merged or not; archived plans are."""
    landed: bool
    """Its work is on the default branch: merged, or archived."""
    in_progress: bool
    """Somebody works on it: it owns its files until it is finished."""
    last_touched: datetime | None
    """Its last log entry or its branch's last own commit, whichever is later."""
    waits: tuple[Wait, ...] = ()
    """Dependencies that are not done."""
    cycle: tuple[str, ...] | None = None
    work: BranchWork | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """One look at a plan folder and its repository. Every answer is computed from this value alone."""

    folder: str
    now: datetime
    zone: tzinfo
    zone_name: str
    graph: PlanGraph
    facts: Mapping[str, Facts]
    """By slug, in the order in which plans are listed."""
    evidence: Evidence
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def live(self) -> tuple[Facts, ...]:
        """Every plan that is not archived."""
        return tuple(facts for facts in self.facts.values() if facts.plan.stage is not Stage.ARCHIVED)


def assess(folder: PlanFolder, evidence: Evidence, *, now: datetime, zone: tzinfo, zone_name: str = "") -> Situation:
    """Join what was read and what git says. Pure."""
    graph = build_graph(folder.plans)
    ends = {plan.slug: _ends(plan, evidence.works.get(plan.slug)) for plan in folder.plans}
    facts = {plan.slug: _facts(plan, graph, ends, evidence) for plan in folder.plans}
    return Situation(
        folder=folder.path,
        now=now,
        zone=zone,
        zone_name=zone_name or str(zone),
        graph=graph,
        facts=facts,
        evidence=evidence,
        diagnostics=(*folder.diagnostics, *_complaints(graph)),
    )


def _ends(plan: WorkerPlan, work: BranchWork | None) -> tuple[bool, bool]:
    """Return (finished, landed)."""
    if plan.stage is Stage.ARCHIVED:
        kept = plan.phase != "abandoned"
        return kept, kept
    landed = plan.finished and (plan.phase == "merged" or (work is not None and work.merged is not None))
    return plan.finished, landed


def _facts(plan: WorkerPlan, graph: PlanGraph, ends: Mapping[str, tuple[bool, bool]], evidence: Evidence) -> Facts:
    work = evidence.works.get(plan.slug)
    finished, landed = ends[plan.slug]
    commit = work.last_commit if work else None
    moments = [moment for moment in (plan.progress.last_entry, commit) if moment]
    return Facts(
        plan=plan,
        finished=finished,
        landed=landed,
        in_progress=not finished and _started(plan, work),
        last_touched=max(moments, default=None),
        waits=_waits(plan, graph, ends),
        cycle=graph.cycle_of(plan.slug),
        work=work,
    )


def _waits(plan: WorkerPlan, graph: PlanGraph, ends: Mapping[str, tuple[bool, bool]]) -> tuple[Wait, ...]:
    if plan.stage is Stage.ARCHIVED:
        return ()
    found: list[Wait] = []
    for slug in plan.depends_on:
        needed = graph.plans.get(slug)
        if needed is None:
            found.append(Wait(slug=slug, why="unknown"))
        elif not ends[slug][0]:
            why: WaitWhy = "open" if needed.readable else "unreadable"
            found.append(Wait(slug=slug, why="abandoned" if needed.phase == "abandoned" else why))
    return tuple(found)


def _started(plan: WorkerPlan, work: BranchWork | None) -> bool:
    """Say whether somebody works on it. A plan that was only activated, and says it is still planned, has not begun."""
    if plan.stage is Stage.ARCHIVED or plan.phase == "abandoned":
        return False
    signs = plan.tasks_done > 0 or (work is not None and (work.has_commits or bool(work.uncommitted)))
    if plan.stage is Stage.STAGED:
        return signs or (work is not None and work.worktree is not None)
    return signs or plan.phase != "planning"


def _complaints(graph: PlanGraph) -> Iterable[Diagnostic]:
    for edge in graph.unknown:
        plan = graph.plans[edge.plan]
        yield Diagnostic(
            rule="plan-unknown-dependency",
            message=f"no plan here is called {edge.needs!r}",
            file=plan.files[0],
            field="depends_on",
            found=edge.needs,
            severity="warning",
            help=_nearest(edge.needs, graph),
        )


def _nearest(slug: str, graph: PlanGraph) -> str:
    matches = close_matches(slug, graph.plans, most=1)
    return f"Did you mean {matches[0]!r}?" if matches else "Until there is one, the plan waits."
