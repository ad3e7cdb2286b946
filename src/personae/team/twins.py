"""Files that carry one slug become one plan: the active one counts, and an archived one beats a staged copy."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from personae.errors import Diagnostic
from personae.team.plans import Stage, WorkerPlan
from personae.team.slugs import SINGLETON

__all__ = ["merge_twins"]


def merge_twins(plans: Iterable[WorkerPlan]) -> tuple[tuple[WorkerPlan, ...], list[Diagnostic]]:
    """Return one plan for each slug, the singleton first and then by slug, and notes on what was merged."""
    by_slug: defaultdict[str, list[WorkerPlan]] = defaultdict(list)
    for plan in plans:
        by_slug[plan.slug].append(plan)
    notes: list[Diagnostic] = []
    merged = [_merge(group, notes) for group in by_slug.values()]
    return tuple(sorted(merged, key=lambda plan: (plan.slug != SINGLETON, plan.slug))), notes


def _merge(group: list[WorkerPlan], notes: list[Diagnostic]) -> WorkerPlan:
    active = _same_stage([plan for plan in group if plan.stage is Stage.ACTIVE], notes)
    staged = _same_stage([plan for plan in group if plan.stage is Stage.STAGED], notes)
    archived = max(
        (plan for plan in group if plan.stage is Stage.ARCHIVED), key=lambda plan: plan.archived_on, default=None
    )
    if active and staged:
        return _take_over(active, staged, notes)
    if staged and archived:
        return _again_or_left_behind(staged, archived, notes)
    return active or staged or archived or group[0]


def _take_over(active: WorkerPlan, staged: WorkerPlan, notes: list[Diagnostic]) -> WorkerPlan:
    """Activating a plan copies it, so the staged file stays. It only fills in what the active one does not declare."""
    message = f"a staged copy of {active.files[0]}, which is active and counts"
    notes.append(_note("plan-twin", message, staged, help="Delete the staged copy."))
    return replace(
        active,
        files=active.files + staged.files,
        depends_on=active.depends_on or staged.depends_on,
        touches=staged.touches if active.touches is None else active.touches,
        branch=active.branch or staged.branch,
        created_on=active.created_on or staged.created_on,
    )


def _again_or_left_behind(staged: WorkerPlan, archived: WorkerPlan, notes: list[Diagnostic]) -> WorkerPlan:
    if archived.archived_on and staged.created_on > archived.archived_on:
        return replace(staged, files=staged.files + archived.files)
    message = f"a staged copy of {archived.files[0]}, which is archived and counts"
    help = "Delete the staged copy; new work under the old name needs a `Created:` date after the archive's."
    notes.append(_note("plan-twin", message, staged, help=help))
    return replace(archived, files=archived.files + staged.files)


def _same_stage(plans: list[WorkerPlan], notes: list[Diagnostic]) -> WorkerPlan | None:
    """Merge files whose names differ only in case or `_`. Nothing that one of them declares may get lost."""
    if len(plans) < 2:
        return plans[0] if plans else None
    first = next((plan for plan in plans if not plan.finished), plans[0])
    others = [plan for plan in plans if plan is not first]
    for other in others:
        message = f"the same plan as {first.files[0]}: case, `_` and spaces do not tell two plans apart"
        notes.append(_note("plan-same-name", message, other, help="Rename one of them.", severe=True))
    declared = [plan.touches for plan in plans if plan.touches is not None]
    touches = tuple(dict.fromkeys(item for globs in declared for item in globs))
    return replace(
        first,
        files=first.files + tuple(name for plan in others for name in plan.files),
        tasks=tuple(task for plan in plans for task in plan.tasks),
        depends_on=tuple(dict.fromkeys(slug for plan in plans for slug in plan.depends_on)),
        touches=touches if len(declared) == len(plans) else None,
        readable=all(plan.readable for plan in plans),
    )


def _note(rule: str, message: str, plan: WorkerPlan, *, help: str, severe: bool = False) -> Diagnostic:
    return Diagnostic(
        rule=rule, message=message, file=plan.files[0], severity="warning" if severe else "note", help=help
    )
