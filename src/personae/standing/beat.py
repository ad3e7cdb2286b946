"""One beat, or one task that was approved, from its budget to its line in the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from personae.adopt.adoption import Adoption
from personae.errors import BlockedError, PersonaeError, StoppedError, StorageError
from personae.persona.model import Effort
from personae.run.lifetime import lived
from personae.run.modes.wearing import Reflection, put_on
from personae.run.node import project_account
from personae.run.prices import FREE
from personae.run.record import journal, ledger
from personae.run.record.database import Transaction
from personae.run.record.inbox import waiting
from personae.run.record.ledger import Account, Cap, caps_of, nanos, usd
from personae.run.record.runs import Run, find_run
from personae.standing import table
from personae.standing.heartbeats import Recurring
from personae.standing.station import Station

__all__ = [
    "QUIET",
    "QUIET_TEXT",
    "Ending",
    "Work",
    "beat_work",
    "do_work",
    "is_quiet",
    "prompt_text",
    "run_cap",
    "write_ending",
]

QUIET = "NOTHING_TO_REPORT"
"""The whole answer of a beat that has nothing to say. Fixed, so that code can tell it; one word, so that a small model
can say it."""
QUIET_TEXT = f"If you find nothing to report, answer with the one word {QUIET} and nothing else."

_PATH = "beat"


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is asked of a persona, and under which id it is done: whoever begins it, it is begun once."""

    run: str
    kind: Literal["beat", "task"]
    persona: str
    title: str
    prompt: str
    model: str | None = None
    effort: Effort | None = None
    caps: tuple[Cap, ...] = ()
    """Of the rule that approved it."""
    extra: Mapping[str, Any] | None = None
    """What else its run remembers, as plain JSON: where a task comes from."""

    def spec(self) -> dict[str, Any]:
        """Return all that is needed to do it again elsewhere, as plain JSON."""
        return {"prompt": self.prompt, "model": self.model, "effort": self.effort, **(self.extra or {})}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How it ended. `left` is for work that another process does, or that waits for a person: it has not ended."""

    status: Literal["ran", "quiet", "skipped", "failed", "left"]
    reason: str = ""
    text: str = ""
    remembered: Reflection = field(default_factory=Reflection)


def beat_work(recurring: Recurring, run: str, due: int) -> Work:
    """Return the work of the beat that was due at `due`, in seconds since the epoch."""
    return Work(
        run=run,
        kind="beat",
        persona=recurring.persona,
        title=recurring.label,
        prompt=recurring.prompt,
        model=recurring.model,
        effort=recurring.effort,
        caps=run_cap(run, recurring.cap_usd),
        extra={"label": recurring.label, "due": due, "line": list(recurring.line), "cap_usd": recurring.cap_usd},
    )


def run_cap(run: str, cap_usd: str | None) -> tuple[Cap, ...]:
    """Return the cap that the rule which let `run` begin puts on it."""
    if cap_usd is None:
        return ()
    return (Cap(scope=f"rule:{run}", whose="what the rule allows", max_usd_nanos=nanos(Decimal(cap_usd))),)


def write_ending(transaction: Transaction, run: str, ending: Ending, *, at: float) -> None:
    """Write in the ledger how the beat done in `run` ended, or what it waits for."""
    if ending.status == "left":
        table.wait_beat(transaction, run, ending.reason)
    else:
        table.end_beat(transaction, run, status=ending.status, reason=ending.reason, at=at)


def prompt_text(work: Work) -> str:
    """Return what the persona is asked: the prompt, and for a beat the word for silence. Nothing else."""
    # The request last: what stands at the end weighs most with small models, and they would only ever be quiet.
    return f"{QUIET_TEXT}\n\n{work.prompt}" if work.kind == "beat" else work.prompt


def is_quiet(answer: str) -> bool:
    """Return whether `answer` is the word for silence and nothing else; quoted in a sentence it is not."""
    return answer.strip().strip("`*\"'.!").upper().replace(" ", "_") == QUIET


async def do_work(work: Work, station: Station, *, now: datetime) -> Ending:
    """Do `work`, or go on with it; it raises only when it is cancelled, and for a record that cannot be used."""
    record = station.record
    before = await record.do(lambda transaction: find_run(transaction, work.run))
    if before is not None and (ending := await _not_ours(before, station)) is not None:
        return ending
    try:
        adoption = station.wear(work.persona, prompt_text(work), model=work.model, effort=work.effort)
    except PersonaeError as error:
        return Ending(status="failed", reason=error.message)
    account = project_account(station.world.project).within(*work.caps)
    if before is None:
        own = caps_of(adoption.slug, adoption.limits.budget, node=work.run)
        nothing = await record.do(
            lambda transaction: _nothing_left(transaction, account.within(*own), adoption, record.day)
        )
        if nothing:
            return Ending(status="skipped", reason=f"budget: {nothing}")
    return await _do(work, station, adoption, account, instead_of=None if before is None else before.owner, now=now)


async def _not_ours(before: Run, station: Station) -> Ending | None:
    """Return why a run that was begun is not gone on with now."""
    if station.record.database.lives(before.owner):
        return Ending(status="left", reason="another process does it")
    if before.status == "cancelled":
        return Ending(status="failed", reason=f"cancelled: {before.reason}")
    if before.status == "paused":
        return Ending(status="left", reason="a person paused it")
    if before.status == "waiting":
        items = await station.record.do(lambda transaction: waiting(transaction, run=before.id))
        return Ending(status="left", reason=f"waits for a person: {items[0].title}") if items else None
    return None


async def _do(
    work: Work, station: Station, adoption: Adoption, account: Account, *, instead_of: str | None, now: datetime
) -> Ending:
    record = station.record
    run = Run(
        id=work.run,
        kind=work.kind,
        title=work.title,
        persona=work.persona,
        spec=work.spec(),
        created=record.at,
        owner=station.owner,
    )
    try:
        async with lived(run, record, instead_of=instead_of) as life, station.performing(life) as performer:
            wearing = await put_on(adoption, performer, run=work.run, within=account)
            text = prompt_text(work)
            answer = await wearing.ask(text, path=_PATH)
            if work.kind == "beat" and is_quiet(answer.text) and not await record.do(lambda tx: _asks(tx, work.run)):
                return Ending(status="quiet", text=answer.text)
            happened = f"Task: {work.prompt}\n\nAnswer: {answer.text}"
            remembered = await wearing.reflect(happened, run=work.run, now=now)
            return Ending(status="ran", text=answer.text, remembered=remembered)
    except BlockedError as error:
        return Ending(status="left", reason=f"waits for a person: {error.message}")
    except StoppedError as error:
        if error.reason in ("cost", "tokens") and not await record.do(lambda tx: _has_paid(tx, work.run)):
            return Ending(status="skipped", reason=f"budget: {error.message}")
        return Ending(status="failed", reason=f"{error.reason}: {error.message}")
    except StorageError as error:
        if error.action == "take over":
            return Ending(status="left", reason="another process does it")
        raise
    except PersonaeError as error:
        return Ending(status="failed", reason=error.message)


def _nothing_left(transaction: Transaction, account: Account, adoption: Adoption, day: str) -> str:
    """Say which cap has nothing left, so that nothing is begun that could not ask a single question."""
    free = adoption.model.provider in FREE
    for cap in account.caps:
        committed = ledger.balance(transaction, cap, day).committed
        if cap.max_usd_nanos is not None and not free and committed.usd_nanos >= cap.max_usd_nanos:
            return f"{cap.whose} has nothing left of ${usd(cap.max_usd_nanos):f}"
        if cap.max_tokens is not None and committed.tokens >= cap.max_tokens:
            return f"{cap.whose} has nothing left of {cap.max_tokens:,} tokens"
    return ""


def _asks(transaction: Transaction, run: str) -> bool:
    """Whether the run proposed anything: who does is not quiet, whatever it says."""
    return bool(transaction.execute("SELECT 1 FROM items WHERE run = :run AND kind = 'proposal' LIMIT 1", {"run": run}))


def _has_paid(transaction: Transaction, run: str) -> bool:
    return any(entry.kind == "response" for entry in journal.entries(transaction, run))
