"""What an install would do to each file, from what is wanted, what is ours, and what stands on the disk. Pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from personae.hosts.install.lock import Entry, Lock, digest

__all__ = ["NEEDS_YES", "Found", "State", "Step", "Wanted", "diff_of", "files_after", "plan"]

State = Literal[
    "new",
    "same",
    "unlisted",
    "stale",
    "edited",
    "foreign",
    "orphan",
    "edited-orphan",
    "gone",
    "shared",
    "merged",
    "blocked",
]
"""`new`: nothing is there yet. `same`: as it should be. `unlisted`: as it should be, but the lock says otherwise.
`stale`: ours, and to be replaced. `edited`: ours, but changed by hand. `foreign`: never ours, and in the way.
`orphan`: ours, and wanted no longer. `edited-orphan`: that, but changed by hand. `gone`: in the lock alone.
`shared`: wanted no longer, but other hosts read it. `merged`: the user's file, in which an entry of ours changes.
`blocked`: nothing may be put there."""


NEEDS_YES: frozenset[State] = frozenset(["edited", "foreign", "edited-orphan"])

_LINE = re.compile(r"[^\n]*\n|[^\n]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One file as it should be."""

    data: bytes
    hosts: tuple[str, ...]
    persona: str
    executable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What stands at a path."""

    data: bytes | None
    """None for nothing."""
    executable: bool = False
    problem: str = ""
    """Why nothing may be put there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One file, as it is and as it should be."""

    path: str
    state: State
    hosts: tuple[str, ...]
    persona: str
    before: bytes | None = None
    after: bytes | None = None
    """None removes it."""
    executable: bool = False
    reason: str = ""

    @property
    def changes_disk(self) -> bool:
        """Whether something is written or removed."""
        return self.state not in ("same", "unlisted", "gone", "shared", "blocked")


def plan(
    wanted: Mapping[str, Wanted],
    lock: Lock,
    *,
    hosts: Collection[str],
    look: Callable[[str], Found],
    pending: Mapping[str, str] | None = None,
) -> tuple[Step, ...]:
    """Return a step for each file that is `wanted` or, for one of `hosts`, in `lock`.

    `pending` are the digests that an interrupted install was about to write: those files are ours too.
    """
    steps = [_wanted(path, want, lock, look(path), pending or {}) for path, want in wanted.items()]
    for path, entry in lock.files.items():
        if path in wanted or not set(entry.hosts) & set(hosts):
            continue
        others = tuple(host for host in entry.hosts if host not in hosts)
        if others:
            steps.append(Step(path=path, state="shared", hosts=others, persona=entry.persona))
        else:
            steps.append(_unwanted(path, entry, look(path), pending or {}))
    return tuple(sorted(steps, key=lambda step: step.path))


def _wanted(path: str, want: Wanted, lock: Lock, found: Found, pending: Mapping[str, str]) -> Step:
    entry = lock.files.get(path)
    state = "blocked" if found.problem else _state(want, entry, found, pending.get(path))
    return Step(
        path=path,
        state=state,
        hosts=want.hosts,
        persona=want.persona,
        before=found.data,
        after=want.data,
        executable=want.executable,
        reason=found.problem,
    )


def _state(want: Wanted, entry: Entry | None, found: Found, pending: str | None) -> State:
    if found.data is None:
        return "new"
    listed = entry is not None and entry.sha256 == digest(want.data) and set(want.hosts) <= set(entry.hosts)
    if found.data == want.data and (found.executable or not want.executable):
        return "same" if listed else "unlisted"
    here = digest(found.data)
    if here in (entry.sha256 if entry else None, pending) or found.data == want.data:
        return "stale"
    return "foreign" if entry is None else "edited"


def _unwanted(path: str, entry: Entry, found: Found, pending: Mapping[str, str]) -> Step:
    state: State = "edited-orphan"
    if found.problem:
        state = "blocked"
    elif found.data is None:
        state = "gone"
    elif digest(found.data) in (entry.sha256, pending.get(path)):
        state = "orphan"
    return Step(
        path=path, state=state, hosts=entry.hosts, persona=entry.persona, before=found.data, reason=found.problem
    )


def files_after(lock: Lock, steps: Iterable[Step], done: Collection[str], hosts: Collection[str]) -> dict[str, Entry]:
    """Return the files that are ours once the steps at the paths in `done` are taken; the others stay as they were."""
    files = dict(lock.files)
    for step in steps:
        before = files.get(step.path)
        if step.state == "merged":
            continue
        others = tuple(host for host in (before.hosts if before else ()) if host not in hosts)
        if step.state in ("same", "unlisted") or (step.path in done and step.after is not None):
            assert step.after is not None
            whose = tuple(sorted({*step.hosts, *others}))
            files[step.path] = Entry(hosts=whose, persona=step.persona, sha256=digest(step.after))
        elif step.state == "shared" and before is not None:
            files[step.path] = replace(before, hosts=others)
        elif step.state == "gone" or step.path in done:
            files.pop(step.path, None)
    return files


def diff_of(step: Step) -> str:
    """Return what the step would change, as a unified diff; a file that is no text is said to differ."""
    before, after = _lines(step.before), _lines(step.after)
    if before is None or after is None:
        return f"Binary file {step.path} differs\n"
    old = f"a/{step.path}" if step.before is not None else "/dev/null"
    new = f"b/{step.path}" if step.after is not None else "/dev/null"
    return "".join(_ended(difflib.unified_diff(before, after, old, new)))


def _lines(data: bytes | None) -> list[str] | None:
    try:
        return _LINE.findall((data or b"").decode())
    except UnicodeDecodeError:
        return None


def _ended(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
