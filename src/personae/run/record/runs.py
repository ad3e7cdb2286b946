"""The runs: what was started, by whom it is done now, and how it ended. The rest of a run is in the journal."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from personae.errors import UnknownNameError
from personae.run.record.database import Row, Transaction, json_text

__all__ = [
    "RESUMED_KINDS",
    "RUN_KINDS",
    "Run",
    "RunKind",
    "RunStatus",
    "Wish",
    "claim",
    "close",
    "find_run",
    "get_run",
    "list_runs",
    "mark",
    "open_run",
    "wish",
    "wishes",
]

RunKind = Literal["ask", "chat", "loop", "goal", "plan", "run", "beat", "task"]
RUN_KINDS: tuple[RunKind, ...] = get_args(RunKind)
RESUMED_KINDS: tuple[RunKind, ...] = ("run", "ask", "loop", "goal")
"""Those whose spec holds all that another process needs. A chat has its person; beats and tasks have who serves."""
RunStatus = Literal["running", "waiting", "paused", "done", "failed", "stopped", "cancelled"]
"""`waiting` for a person, `paused` by one; the last four are the end."""
Wish = Literal["", "cancel", "pause"]
"""What a person wants of a run that another process does."""

_ENDED = ("done", "failed", "stopped", "cancelled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run."""

    id: str
    kind: RunKind
    title: str
    """One line: the goal, the task, the beat's label."""
    persona: str
    """Who it is charged to; empty for a plan, whose steps are charged each to its own."""
    spec: Mapping[str, Any]
    """All that is needed to go on, as plain JSON. It never changes."""
    created: float
    owner: str = ""
    """The process that does it; see `run.owners`. Empty where nobody does."""
    status: RunStatus = "running"
    reason: str = ""
    wish: Wish = ""
    ended: float | None = None

    @property
    def over(self) -> bool:
        """Whether it has ended. A stopped or failed one may still be resumed."""
        return self.status in _ENDED

    @property
    def settled(self) -> bool:
        """Whether there is nothing left to go on with: it is done, or a person ended it."""
        return self.status in ("done", "cancelled")

    @property
    def resumable(self) -> bool:
        """Whether `personae resume` goes on with it, where no process does it. One of an older version has no spec."""
        return self.kind in RESUMED_KINDS and bool(self.spec) and not self.settled


def open_run(transaction: Transaction, run: Run) -> bool:
    """Keep a new run; False when another with its id stands, which then is left as it is."""
    rows = transaction.execute(
        """INSERT INTO runs (id, kind, title, persona, spec, created, owner, status, reason, wish, ended)
        VALUES (:id, :kind, :title, :persona, :spec, :created, :owner, :status, :reason, :wish, NULL)
        ON CONFLICT (id) DO UPDATE SET owner = excluded.owner
        WHERE runs.owner = excluded.owner AND runs.created = excluded.created RETURNING id""",
        {
            "id": run.id,
            "kind": run.kind,
            "title": run.title,
            "persona": run.persona,
            "spec": json_text(run.spec),
            "created": run.created,
            "owner": run.owner,
            "status": run.status,
            "reason": run.reason,
            "wish": run.wish,
        },
    )
    return bool(rows)


def find_run(transaction: Transaction, id: str) -> Run | None:
    """Return the run called `id`."""
    rows = transaction.execute(f"SELECT {_COLUMNS} FROM runs WHERE id = :id", {"id": id})
    return _run(rows[0]) if rows else None


def get_run(transaction: Transaction, name: str) -> Run:
    """Return the run called `name`, or the only one whose id ends so. Raises `UnknownNameError`."""
    found = find_run(transaction, name)
    if found is not None:
        return found
    ids = [str(row[0]) for row in transaction.execute("SELECT id FROM runs ORDER BY created DESC")]
    ending = [id for id in ids if name and id.endswith(name)]
    if len(ending) != 1:
        raise UnknownNameError("run", name, ending or ids[:10])
    found = find_run(transaction, ending[0])
    assert found is not None
    return found


def list_runs(transaction: Transaction, *, statuses: Sequence[RunStatus] = (), most: int = 50) -> Sequence[Run]:
    """Return the newest runs, of the given statuses where any are given."""
    names = {f"s{index}": status for index, status in enumerate(statuses)}
    chosen = f"WHERE status IN ({', '.join(f':{name}' for name in names)})" if names else ""
    rows = transaction.execute(
        f"SELECT {_COLUMNS} FROM runs {chosen} ORDER BY created DESC, id LIMIT :most", {**names, "most": most}
    )
    return [_run(row) for row in rows]


def claim(transaction: Transaction, id: str, *, owner: str, instead_of: str) -> bool:
    """Make `owner` do the run in place of `instead_of`, which is gone; False when somebody was faster.

    What people wished of it still holds: a run that was paused rests on.
    """
    rows = transaction.execute(
        """UPDATE runs SET owner = :owner, status = 'running', reason = '', ended = NULL
        WHERE id = :id AND owner IN (:before, :owner) RETURNING id""",
        {"id": id, "owner": owner, "before": instead_of},
    )
    return bool(rows)


def mark(transaction: Transaction, id: str, *, owner: str, status: RunStatus, reason: str = "") -> bool:
    """Say where the run stands, while it goes on; False when `owner` does not do it any more."""
    rows = transaction.execute(
        "UPDATE runs SET status = :status, reason = :reason WHERE id = :id AND owner = :owner RETURNING id",
        {"id": id, "owner": owner, "status": status, "reason": reason},
    )
    return bool(rows)


def close(transaction: Transaction, id: str, *, owner: str, status: RunStatus, reason: str, at: float) -> bool:
    """End the run, and let go of it; False when `owner` does not do it any more."""
    rows = transaction.execute(
        """UPDATE runs SET status = :status, reason = :reason, ended = :at, owner = ''
        WHERE id = :id AND owner = :owner RETURNING id""",
        {"id": id, "owner": owner, "status": status, "reason": reason, "at": at},
    )
    return bool(rows)


def wish(transaction: Transaction, id: str, what: Wish) -> None:
    """Ask whoever does the run to cancel or pause it, or take that back."""
    transaction.execute("UPDATE runs SET wish = :what WHERE id = :id", {"id": id, "what": what})


def wishes(transaction: Transaction, owner: str) -> Mapping[str, Wish]:
    """Return what people want of the runs that `owner` does, by run; nothing for most of them."""
    rows = transaction.execute("SELECT id, wish FROM runs WHERE owner = :owner AND wish <> ''", {"owner": owner})
    return {str(id): wanted for id, wanted in rows}


_COLUMNS = "id, kind, title, persona, spec, created, owner, status, reason, wish, ended"


def _run(row: Row) -> Run:
    id, kind, title, persona, spec, created, owner, status, reason, wanted, ended = row
    return Run(
        id=id,
        kind=kind,
        title=title,
        persona=persona,
        spec=json.loads(spec),
        created=created,
        owner=owner,
        status=status,
        reason=reason,
        wish=wanted,
        ended=ended,
    )
