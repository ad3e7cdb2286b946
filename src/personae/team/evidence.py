"""What git knows of each plan's work, as values. This module runs nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from personae.team.plans import WorkerPlan
from personae.team.slugs import SINGLETON, normalize

__all__ = ["Branch", "BranchWork", "Change", "Evidence", "Match", "Worktree", "match_branch"]

MergedHow = Literal["ancestor", "same-patch"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One branch, local or of a remote."""

    name: str
    """Such as `worker/a`, or `origin/worker/a` when it exists only there."""
    ref: str
    commit: str
    committed_at: datetime | None = None
    local: bool = True

    @property
    def short(self) -> str:
        """The name without the remote."""
        return self.name if self.local else self.name.partition("/")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Worktree:
    """One checkout of the repository."""

    path: str
    branch: str | None
    """None when detached."""
    plan: str | None = None
    """Slug in its `.harness/active-plan`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a branch changes since it left the default branch."""

    lines: int
    """Added and deleted; a binary file counts none."""
    files: tuple[str, ...] = ()
    binary_files: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchWork:
    """The work of one plan in the repository."""

    branch: str
    worktree: str | None = None
    has_commits: bool = False
    """Whether the branch has commits that the default branch lacks."""
    last_commit: datetime | None = None
    """Of its own commits; None when it has none."""
    merged: MergedHow | None = None
    uncommitted: tuple[str, ...] = ()
    """Tracked files with changes in its worktree."""
    change: Change | None = None
    problem: str = ""
    """Why `change` is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that git says. Without git it is empty, and `problem` says why."""

    repository: str | None = None
    base: str | None = None
    """The default branch, such as `main` or `origin/main`."""
    problem: str = ""
    works: Mapping[str, BranchWork] = field(default_factory=dict)
    no_branch: Mapping[str, str] = field(default_factory=dict)
    """Slug to the reason why no branch is known to be its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """The branch of a plan, or why there is none."""

    branch: Branch | None = None
    problem: str = ""


def match_branch(
    plan: WorkerPlan, *, branches: Iterable[Branch], worktrees: Iterable[Worktree], base: str | None
) -> Match:
    """Return the branch of `plan`: as declared, else as a worktree's marker says, else by its name.

    `base` is the short name of the default branch, which is nobody's own.
    By name: `a`, then `worker/a`, then `plan/a`, then the only branch that ends in `/a`. Two that end so are no answer.
    """
    known = [branch for branch in branches if branch.short != base]
    by_name = {branch.name: branch for branch in sorted(known, key=lambda branch: branch.local)}
    if plan.branch is not None:
        wanted = plan.branch.removeprefix("refs/heads/")
        found = by_name.get(wanted) or by_name.get(f"origin/{wanted}")
        return Match(branch=found, problem="" if found else f"there is no branch {wanted}, which the plan names")
    marked = {tree.branch for tree in worktrees if tree.plan == plan.slug and tree.branch in by_name}
    if len(marked) == 1:
        return Match(branch=by_name[str(marked.pop())])
    if plan.slug == SINGLETON:
        return Match(problem="PLAN.md names no branch")
    return _match_by_name(plan.slug, known)


def _match_by_name(slug: str, branches: list[Branch]) -> Match:
    ending = [branch for branch in branches if normalize(branch.short) == slug]
    local = {branch.short for branch in ending if branch.local}
    ending = [branch for branch in ending if branch.local or branch.short not in local]
    for prefixes in (("",), ("worker/",), ("plan/",), None):
        found = [branch for branch in ending if prefixes is None or _prefix(branch) in prefixes]
        if len(found) == 1:
            return Match(branch=found[0])
        if found:
            names = ", ".join(sorted(branch.name for branch in found))
            return Match(problem=f"more than one branch fits: {names}")
    return Match(problem=f"no branch is called {slug} or …/{slug}")


def _prefix(branch: Branch) -> str:
    head, slash, _ = branch.short.rpartition("/")
    return head + slash
