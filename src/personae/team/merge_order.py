"""In which order finished plans are merged: what others need first, and of what may go next the smallest change."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from personae.team.graph import cycle_path
from personae.team.plans import Stage
from personae.team.situation import Facts, Situation

__all__ = ["BlockedMerge", "MergeOrder", "MergeStep", "merge_order"]

SizeFrom = Literal["git", "no-git", "no-branch", "git-failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeStep:
    """One merge. Steps stand in the order in which to do them."""

    slug: str
    changed_lines: int | None
    size_from: SizeFrom
    after: tuple[str, ...] = ()
    """Steps before this one that it needs, directly or through plans already merged."""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockedMerge:
    """A finished plan that cannot go in yet."""

    slug: str
    by: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeOrder:
    """The answer. A cycle blocks its members and who waits for them; the others are still ordered."""

    steps: tuple[MergeStep, ...] = ()
    blocked: tuple[BlockedMerge, ...] = ()
    merged: tuple[str, ...] = ()
    """Finished and on the default branch already, not archived."""
    cycles: tuple[tuple[str, ...], ...] = ()
    fallback: str = ""
    """Why sizes are not known at all; the order among equals is then alphabetical."""


def merge_order(situation: Situation) -> MergeOrder:
    """Order the plans that are finished and not merged."""
    waiting = {facts.plan.slug: facts for facts in situation.live if facts.finished and not facts.landed}
    reasons = _blocked(waiting, situation)
    free = {slug: facts for slug, facts in waiting.items() if slug not in reasons}
    before = {slug: _before(slug, free, situation) for slug in free}
    evidence = situation.evidence
    return MergeOrder(
        steps=_ordered(free, before, situation),
        blocked=tuple(
            BlockedMerge(slug=slug, by=reasons[slug][0], reason=reasons[slug][1]) for slug in waiting if slug in reasons
        ),
        merged=tuple(facts.plan.slug for facts in situation.live if facts.landed),
        cycles=situation.graph.cycles,
        fallback=f"no sizes: {evidence.problem}; equals stand in alphabetical order" if evidence.problem else "",
    )


def _blocked(waiting: Mapping[str, Facts], situation: Situation) -> dict[str, tuple[tuple[str, ...], str]]:
    """Return who cannot go in, by whom and why; being blocked is passed on to all that wait for them."""
    blocked: dict[str, tuple[tuple[str, ...], str]] = {}
    for slug, facts in waiting.items():
        if facts.cycle:
            blocked[slug] = (facts.cycle, f"in a cycle: {cycle_path(facts.cycle)}")
        elif facts.waits:
            by = tuple(wait.slug for wait in facts.waits)
            blocked[slug] = (by, f"needs {', '.join(map(str, facts.waits))}")
    dependents: dict[str, list[str]] = {}
    for slug, facts in waiting.items():
        for needed in facts.plan.depends_on:
            dependents.setdefault(needed, []).append(slug)
    passing = sorted(blocked)
    while passing:
        cause = passing.pop(0)
        for slug in dependents.get(cause, ()):
            if slug not in blocked:
                blocked[slug] = ((cause,), f"needs {cause}, which is blocked itself")
                passing.append(slug)
    return blocked


def _before(slug: str, free: Mapping[str, Facts], situation: Situation) -> set[str]:
    """Return the steps that must precede `slug`: its dependencies, and theirs through plans already merged."""
    found: set[str] = set()
    seen: set[str] = set()
    paths = list(situation.facts[slug].plan.depends_on)
    while paths:
        needed = paths.pop()
        if needed in seen:
            continue
        seen.add(needed)
        if needed in free:
            found.add(needed)
        elif (facts := situation.facts.get(needed)) and facts.plan.stage is not Stage.ARCHIVED:
            paths.extend(facts.plan.depends_on)
    return found


def _ordered(free: Mapping[str, Facts], before: Mapping[str, set[str]], situation: Situation) -> tuple[MergeStep, ...]:
    """Kahn's algorithm: of all that may go next, the smallest known change, then the slug."""
    missing = {slug: len(needed) for slug, needed in before.items()}
    unlocks: dict[str, list[str]] = {}
    for slug, needed in before.items():
        for other in needed:
            unlocks.setdefault(other, []).append(slug)
    steps = {slug: _step(facts, before[slug], situation) for slug, facts in free.items()}
    ready = [_rank(steps[slug]) for slug, count in missing.items() if count == 0]
    heapq.heapify(ready)
    ordered: list[MergeStep] = []
    while ready:
        slug = heapq.heappop(ready)[-1]
        ordered.append(steps[slug])
        for other in unlocks.get(slug, ()):
            missing[other] -= 1
            if missing[other] == 0:
                heapq.heappush(ready, _rank(steps[other]))
    return tuple(ordered)


def _rank(step: MergeStep) -> tuple[bool, int, str]:
    return (step.changed_lines is None, step.changed_lines or 0, step.slug)


def _step(facts: Facts, before: set[str], situation: Situation) -> MergeStep:
    lines, source, words = _size(facts, situation)
    after = tuple(sorted(before))
    first = f"after {', '.join(after)}; " if after else ""
    return MergeStep(slug=facts.plan.slug, changed_lines=lines, size_from=source, after=after, reason=first + words)


def _size(facts: Facts, situation: Situation) -> tuple[int | None, SizeFrom, str]:
    evidence, work = situation.evidence, facts.work
    if evidence.problem:
        return None, "no-git", "alphabetical, without git"
    if work is None:
        why = evidence.no_branch.get(facts.plan.slug, "no branch is known")
        return None, "no-branch", f"size unknown: {why}"
    if work.change is None:
        return None, "git-failed", f"size unknown: {work.problem}"
    lines, binary = work.change.lines, work.change.binary_files
    files = f" and {_count(binary, 'binary file')}" if binary else ""
    return lines, "git", f"{_count(lines, 'changed line')}{files} against {evidence.base}"


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
