"""The ledger: whatever is charged in whatever order, no cap is passed, and nothing is counted twice or forgotten."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from personae.errors import OverBudgetError
from personae.run.record.ledger import (
    Account,
    Amount,
    Balance,
    Cap,
    Charge,
    Left,
    balance,
    day_of,
    left,
    reserve,
    settle,
    spending,
    write_off,
)
from personae.run.record.sqlite import SqliteDatabase, open_sqlite

DAY = "2026-11-26"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[SqliteDatabase]:
    opened = open_sqlite(tmp_path / "record.db")
    yield opened
    opened.close()


def charge(key: str, *, day: str = DAY) -> Charge:
    return Charge(run="run-1", key=key, persona="scout", model="acme:one", day=day)


def cap(scope: str, **limits: int) -> Cap:
    return Cap(scope=scope, whose=scope, **limits)  # type: ignore[arg-type]


def held_by(database: SqliteDatabase, one: Cap) -> Balance:
    return database.run(lambda t: balance(t, one, DAY))


def charged(database: SqliteDatabase, account: Account, key: str, most: int, spent: int, end: str) -> int:
    """Reserve, then end so; return what it took."""
    try:
        paid = database.run(lambda t: reserve(t, charge(key), Amount(usd_nanos=most, tokens=most), account, at=1.0))
    except OverBudgetError:
        return 0
    if end == "lost":
        database.run(lambda t: write_off(t, "run-1", key, at=2.0))
        return most
    took = min(spent, most) if end == "settled" else 0
    amount = Amount(usd_nanos=took, tokens=took)
    database.run(lambda t: settle(t, paid, amount, input_tokens=0, output_tokens=0, at=2.0))
    return took


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    requests=st.lists(
        st.tuples(
            st.integers(0, 1),  # which of two children asks
            st.integers(0, 60),  # reserved
            st.integers(0, 60),  # spent, at most what was reserved
            st.sampled_from(["settled", "refused", "lost"]),
        ),
        max_size=25,
    )
)
def test_no_scope_is_ever_past_its_cap(requests: Sequence[tuple[int, int, int, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = open_sqlite(Path(folder, "record.db"))
        root = Account(caps=(cap("run", max_usd_nanos=300), cap("project", max_tokens=900)))
        children = [root.within(cap("one", max_usd_nanos=200)), root.within(cap("two", max_tokens=150))]
        every = (*children[0].caps, children[1].caps[-1])
        counted = dict.fromkeys((one.scope for one in every), 0)
        for number, (who, most, spent, end) in enumerate(requests):
            account = children[who]
            took = charged(database, account, f"k/{number}", most, spent, end)
            for one in account.caps:
                counted[one.scope] += took
            for one, held in [(one, held_by(database, one)) for one in every]:
                assert (held.committed.usd_nanos, held.committed.tokens) == (counted[one.scope], counted[one.scope])
                assert (held.reserved.usd_nanos, held.reserved.tokens) == (0, 0)
                assert held.committed.usd_nanos <= (one.max_usd_nanos or 2**62)
                assert held.committed.tokens <= (one.max_tokens or 2**62)
        database.close()


def test_a_refused_charge_takes_from_no_scope(database: SqliteDatabase) -> None:
    account = Account(caps=(cap("a", max_tokens=100), cap("b", max_tokens=10)))
    with pytest.raises(OverBudgetError) as caught:
        database.run(lambda t: reserve(t, charge("k"), Amount(tokens=20), account, at=1.0))
    assert caught.value.message == "this may take 20 tokens and b has 10 tokens left"
    assert database.run(lambda t: balance(t, account.caps[0], DAY)).committed.tokens == 0


def test_settling_twice_changes_nothing(database: SqliteDatabase) -> None:
    account = Account(caps=(cap("a"),))
    paid = database.run(lambda t: reserve(t, charge("k"), Amount(tokens=20), account, at=1.0))
    for _ in range(2):
        database.run(lambda t: settle(t, paid, Amount(tokens=5), input_tokens=3, output_tokens=2, at=2.0))
    assert database.run(lambda t: balance(t, account.caps[0], DAY)).committed.tokens == 5
    assert [item.requests for item in database.run(spending)] == [1]


def test_a_daily_scope_is_empty_again_on_the_next_day_and_others_are_not(database: SqliteDatabase) -> None:
    daily = Cap(scope="persona:scout", whose="scout today", daily=True, max_tokens=20)
    account = Account(caps=(daily, cap("run", max_tokens=30)))
    database.run(lambda t: reserve(t, charge("k"), Amount(tokens=20), account, at=1.0))
    with pytest.raises(OverBudgetError, match="scout today has 0 tokens left"):
        database.run(lambda t: reserve(t, charge("l"), Amount(tokens=1), account, at=1.0))
    tomorrow = "2026-11-27"
    assert database.run(lambda t: left(t, account, tomorrow)) == Left(tokens=10)
    with pytest.raises(OverBudgetError, match="run has 10 tokens left"):
        database.run(lambda t: reserve(t, charge("m", day=tomorrow), Amount(tokens=11), account, at=1.0))


def test_the_day_turns_where_the_project_is() -> None:
    moment = datetime(2026, 11, 26, 23, 30, tzinfo=UTC)
    assert [day_of(moment, zone) for zone in (UTC, ZoneInfo("Europe/Berlin"))] == ["2026-11-26", "2026-11-27"]


def test_a_scope_that_stands_in_an_account_is_not_charged_twice(database: SqliteDatabase) -> None:
    account = Account(caps=(cap("a"),)).within(cap("a"), cap("b"))
    database.run(lambda t: reserve(t, charge("k"), Amount(tokens=7), account, at=1.0))
    assert database.run(lambda t: balance(t, account.caps[0], DAY)).committed.tokens == 7
