"""The values of this room: tasks, plan files, worker plans. They know nothing of where they were read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Literal

from personae.errors import Diagnostic

__all__ = ["Phase", "PlanFolder", "Progress", "Stage", "Task", "WorkerPlan", "phase_of"]

Phase = Literal["planning", "in-progress", "blocked", "done", "merged", "abandoned", "none"]

_WORDS: dict[str, Phase] = {
    **dict.fromkeys(["done", "complete", "completed", "finished", "closed", "shipped"], "done"),
    **dict.fromkeys(["merged", "landed", "released"], "merged"),
    **dict.fromkeys(["blocked", "waiting", "stuck", "paused", "hold", "on-hold"], "blocked"),
    **dict.fromkeys(["planning", "planned", "draft", "proposed", "queued", "staged", "todo", "backlog"], "planning"),
    **dict.fromkeys(["abandoned", "cancelled", "canceled", "dropped", "rejected", "superseded"], "abandoned"),
}
_PHRASES: dict[str, Phase] = {"not started": "planning", "on hold": "blocked", "to do": "planning"}
_FIRST_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


class Stage(Enum):
    """Where the file of a plan lies."""

    ACTIVE = "active"
    STAGED = "staged"
    ARCHIVED = "archived"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One piece of work of a plan."""

    title: str
    done: bool
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What the log of one plan says."""

    last_entry: datetime | None = None
    """Aware; entries after now are left out."""
    text: str = ""
    """What the last entry says, shortened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerPlan:
    """One plan, from all the files that carry its slug."""

    slug: str
    files: tuple[str, ...]
    """Relative to the plan folder; the one that counts comes first."""
    stage: Stage
    title: str = ""
    status: str | None = None
    """As written; None when the file has no status line."""
    tasks: tuple[Task, ...] = ()
    depends_on: tuple[str, ...] = ()
    """Slugs, normalized, each once, in the order written."""
    touches: tuple[str, ...] | None = None
    """Globs relative to the project root. None: nothing is declared; (): declared to touch nothing."""
    branch: str | None = None
    """As declared in the frontmatter."""
    created_on: str = ""
    """As YYYYMMDD; empty when not stated."""
    archived_on: str = ""
    progress: Progress = Progress()
    readable: bool = True
    """False when its dependencies or tasks cannot be known, because a part of the file cannot be read."""

    @property
    def tasks_done(self) -> int:
        return sum(task.done for task in self.tasks)

    @property
    def phase(self) -> Phase:
        return phase_of(self.status)

    @property
    def finished(self) -> bool:
        """All tasks are ticked; or the status says so and no task is open."""
        if not self.readable or self.phase in ("blocked", "abandoned"):
            return False
        if self.tasks:
            return self.tasks_done == len(self.tasks)
        return self.phase in ("done", "merged")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFolder:
    """All that was read from a plan folder, and what was wrong in it."""

    path: str
    plans: tuple[WorkerPlan, ...] = ()
    """The singleton first, then by slug; one for each slug."""
    diagnostics: tuple[Diagnostic, ...] = ()


def phase_of(status: str | None) -> Phase:
    """Return what a status line means: its first word counts, in any case. Other words mean work in progress."""
    if status is None:
        return "none"
    folded = " ".join(status.casefold().split())
    for phrase, phase in _PHRASES.items():
        if folded.startswith(phrase):
            return phase
    word = _FIRST_WORD.search(folded)
    if word is None:
        return "none"
    return _WORDS.get(word[0], "in-progress")
