"""What is accepted as a cron expression fires; the messages are in `tests/cases/persona.md`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cronsim import CronSim
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from personae.persona.cron import problem

NOW = datetime(2026, 1, 1, tzinfo=UTC)
RANGES = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)]
NAMES = [[], [], [], ["JAN", "feb", "Dec"], ["SUN", "mon", "Sat"]]


def terms(index: int) -> st.SearchStrategy[str]:
    low, high = RANGES[index]
    numbers = st.integers(low, high)
    values = numbers.map(str) | st.sampled_from(NAMES[index] or ["01", "07"])
    spans = st.tuples(numbers, numbers).map(lambda pair: f"{min(pair)}-{max(pair)}")
    starts = st.just("*") | values | spans
    return starts | st.tuples(starts, st.integers(1, high)).map(lambda pair: f"{pair[0]}/{pair[1]}")


def fields(index: int) -> st.SearchStrategy[str]:
    return terms(index) | st.lists(terms(index), min_size=2, max_size=3).map(",".join)


def expressions() -> st.SearchStrategy[str]:
    return st.tuples(*(fields(index) for index in range(5))).map(" ".join)


@settings(deadline=None)
@given(expressions())
def test_what_is_accepted_fires_within_eight_years(expression: str) -> None:
    assume(problem(expression) is None)
    assert next(CronSim(expression, NOW)) <= NOW + timedelta(days=8 * 366)


@settings(deadline=None)
@given(st.text(alphabet="0123456789*/,-?#LWMONSU@ \t\n٣²", max_size=24) | st.text())
def test_any_text_is_answered(expression: str) -> None:
    reason = problem(expression)
    if reason is None:
        assert next(CronSim(expression, NOW)) <= NOW + timedelta(days=8 * 366)
    else:
        assert reason == reason.strip() != ""
        assert reason[:1] == reason[:1].lower()


@settings(deadline=None)
@given(st.sampled_from(range(5)), st.integers(min_value=0), st.sampled_from(["{}", "*/{}", "1-{}", "{},1", "1/{}"]))
def test_numbers_of_any_size_are_answered(index: int, number: int, form: str) -> None:
    parts = ["*"] * 5
    parts[index] = form.format(number)
    reason = problem(" ".join(parts))
    assert (reason is None) or str(number) in reason
