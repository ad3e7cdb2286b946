"""Which plans may start: dependencies done, and of those the most that can run side by side without sharing a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from personae.team.globs import parse_glob
from personae.team.graph import cycle_path
from personae.team.independent import largest_set
from personae.team.overlap import Files, Overlaps, find_overlaps
from personae.team.situation import Facts, Situation
from personae.team.slugs import printable

__all__ = ["HeldBack", "Readiness", "readiness"]

HeldCode = Literal["waiting", "cycle", "unreadable", "blocked", "overlap", "in-progress", "undeclared", "unverified"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBack:
    """A plan that is not in the safe set, by what, and why."""

    slug: str
    code: HeldCode
    by: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """The answer. Every plan not begun is either in `safe` or in `held_back`."""

    ready: tuple[str, ...] = ()
    """Their dependencies are done; nothing is said about files."""
    safe: tuple[str, ...] = ()
    """The largest set of ready plans that can share no file with each other nor with a plan in progress."""
    safe_if: tuple[str, ...] = ()
    """What `safe` would be if the plans of `unverified_against` touched none of their files."""
    unverified_against: tuple[str, ...] = ()
    """Plans in progress that declare no files: they may touch any."""
    held_back: tuple[HeldBack, ...] = ()
    warnings: tuple[str, ...] = ()
    exact: bool = True
    """False when the safe set is safe but not proved to be the largest."""


def readiness(situation: Situation) -> Readiness:
    """Decide for each plan that nobody has begun."""
    candidates = [facts for facts in situation.live if _is_candidate(facts)]
    stopped = {facts.plan.slug: stop for facts in candidates if (stop := _stopped(facts))}
    ready = [facts for facts in candidates if facts.plan.slug not in stopped]
    running = [facts for facts in situation.live if facts.in_progress]
    silent = tuple(facts.plan.slug for facts in running if facts.plan.touches is None or not facts.plan.readable)
    warnings = [*_undeclared_warnings(ready, silent), *_glob_warnings([*ready, *running])]
    judged, safe, exact = _judge(ready, running)
    if not exact:
        warnings.append("the plans overlap too much to prove that the safe set is the largest")
    if silent and safe:
        for slug in safe:
            names = ", ".join(silent)
            reason = f"in progress without touches, so no overlap verdict: {names}"
            judged[slug] = HeldBack(slug=slug, code="unverified", by=silent, reason=reason)
    held = {**stopped, **judged}
    return Readiness(
        ready=tuple(facts.plan.slug for facts in ready),
        safe=() if silent else safe,
        safe_if=safe if silent else (),
        unverified_against=silent,
        held_back=tuple(held[facts.plan.slug] for facts in candidates if facts.plan.slug in held),
        warnings=tuple(warnings),
        exact=exact,
    )


def _is_candidate(facts: Facts) -> bool:
    return not facts.finished and not facts.in_progress and facts.plan.phase != "abandoned"


def _stopped(facts: Facts) -> HeldBack | None:
    plan = facts.plan
    if not plan.readable:
        return HeldBack(slug=plan.slug, code="unreadable", by=(), reason="a part of the plan cannot be read")
    if facts.cycle:
        reason = f"in a cycle: {cycle_path(facts.cycle)}"
        return HeldBack(slug=plan.slug, code="cycle", by=facts.cycle, reason=reason)
    if facts.waits:
        by = tuple(wait.slug for wait in facts.waits)
        reason = f"waits for {', '.join(map(str, facts.waits))}"
        return HeldBack(slug=plan.slug, code="waiting", by=by, reason=reason)
    if plan.phase == "blocked":
        return HeldBack(slug=plan.slug, code="blocked", by=(), reason=f"the status says {plan.status!r}")
    return None


def _judge(ready: list[Facts], running: list[Facts]) -> tuple[dict[str, HeldBack], tuple[str, ...], bool]:
    """Return who is held back for its files, who is safe, and whether that is the most."""
    declared = [facts for facts in ready if facts.plan.touches is not None]
    overlaps = find_overlaps({facts.plan.slug: _files(facts) for facts in (*declared, *running)})
    held = {
        facts.plan.slug: HeldBack(slug=facts.plan.slug, code="undeclared", by=(), reason="touches is not declared")
        for facts in ready
        if facts.plan.touches is None
    }
    free: list[str] = []
    for facts in declared:
        slug = facts.plan.slug
        owners = [other.plan.slug for other in running if other.plan.slug in overlaps[slug]]
        if owners:
            reason = f"in progress on the same files: {_shared(slug, owners, overlaps)}"
            held[slug] = HeldBack(slug=slug, code="in-progress", by=tuple(owners), reason=reason)
        else:
            free.append(slug)
    safe, exact = _most(free, overlaps)
    for slug in free:
        if slug not in safe:
            others = [other for other in safe if other in overlaps[slug]]
            reason = f"shares files with {_shared(slug, others, overlaps)}"
            held[slug] = HeldBack(slug=slug, code="overlap", by=tuple(others), reason=reason)
    return held, safe, exact


def _most(slugs: list[str], overlaps: Overlaps) -> tuple[tuple[str, ...], bool]:
    number = {slug: index for index, slug in enumerate(slugs)}
    conflicts = [0] * len(slugs)
    for slug, index in number.items():
        for other in overlaps[slug]:
            if other in number:
                conflicts[index] |= 1 << number[other]
    choice = largest_set(conflicts)
    return tuple(slugs[index] for index in choice.chosen), choice.exact


def _files(facts: Facts) -> Files:
    """What a plan declares; for one in progress also what its branch and worktree show, declared or not."""
    paths: tuple[str, ...] = ()
    if facts.in_progress and facts.work:
        changed = facts.work.change.files if facts.work.change else ()
        paths = tuple(dict.fromkeys((*changed, *facts.work.uncommitted)))
    return Files(globs=facts.plan.touches or (), paths=paths)


def _shared(slug: str, others: list[str], overlaps: Overlaps) -> str:
    examples = [f"{other} ({printable(overlaps[slug][other])})" for other in others[:3]]
    more = f" and {len(others) - 3} more" if len(others) > 3 else ""
    return ", ".join(examples) + more


def _undeclared_warnings(ready: list[Facts], silent: tuple[str, ...]) -> list[str]:
    found = [
        f"{facts.plan.slug}: touches is not declared, so it is never called safe; add `touches: [globs]` to the plan"
        for facts in ready
        if facts.plan.touches is None
    ]
    found.extend(
        f"{slug}: in progress and touches is not declared, so nothing can be called safe beside it" for slug in silent
    )
    return found


def _glob_warnings(plans: list[Facts]) -> list[str]:
    found: list[str] = []
    for facts in plans:
        for glob in facts.plan.touches or ():
            problem = parse_glob(glob).problem
            if problem:
                shown = glob if len(glob) <= 60 else f"{glob[:59]}…"
                found.append(f"{facts.plan.slug}: {shown!r} is {problem}")
    return found
