"""The only module that runs git: what the repository says of each plan. It only asks; it never fetches or writes."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from personae.errors import UnknownNameError
from personae.team.evidence import Branch, BranchWork, Change, Evidence, Match, Worktree, match_branch
from personae.team.plans import Stage, WorkerPlan
from personae.team.slugs import normalize, printable

__all__ = ["GitFailedError", "collect"]

CALL_TIMEOUT_S = 15.0
TOTAL_TIMEOUT_S = 60.0
_MOST_PATHS = 500
"""Beyond this a change is not looked for under another commit: the paths must fit one command line."""
_MOST_LINES = 100_000
_ACTIVE_PLAN = Path(".harness") / "active-plan"
# No program named by the repository's configuration is started, nothing is fetched (a partial clone would), and paths
# are not patterns.
_SETTINGS = ("core.fsmonitor=false", "core.quotepath=false", "protocol.allow=never", "log.showSignature=false")
_DIFF = ("--no-ext-diff", "--no-textconv", "--no-renames", "--no-color", "--ignore-submodules=dirty")
_STATUS = ("--untracked-files=no", "--no-renames", "--ignore-submodules=dirty")


class GitFailedError(Exception):
    """One call of git had no answer; the text says why. It never leaves this room."""


@dataclass(slots=True)
class _Repository:
    path: Path
    deadline: float = field(default_factory=lambda: time.monotonic() + TOTAL_TIMEOUT_S)

    def ask(self, *arguments: str, given: bytes | None = None) -> bytes:
        """Run git and return what it prints; raise `GitFailedError` when it does not end well in time."""
        left = min(CALL_TIMEOUT_S, self.deadline - time.monotonic())
        if left <= 0:
            raise GitFailedError(f"git took more than {TOTAL_TIMEOUT_S:.0f} s in all")
        settings = [part for setting in _SETTINGS for part in ("-c", setting)]
        command = ["git", "-C", str(self.path), "--no-pager", "--literal-pathspecs", *settings, *arguments]
        try:
            # Without input git must not read ours: an empty one is given.
            done = subprocess.run(
                command, input=given or b"", capture_output=True, check=False, timeout=left, env=_environment()
            )
        except subprocess.TimeoutExpired:
            raise GitFailedError(f"git {arguments[0]} took more than {left:.0f} s") from None
        except FileNotFoundError:
            raise GitFailedError("git is not installed") from None
        except OSError as error:
            raise GitFailedError(f"git cannot be started: {error.strerror or error}") from None
        if done.returncode != 0:
            words = done.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
            raise GitFailedError(printable(words).removeprefix("fatal: ") or f"git {arguments[0]} failed")
        return done.stdout

    def text(self, *arguments: str) -> str:
        return self.ask(*arguments).decode("utf-8", "surrogateescape")

    def holds(self, *arguments: str) -> bool:
        try:
            self.ask(*arguments)
        except GitFailedError:
            return False
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scene:
    """What all plans are compared with."""

    repository: _Repository
    base: Branch
    branches: tuple[Branch, ...]
    worktrees: tuple[Worktree, ...]
    contained: frozenset[str]
    """Full names of the branches whose last commit the default branch has."""


def collect(root: Path, plans: Iterable[WorkerPlan], *, base: str | None = None) -> Evidence:
    """Ask the repository that holds `root` about each plan that is not archived. No git is an answer too.

    Raises `UnknownNameError` when `base` names no branch of the repository.
    """
    repository = _Repository(root)
    try:
        top = repository.text("rev-parse", "--show-toplevel").rstrip("\n")
        branches = _branches(repository)
        default = _default_branch(repository, branches, base)
        worktrees = _worktrees(repository)
        merged = repository.text("for-each-ref", f"--merged={default.ref}", "--format=%(refname)")
    except GitFailedError as error:
        return Evidence(problem=str(error))
    scene = _Scene(
        repository=repository,
        base=default,
        branches=branches,
        worktrees=worktrees,
        contained=frozenset(merged.split("\n")),
    )
    works: dict[str, BranchWork] = {}
    missing: dict[str, str] = {}
    index = _by_ending(branches)
    for plan in plans:
        if plan.stage is Stage.ARCHIVED:
            continue
        match = _match(plan, scene, index)
        if match.branch is None:
            missing[plan.slug] = printable(match.problem)
        else:
            works[plan.slug] = _work(plan, match.branch, scene)
    return Evidence(repository=printable(top), base=printable(default.name), works=works, no_branch=missing)


def _by_ending(branches: Iterable[Branch]) -> dict[str, list[Branch]]:
    found: dict[str, list[Branch]] = {}
    for branch in branches:
        found.setdefault(normalize(branch.short), []).append(branch)
    return found


def _match(plan: WorkerPlan, scene: _Scene, index: dict[str, list[Branch]]) -> Match:
    # With a thousand plans and branches, each plan is compared only with the branches that can be its own.
    marked = any(tree.plan == plan.slug for tree in scene.worktrees)
    likely = scene.branches if plan.branch or marked else tuple(index.get(plan.slug, ()))
    return match_branch(plan, branches=likely, worktrees=scene.worktrees, base=scene.base.short)


def _branches(repository: _Repository) -> tuple[Branch, ...]:
    form = "%(refname)%00%(objectname)%00%(committerdate:unix)%00%(symref)"
    found: list[Branch] = []
    for line in repository.text("for-each-ref", f"--format={form}", "refs/heads", "refs/remotes").splitlines():
        ref, commit, seconds, points_at = line.split("\0")
        if points_at:
            continue
        local = ref.startswith("refs/heads/")
        when = datetime.fromtimestamp(int(seconds), UTC) if seconds.isdigit() else None
        name = ref.removeprefix("refs/heads/" if local else "refs/remotes/")
        found.append(Branch(name=name, ref=ref, commit=commit, committed_at=when, local=local))
    return tuple(found)


def _default_branch(repository: _Repository, branches: tuple[Branch, ...], named: str | None) -> Branch:
    """Return the branch that work is merged into; of a local one and its remote the one that is ahead."""
    by_name = {branch.name: branch for branch in branches}
    if named is not None:
        if named not in by_name:
            raise UnknownNameError("branch", named, by_name)
        return by_name[named]
    if not branches:
        raise GitFailedError("the repository has no commit on any branch")
    name = _default_name(repository, branches)
    local, remote = by_name.get(name), by_name.get(f"origin/{name}")
    if local and remote and repository.holds("merge-base", "--is-ancestor", local.ref, remote.ref):
        return remote if remote.commit != local.commit else local
    found = local or remote
    if found is None:
        raise GitFailedError(f"there is no branch {name}, which git names as the default")
    return found


def _default_name(repository: _Repository, branches: tuple[Branch, ...]) -> str:
    """Ask in this order: the remote's HEAD, the only branch, init.defaultBranch, usual names, what is checked out."""
    head = _answer(repository, "symbolic-ref", "--quiet", "refs/remotes/origin/HEAD")
    if head:
        return head.removeprefix("refs/remotes/origin/")
    names = {branch.short for branch in branches}
    if len(names) == 1:
        return names.pop()
    configured = _answer(repository, "config", "--get", "init.defaultBranch")
    for name in (configured, "main", "master", "trunk", "develop"):
        if name in names:
            return name
    current = _answer(repository, "symbolic-ref", "--quiet", "--short", "HEAD")
    if current in names:
        return current
    raise GitFailedError("no default branch is known; name it with --base")


def _answer(repository: _Repository, *arguments: str) -> str:
    try:
        return repository.text(*arguments).strip()
    except GitFailedError:
        return ""


def _worktrees(repository: _Repository) -> tuple[Worktree, ...]:
    found: list[Worktree] = []
    for block in repository.text("worktree", "list", "--porcelain").split("\n\n"):
        lines = dict(line.partition(" ")[::2] for line in block.splitlines())
        path = lines.get("worktree")
        if not path or "bare" in lines or "prunable" in lines:
            continue
        branch = lines.get("branch", "").removeprefix("refs/heads/") or None
        found.append(Worktree(path=path, branch=branch, plan=_active_plan(Path(path))))
    return tuple(found)


def _active_plan(worktree: Path) -> str | None:
    marker = worktree / _ACTIVE_PLAN
    try:
        if not marker.is_file():
            return None
        with marker.open("rb") as file:
            text = file.read(1024).decode("utf-8", "replace").strip()
    except OSError:
        return None
    return normalize(text.splitlines()[0]) if text else None


def _work(plan: WorkerPlan, branch: Branch, scene: _Scene) -> BranchWork:
    tree = next((tree for tree in scene.worktrees if tree.branch == branch.name and branch.local), None)
    inside = branch.ref in scene.contained
    uncommitted = _uncommitted(scene.repository, tree.path) if tree else ()
    work = BranchWork(
        branch=printable(branch.name),
        worktree=printable(tree.path) if tree else None,
        has_commits=not inside,
        last_commit=None if inside else branch.committed_at,
        uncommitted=uncommitted,
    )
    if inside:
        # A branch without commits of its own looks the same; what the plan says tells the two apart.
        merged = "ancestor" if plan.finished and not uncommitted else None
        return _with(work, merged=merged, change=Change(lines=0))
    try:
        change = _change(scene, branch)
        merged = "same-patch" if plan.finished and not uncommitted and _landed(scene, branch, change) else None
        return _with(work, merged=merged, change=change)
    except GitFailedError as error:
        return _with(work, merged=None, change=None, problem=str(error))


def _with(work: BranchWork, *, merged: str | None, change: Change | None, problem: str = "") -> BranchWork:
    return BranchWork(
        branch=work.branch,
        worktree=work.worktree,
        has_commits=work.has_commits,
        last_commit=work.last_commit,
        uncommitted=work.uncommitted,
        merged="ancestor" if merged == "ancestor" else "same-patch" if merged else None,
        change=change,
        problem=problem,
    )


def _uncommitted(repository: _Repository, worktree: str) -> tuple[str, ...]:
    there = _Repository(Path(worktree), repository.deadline)
    try:
        text = there.text("status", "--porcelain=v1", "-z", *_STATUS)
    except GitFailedError:
        return ()
    return tuple(printable(entry[3:]) for entry in text.split("\0") if entry)


def _change(scene: _Scene, branch: Branch) -> Change:
    """Measure from where the branch left: two dots would also count what others did on the default branch since."""
    text = scene.repository.text("diff", "--numstat", "-z", *_DIFF, f"{scene.base.ref}...{branch.ref}", "--")
    lines, binary = 0, 0
    files: list[str] = []
    for entry in text.split("\0"):
        if not entry:
            continue
        added, deleted, path = entry.split("\t", 2)
        files.append(path)
        if added == "-":
            binary += 1
        else:
            lines += int(added) + int(deleted)
    return Change(lines=lines, files=tuple(files), binary_files=binary)


def _landed(scene: _Scene, branch: Branch, change: Change) -> bool:
    """Say whether the default branch got the same patch under other commits: by a squash, a rebase or a cherry-pick."""
    if not change.files or len(change.files) > _MOST_PATHS or change.lines > _MOST_LINES:
        return False
    ask = scene.repository
    fork = ask.text("merge-base", scene.base.ref, branch.ref).strip()
    form = ("--format=commit %H", "-p", "--full-index", "--binary", "--no-merges", "--max-count=1000", *_DIFF)
    theirs = _patches(ask, ask.ask("log", *form, f"{fork}..{scene.base.ref}", "--", *change.files))
    if not theirs:
        return False
    whole = _patches(ask, ask.ask("diff", "--full-index", "--binary", *_DIFF, fork, branch.ref, "--", *change.files))
    if whole and whole <= theirs:
        return True
    own = _patches(ask, ask.ask("log", *form, f"{fork}..{branch.ref}", "--", *change.files))
    return bool(own) and own <= theirs


def _patches(repository: _Repository, patch: bytes) -> set[bytes]:
    if not patch.strip():
        return set()
    return {line.split()[0] for line in repository.ask("patch-id", "--stable", given=patch).splitlines() if line}


def _environment() -> dict[str, str]:
    # GIT_DIR and its kin, as set inside a hook, would turn every question to another repository.
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_") or key in _KEPT}
    return {**kept, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1"}


_KEPT = ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_SYSTEM", "GIT_CEILING_DIRECTORIES", "GIT_EXEC_PATH")
