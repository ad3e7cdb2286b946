"""A word before a cap is reached: said once for each scope, so once a day for a daily one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from personae.run.record.database import Transaction
from personae.run.record.ledger import Account, balance

__all__ = ["NEAR_PERCENT", "NearCap", "newly_near", "warned"]

NEAR_PERCENT = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class NearCap:
    """A cap in dollars of which most is spent."""

    scope: str
    whose: str
    usd_nanos: int
    """Spent, at the moment it was seen."""
    max_usd_nanos: int

    @property
    def text(self) -> str:
        """One sentence."""
        percent = 100 * self.usd_nanos // self.max_usd_nanos if self.max_usd_nanos else 100
        return f"{self.whose} has spent {percent} % of its cap"


def newly_near(transaction: Transaction, account: Account, day: str, *, at: float) -> Sequence[NearCap]:
    """Return the caps of `account` that are nearly reached and were not said to be before. What is reserved counts not.

    It belongs into the transaction that settles a charge.
    """
    return [near for near in _near(transaction, account, day) if _is_new(transaction, near, at=at)]


def warned(transaction: Transaction, scopes: Iterable[str]) -> frozenset[str]:
    """Return which of `scopes` were said to be nearly spent."""
    known = {str(row[0]) for row in transaction.execute("SELECT scope FROM warned")}
    return frozenset(known & set(scopes))


def _near(transaction: Transaction, account: Account, day: str) -> Iterable[NearCap]:
    for cap in account.caps:
        most = cap.max_usd_nanos
        if most is None:
            continue
        held = balance(transaction, cap, day)
        spent = held.committed.usd_nanos - held.reserved.usd_nanos
        if spent and spent * 100 >= most * NEAR_PERCENT:
            yield NearCap(scope=cap.on(day), whose=cap.whose, usd_nanos=spent, max_usd_nanos=most)


def _is_new(transaction: Transaction, near: NearCap, *, at: float) -> bool:
    rows = transaction.execute(
        """INSERT INTO warned (scope, whose, usd_nanos, max_usd_nanos, at) VALUES (:scope, :whose, :usd, :most, :at)
        ON CONFLICT (scope) DO NOTHING RETURNING scope""",
        {"scope": near.scope, "whose": near.whose, "usd": near.usd_nanos, "most": near.max_usd_nanos, "at": at},
    )
    return bool(rows)
