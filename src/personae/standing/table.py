"""The ledger of beats: every one that came due ends in it once, with how it ended and why. Verbs on a transaction.

`heartbeats` holds, for each heartbeat, up to which moment all is accounted for. Whoever moves that moment accounts for
what lies between, in the same transaction: so nothing is done twice, by however many processes, and nothing is lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from personae.run.record.database import Row, Transaction

__all__ = [
    "BEAT_STATUSES",
    "EVERYBODY",
    "Beat",
    "BeatStatus",
    "Seen",
    "account_for",
    "advance",
    "end_beat",
    "find_beat",
    "forget",
    "history",
    "hold",
    "is_running",
    "newest",
    "pause",
    "paused",
    "remember",
    "resume",
    "running_beats",
    "seen",
    "take_beat",
    "wait_beat",
]

BeatStatus = Literal["running", "ran", "quiet", "skipped", "missed", "failed"]
BEAT_STATUSES: tuple[BeatStatus, ...] = ("running", "ran", "quiet", "skipped", "missed", "failed")
EVERYBODY = ""
"""In the place of a persona: all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Up to where a heartbeat is accounted for."""

    spec: str
    """Its schedule when it was seen last; another one begins anew."""
    held: str
    """Why it did not fire then; empty where it did."""
    until: int
    """Seconds since the epoch; what was due up to then is in the ledger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """One line of the ledger: one beat, or several after each other that came to nothing for one reason."""

    persona: str
    label: str
    due: int
    """Seconds since the epoch; of several, the first."""
    last: int
    count: int = 1
    status: BeatStatus
    reason: str = ""
    run: str = ""
    owner: str = ""
    """The process that does it, or did."""
    at: float
    """When it was written."""
    ended: float | None = None


def seen(transaction: Transaction, key: tuple[str, str] | None = None) -> Mapping[tuple[str, str], Seen]:
    """Return how far every heartbeat is accounted for, or the one called `key`."""
    one = "WHERE persona = :persona AND label = :label" if key else ""
    values = {"persona": key[0], "label": key[1]} if key else {}
    rows = transaction.execute(f"SELECT persona, label, spec, held, seen FROM heartbeats {one}", values)
    return {(persona, label): Seen(spec=spec, held=held, until=until) for persona, label, spec, held, until in rows}


def remember(transaction: Transaction, key: tuple[str, str], now: Seen) -> None:
    """Begin to account for a heartbeat at `now`, or begin anew after its schedule was changed."""
    transaction.execute(
        """INSERT INTO heartbeats (persona, label, spec, held, seen) VALUES (:persona, :label, :spec, :held, :seen)
        ON CONFLICT (persona, label) DO UPDATE SET spec = :spec, held = :held, seen = :seen""",
        {"persona": key[0], "label": key[1], "spec": now.spec, "held": now.held, "seen": now.until},
    )


def forget(transaction: Transaction, key: tuple[str, str]) -> None:
    """Account no longer for a heartbeat that is gone. Its beats stay."""
    transaction.execute(
        "DELETE FROM heartbeats WHERE persona = :persona AND label = :label", {"persona": key[0], "label": key[1]}
    )


def hold(transaction: Transaction, key: tuple[str, str], held: str) -> None:
    """Write down why a heartbeat does not fire now, or that it does."""
    transaction.execute(
        "UPDATE heartbeats SET held = :held WHERE persona = :persona AND label = :label",
        {"persona": key[0], "label": key[1], "held": held},
    )


def advance(transaction: Transaction, key: tuple[str, str], *, before: int, until: int) -> bool:
    """Take what is due between two moments upon oneself; False when somebody else was faster."""
    rows = transaction.execute(
        """UPDATE heartbeats SET seen = :until WHERE persona = :persona AND label = :label AND seen = :before
        RETURNING persona""",
        {"persona": key[0], "label": key[1], "before": before, "until": until},
    )
    return bool(rows)


def account_for(transaction: Transaction, beat: Beat) -> bool:
    """Write `beat` down; False when its moment has a line already.

    What came to nothing for the same reason as the line before it is added to that line, so that a beat that is off
    for a year is not half a million lines.
    """
    if not beat.run and _added(transaction, beat):
        return True
    rows = transaction.execute(
        """INSERT INTO beats (persona, label, due, last, count, status, reason, run, owner, at, ended)
        VALUES (:persona, :label, :due, :last, :count, :status, :reason, :run, :owner, :at, :ended)
        ON CONFLICT (persona, label, due) DO NOTHING RETURNING seq""",
        {
            "persona": beat.persona,
            "label": beat.label,
            "due": beat.due,
            "last": beat.last,
            "count": beat.count,
            "status": beat.status,
            "reason": beat.reason,
            "run": beat.run,
            "owner": beat.owner,
            "at": beat.at,
            "ended": beat.ended,
        },
    )
    return bool(rows)


def _added(transaction: Transaction, beat: Beat) -> bool:
    rows = transaction.execute(
        """UPDATE beats SET last = :last, count = count + :count, ended = :at
        WHERE seq = (SELECT MAX(seq) FROM beats WHERE persona = :persona AND label = :label)
        AND run = '' AND status = :status AND reason = :reason AND last < :due RETURNING seq""",
        {
            "persona": beat.persona,
            "label": beat.label,
            "due": beat.due,
            "last": beat.last,
            "count": beat.count,
            "status": beat.status,
            "reason": beat.reason,
            "at": beat.at,
        },
    )
    return bool(rows)


def end_beat(transaction: Transaction, run: str, *, status: BeatStatus, reason: str, at: float) -> bool:
    """Say how the beat done in `run` ended; False when that is said already. One that was skipped has no run."""
    rows = transaction.execute(
        """UPDATE beats SET status = :status, reason = :reason, ended = :at,
        run = CASE WHEN :status = 'skipped' THEN '' ELSE run END
        WHERE run = :run AND status = 'running' RETURNING seq""",
        {"run": run, "status": status, "reason": reason, "at": at},
    )
    return bool(rows)


def wait_beat(transaction: Transaction, run: str, reason: str) -> None:
    """Say what the beat done in `run` waits for; it has not ended."""
    transaction.execute(
        "UPDATE beats SET reason = :reason WHERE run = :run AND status = 'running'", {"run": run, "reason": reason}
    )


def take_beat(transaction: Transaction, run: str, *, owner: str, instead_of: str) -> bool:
    """Do a beat in place of `instead_of`, which is gone; False when somebody was faster."""
    rows = transaction.execute(
        """UPDATE beats SET owner = :owner WHERE run = :run AND owner = :before AND status = 'running'
        RETURNING seq""",
        {"run": run, "owner": owner, "before": instead_of},
    )
    return bool(rows)


def is_running(transaction: Transaction, key: tuple[str, str]) -> bool:
    """Return whether an earlier beat of this heartbeat has not ended."""
    rows = transaction.execute(
        "SELECT 1 FROM beats WHERE status = 'running' AND persona = :persona AND label = :label LIMIT 1",
        {"persona": key[0], "label": key[1]},
    )
    return bool(rows)


def running_beats(transaction: Transaction) -> Sequence[Beat]:
    """Return the beats that have not ended, oldest first."""
    rows = transaction.execute(f"SELECT {_COLUMNS} FROM beats WHERE status = 'running' ORDER BY due, seq")
    return [_beat(row) for row in rows]


def find_beat(transaction: Transaction, run: str) -> Beat | None:
    """Return the beat that is done in `run`."""
    rows = transaction.execute(f"SELECT {_COLUMNS} FROM beats WHERE run = :run AND run <> ''", {"run": run})
    return _beat(rows[0]) if rows else None


def history(
    transaction: Transaction, *, persona: str | None = None, since: int = 0, most: int = 10_000
) -> Sequence[Beat]:
    """Return the newest lines, newest first, of one `persona` or of all."""
    mine = "AND persona = :persona" if persona is not None else ""
    values = {"since": since, "most": most} | ({"persona": persona} if persona is not None else {})
    rows = transaction.execute(
        f"SELECT {_COLUMNS} FROM beats WHERE last >= :since {mine} ORDER BY last DESC, seq DESC LIMIT :most", values
    )
    return [_beat(row) for row in rows]


def newest(transaction: Transaction) -> Sequence[Beat]:
    """Return the newest line of every heartbeat."""
    rows = transaction.execute(
        f"SELECT {_COLUMNS} FROM beats WHERE seq IN (SELECT MAX(seq) FROM beats GROUP BY persona, label)"
    )
    return [_beat(row) for row in rows]


def pause(transaction: Transaction, persona: str, *, who: str, at: float) -> bool:
    """Let nothing of `persona` (`EVERYBODY`: of anyone) fire; False when it is paused already."""
    rows = transaction.execute(
        """INSERT INTO pauses (persona, who, at) VALUES (:persona, :who, :at)
        ON CONFLICT (persona) DO NOTHING RETURNING persona""",
        {"persona": persona, "who": who, "at": at},
    )
    return bool(rows)


def resume(transaction: Transaction, persona: str) -> bool:
    """Let it fire again; False when it was not paused."""
    rows = transaction.execute("DELETE FROM pauses WHERE persona = :persona RETURNING persona", {"persona": persona})
    return bool(rows)


def paused(transaction: Transaction) -> frozenset[str]:
    """Return who is paused, `EVERYBODY` among them."""
    return frozenset(row[0] for row in transaction.execute("SELECT persona FROM pauses"))


_COLUMNS = "persona, label, due, last, count, status, reason, run, owner, at, ended"


def _beat(row: Row) -> Beat:
    persona, label, due, last, count, status, reason, run, owner, at, ended = row
    return Beat(
        persona=persona,
        label=label,
        due=due,
        last=last,
        count=count,
        status=status,
        reason=reason,
        run=run,
        owner=owner,
        at=at,
        ended=ended,
    )
