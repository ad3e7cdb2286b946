"""The ledger: money and tokens, reserved before they are spent, in nested scopes, never past a cap.

A charge is first reserved at the most it can be, then settled at what it was. Both are lines that stay. `totals` holds
their sum for each scope, so that one statement checks a cap and takes from it, however many processes do so at once.
What was reserved and never settled (its process died) stays counted: it may have been paid.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from decimal import ROUND_CEILING, Decimal
from typing import Any

from personae.errors import OverBudgetError
from personae.persona.model import Budget
from personae.run.record.database import Transaction

__all__ = [
    "Account",
    "Amount",
    "Balance",
    "Cap",
    "Charge",
    "Left",
    "Spending",
    "balance",
    "caps_of",
    "charges_of",
    "count_spawn",
    "day_of",
    "left",
    "nanos",
    "reserve",
    "settle",
    "spending",
    "usd",
    "write_off",
]

_NONE = 2**62
"""More than any cap; as a number of nanodollars 4.6 billion dollars."""
_PER_USD = 1_000_000_000


def nanos(dollars: Decimal) -> int:
    """Return US dollars as billionths, rounded up: a cap holds also for what no coin can pay."""
    return int((dollars * _PER_USD).to_integral_value(rounding=ROUND_CEILING))


def usd(amount_nanos: int) -> Decimal:
    """Return billionths of a dollar as dollars."""
    return Decimal(amount_nanos) / _PER_USD


def day_of(now: datetime, zone: tzinfo) -> str:
    """Return the day that `now` is in, where the project is: `2026-11-26`."""
    return now.astimezone(zone).date().isoformat()


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """What something takes."""

    usd_nanos: int = 0
    tokens: int = 0
    spawns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """One scope of an account. Without a limit it only counts."""

    scope: str
    """Of a daily one all but the day, such as `persona:gtm-lead`."""
    whose: str
    """For sentences: `the run`, `gtm-lead today`."""
    daily: bool = False
    max_usd_nanos: int | None = None
    max_tokens: int | None = None
    max_spawns: int | None = None

    def on(self, day: str) -> str:
        """Return the scope's name on `day`."""
        return f"{day} {self.scope}" if self.daily else self.scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Whoever spends from it spends from every one of its scopes. A child's account is its parent's and more."""

    caps: tuple[Cap, ...] = ()

    def within(self, *caps: Cap) -> Account:
        """Return the account of something that is part of this; a scope that stands already is not charged twice."""
        known = {(cap.scope, cap.daily) for cap in self.caps}
        return replace(self, caps=(*self.caps, *(cap for cap in caps if (cap.scope, cap.daily) not in known)))

    @property
    def holds_money(self) -> bool:
        """Whether any scope has a cap in dollars."""
        return any(cap.max_usd_nanos is not None for cap in self.caps)

    @property
    def holds_tokens(self) -> bool:
        """Whether any scope has a cap in tokens."""
        return any(cap.max_tokens is not None for cap in self.caps)


def caps_of(slug: str, budget: Budget, *, node: str) -> tuple[Cap, ...]:
    """Return the scopes that a persona's budget makes: its day, and this one run of it, which `node` names."""
    daily, per_run = budget.daily_max_cost_usd, budget.per_run_max_cost_usd
    return (
        Cap(
            scope=f"persona:{slug}",
            whose=f"{slug} today",
            daily=True,
            max_usd_nanos=None if daily is None else nanos(daily),
        ),
        Cap(
            scope=f"node:{node}",
            whose=f"this run of {slug}",
            max_usd_nanos=None if per_run is None else nanos(per_run),
            max_tokens=budget.per_run_max_tokens,
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """One request to a model, as the ledger knows it."""

    run: str
    key: str
    """The journal's."""
    persona: str
    model: str
    day: str
    attempt: int = 1
    reserved: Amount = Amount()
    """The most it can be."""
    scopes: tuple[str, ...] = ()
    """What it was taken from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What a scope holds."""

    committed: Amount
    """Spent and reserved."""
    reserved: Amount


def reserve(transaction: Transaction, charge: Charge, most: Amount, account: Account, *, at: float) -> Charge:
    """Take `most` from every scope of `account`; return the charge with its attempt and what it took, for `settle`.

    An earlier reservation under the same key is written off: whoever made it is gone.
    Raises `OverBudgetError` for the first scope that cannot give it; then nothing was taken from any.
    """
    # In one order everywhere, so that two processes never wait for each other's rows.
    caps = sorted(account.caps, key=lambda cap: cap.on(charge.day))
    charge = replace(charge, reserved=most, scopes=tuple(cap.on(charge.day) for cap in caps), attempt=1)
    # The line before the sums: it tells of an earlier attempt, which nearly never was.
    if not _write(transaction, charge, "reserved", most, at=at):
        write_off(transaction, charge.run, charge.key, at=at)
        charge = replace(charge, attempt=_last_attempt(transaction, charge) + 1)
        # A process that lost this node and does not know it yet may be at the same attempt.
        while not _write(transaction, charge, "reserved", most, at=at):
            charge = replace(charge, attempt=charge.attempt + 1)
    for cap in caps:
        _take(transaction, cap, charge.day, most)
    return charge


def settle(
    transaction: Transaction, charge: Charge, spent: Amount, *, input_tokens: int, output_tokens: int, at: float
) -> None:
    """Replace what `reserve` took for `charge` by what it came to. A second call changes nothing."""
    reserved = charge.reserved
    if not _write(transaction, charge, "spent", spent, at=at, input_tokens=input_tokens, output_tokens=output_tokens):
        return
    for scope in charge.scopes:
        transaction.execute(
            """UPDATE totals SET usd_nanos = usd_nanos + :usd_delta, tokens = tokens + :tokens_delta,
            open_usd_nanos = open_usd_nanos - :open_usd, open_tokens = open_tokens - :open_tokens
            WHERE scope = :scope""",
            {
                "scope": scope,
                "usd_delta": spent.usd_nanos - reserved.usd_nanos,
                "tokens_delta": spent.tokens - reserved.tokens,
                "open_usd": reserved.usd_nanos,
                "open_tokens": reserved.tokens,
            },
        )


def write_off(transaction: Transaction, run: str, key: str, *, at: float) -> int:
    """Count what a dead process reserved for `key` as spent, since it may have been; return how many."""
    rows = transaction.execute(
        """SELECT attempt, persona, model, day, usd_nanos, tokens, scopes FROM charges AS one
        WHERE run = :run AND key = :key AND kind = 'reserved' AND NOT EXISTS (
            SELECT 1 FROM charges
            WHERE run = one.run AND key = one.key AND attempt = one.attempt AND kind <> 'reserved')""",
        {"run": run, "key": key},
    )
    for attempt, persona, model, day, usd_nanos, tokens, scopes in rows:
        charge = Charge(
            run=run,
            key=key,
            persona=persona,
            model=model,
            day=day,
            attempt=attempt,
            reserved=Amount(usd_nanos=usd_nanos, tokens=tokens),
            scopes=tuple(json.loads(scopes)),
        )
        settle(transaction, charge, charge.reserved, input_tokens=tokens, output_tokens=0, at=at)
    return len(rows)


def count_spawn(transaction: Transaction, account: Account, day: str) -> None:
    """Take one sub-agent from every scope of `account`. It is never given back.

    Raises `OverBudgetError` for the first scope that has none left; then none was taken from any, once the caller's
    unit of work is undone.
    """
    for cap in sorted(account.caps, key=lambda cap: cap.on(day)):
        _take(transaction, cap, day, Amount(spawns=1))


def balance(transaction: Transaction, cap: Cap, day: str) -> Balance:
    """Return what the scope of `cap` holds on `day`."""
    rows = transaction.execute(
        "SELECT usd_nanos, tokens, spawns, open_usd_nanos, open_tokens FROM totals WHERE scope = :scope",
        {"scope": cap.on(day)},
    )
    usd_nanos, tokens, spawns, open_usd_nanos, open_tokens = rows[0] if rows else (0, 0, 0, 0, 0)
    return Balance(
        committed=Amount(usd_nanos=usd_nanos, tokens=tokens, spawns=spawns),
        reserved=Amount(usd_nanos=open_usd_nanos, tokens=open_tokens),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What an account may still take; None where no cap says."""

    usd_nanos: int | None = None
    tokens: int | None = None


def left(transaction: Transaction, account: Account, day: str) -> Left:
    """Return what the tightest scopes of `account` leave on `day`; never less than nothing."""
    money: list[int] = []
    tokens: list[int] = []
    for cap in account.caps:
        if cap.max_usd_nanos is None and cap.max_tokens is None:
            continue
        committed = balance(transaction, cap, day).committed
        if cap.max_usd_nanos is not None:
            money.append(max(cap.max_usd_nanos - committed.usd_nanos, 0))
        if cap.max_tokens is not None:
            tokens.append(max(cap.max_tokens - committed.tokens, 0))
    return Left(usd_nanos=min(money, default=None), tokens=min(tokens, default=None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """What one persona spent on one day, or one run spent."""

    day: str
    persona: str
    model: str
    usd_nanos: int
    input_tokens: int
    output_tokens: int
    requests: int


def spending(transaction: Transaction, *, since: str = "", run: str | None = None) -> Sequence[Spending]:
    """Return what was spent by day, persona and model, of one `run` or of all since a day, newest day first."""
    chosen = "run = :run" if run is not None else "day >= :since"
    values: Mapping[str, str] = {"run": run} if run is not None else {"since": since}
    rows = transaction.execute(
        f"""SELECT day, persona, model, SUM(usd_nanos), SUM(input_tokens), SUM(output_tokens), COUNT(*) FROM charges
        WHERE kind = 'spent' AND {chosen} GROUP BY day, persona, model ORDER BY day DESC, persona, model""",
        values,
    )
    return [
        Spending(
            day=day,
            persona=persona,
            model=model,
            usd_nanos=int(usd_nanos),
            input_tokens=int(asked),
            output_tokens=int(answered),
            requests=requests,
        )
        for day, persona, model, usd_nanos, asked, answered, requests in rows
    ]


def charges_of(transaction: Transaction, run: str) -> Sequence[Mapping[str, Any]]:
    """Return the lines of the ledger about `run`, in the order they were written."""
    names = "key, attempt, kind, persona, model, day, usd_nanos, tokens, input_tokens, output_tokens, at"
    rows = transaction.execute(f"SELECT {names} FROM charges WHERE run = :run ORDER BY seq", {"run": run})
    return [dict(zip(names.split(", "), row, strict=True)) for row in rows]


def _take(transaction: Transaction, cap: Cap, day: str, most: Amount) -> None:
    if _taken(transaction, cap, day, most):
        return
    # Nearly always the scope is there; only when nothing could be taken it is made, and asked once more.
    made = transaction.execute(
        """INSERT INTO totals (scope, usd_nanos, tokens, spawns, open_usd_nanos, open_tokens)
        VALUES (:scope, 0, 0, 0, 0, 0) ON CONFLICT (scope) DO NOTHING RETURNING scope""",
        {"scope": cap.on(day)},
    )
    if made and _taken(transaction, cap, day, most):
        return
    if over := _over(cap, balance(transaction, cap, day), most):
        raise over
    # Between the two somebody gave back enough, which only a database with many writers allows: asked again.
    _take(transaction, cap, day, most)


def _taken(transaction: Transaction, cap: Cap, day: str, most: Amount) -> bool:
    rows = transaction.execute(
        """UPDATE totals SET usd_nanos = usd_nanos + :usd, tokens = tokens + :tokens, spawns = spawns + :spawns,
        open_usd_nanos = open_usd_nanos + :usd, open_tokens = open_tokens + :tokens
        WHERE scope = :scope AND (:usd = 0 OR usd_nanos + :usd <= :max_usd)
        AND (:tokens = 0 OR tokens + :tokens <= :max_tokens)
        AND (:spawns = 0 OR spawns + :spawns <= :max_spawns) RETURNING scope""",
        {
            "scope": cap.on(day),
            "usd": most.usd_nanos,
            "tokens": most.tokens,
            "spawns": most.spawns,
            "max_usd": _NONE if cap.max_usd_nanos is None else cap.max_usd_nanos,
            "max_tokens": _NONE if cap.max_tokens is None else cap.max_tokens,
            "max_spawns": _NONE if cap.max_spawns is None else cap.max_spawns,
        },
    )
    return bool(rows)


def _over(cap: Cap, held: Balance, most: Amount) -> OverBudgetError | None:
    """Return which cap of the scope does not leave `most`; None where all do."""
    committed = held.committed
    if most.usd_nanos and cap.max_usd_nanos is not None and committed.usd_nanos + most.usd_nanos > cap.max_usd_nanos:
        left = usd(cap.max_usd_nanos - committed.usd_nanos)
        return OverBudgetError("cost", whose=cap.whose, wanted=usd(most.usd_nanos), left=left)
    if most.tokens and cap.max_tokens is not None and committed.tokens + most.tokens > cap.max_tokens:
        return OverBudgetError("tokens", whose=cap.whose, wanted=most.tokens, left=cap.max_tokens - committed.tokens)
    if cap.max_spawns is None or committed.spawns + most.spawns <= cap.max_spawns:
        return None
    return OverBudgetError("spawns", whose=cap.whose, wanted=most.spawns, left=cap.max_spawns - committed.spawns)


def _last_attempt(transaction: Transaction, charge: Charge) -> int:
    rows = transaction.execute(
        "SELECT MAX(attempt) FROM charges WHERE run = :run AND key = :key", {"run": charge.run, "key": charge.key}
    )
    return int(rows[0][0] or 0)


def _write(
    transaction: Transaction,
    charge: Charge,
    kind: str,
    amount: Amount,
    *,
    at: float,
    input_tokens: int = 0,
    output_tokens: int = 0,
) -> bool:
    rows = transaction.execute(
        """INSERT INTO charges (run, key, attempt, kind, persona, model, day, scopes, usd_nanos, tokens,
        input_tokens, output_tokens, at) VALUES (:run, :key, :attempt, :kind, :persona, :model, :day, :scopes,
        :usd_nanos, :tokens, :input_tokens, :output_tokens, :at)
        ON CONFLICT (run, key, attempt, kind) DO NOTHING RETURNING seq""",
        {
            "run": charge.run,
            "key": charge.key,
            "attempt": charge.attempt,
            "kind": kind,
            "persona": charge.persona,
            "model": charge.model,
            "day": charge.day,
            "scopes": json.dumps(charge.scopes) if kind == "reserved" else "[]",
            "usd_nanos": amount.usd_nanos,
            "tokens": amount.tokens,
            "input_tokens": input_tokens,
            "output_tokens": output_tokens,
            "at": at,
        },
    )
    return bool(rows)
