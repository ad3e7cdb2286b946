"""When a heartbeat fires, against another cron library written by others; where the two differ, data says why."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from croniter import croniter

from personae.persona.cron import problem
from personae.standing.calendar import derived_label, firings, firings_between, next_after

_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_NAMES = (
    *((), (), ()),
    ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"),
    ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"),
)

# zone: a moment before the clocks go forward, the first moment after the hour that is left out;
# a moment before they go back, and the hour that comes a second time. All in UTC.
ZONES = {
    "Europe/Berlin": (
        datetime(2026, 3, 28, 22, tzinfo=UTC), datetime(2026, 3, 29, 1, tzinfo=UTC),
        datetime(2026, 10, 24, 20, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC),
    ),
    "America/New_York": (
        datetime(2026, 3, 8, 4, tzinfo=UTC), datetime(2026, 3, 8, 7, tzinfo=UTC),
        datetime(2026, 11, 1, 3, tzinfo=UTC), datetime(2026, 11, 1, 6, tzinfo=UTC),
    ),
}  # fmt: skip

EXPLAINED = {
    "range of one": "croniter 7 reads 3-3 as every value; Vixie's cron and ours as 3",
    "star in a list": "croniter 7 drops or widens a list with a star in it; Vixie's cron takes the union, and only a "
    "field that begins with a star adds no days",
    "time left out": "croniter moves whatever fell into the hour that is left out to the moment after it; we do so for "
    "a time of the day, and what has a star as minute or hour goes by the hours that pass",
    "time that comes twice": "croniter fires a time of the day in both passes; we fire it in the first",
}


def terms(chance: random.Random, index: int) -> str:
    low, high = _RANGES[index]
    first, last = sorted((chance.randint(low, high), chance.randint(low, high)))
    forms = ["*"] * 9 + [str(first)] * 4 + [f"{first}-{last}"] * 2 + [f"*/{chance.randint(1, high)}"] * 2
    forms += [f"{first}-{last}/{chance.randint(1, high)}"]
    forms += [chance.choice(_NAMES[index])] * 2 if _NAMES[index] else []
    return chance.choice(forms)


@cache
def expressions(count: int, *, seed: int) -> list[str]:
    return list(_expressions(count, seed))


def _expressions(count: int, seed: int) -> Iterator[str]:
    chance = random.Random(seed)
    found: set[str] = set()
    while len(found) < count:
        fields = [",".join(terms(chance, index) for _ in range(1 + (chance.random() < 0.12))) for index in range(5)]
        text = " ".join(fields)
        if text not in found and problem(text) is None:
            found.add(text)
            yield text


def theirs(cron: str, after: datetime, zone: ZoneInfo, *, most: int) -> list[datetime]:
    dates = croniter(cron, after.astimezone(zone), implement_cron_bug=True)
    return [dates.get_next(datetime).astimezone(UTC) for _ in range(most)]


def rewritten(cron: str) -> tuple[str, set[str]]:
    """Say the same so that the other library reads it as it is meant, and why that was needed."""
    why: set[str] = set()
    fields = cron.split()
    for index, text in enumerate(fields):
        single = re.sub(r"(?<!\d)(\d+)-\1(?!\d)(?:/\d+)?", r"\1", text)
        if single != text:
            why.add("range of one")
            text = single
        if "," in text and "*" in text.split(","):
            why.add("star in a list")
            low, high = _RANGES[index]
            text = (
                "*" if text.startswith("*") or index not in (2, 4) else f"{low}-{min(high, 6) if index == 4 else high}"
            )
        elif "," in text and "*/" in text and not text.startswith("*") and index in (2, 4):
            why.add("star in a list")
            text = _spelled(text, index)
        fields[index] = text
    return " ".join(fields), why


def _spelled(text: str, index: int) -> str:
    """Spell the steps of a list out, so that its stars are gone."""
    low, high = _RANGES[index]
    spelled = []
    for term in text.split(","):
        step = int(term[2:]) if term.startswith("*/") else 0
        spelled += [str(value) for value in range(low, high + 1, step)] if step else [term]
    return ",".join(spelled)


def compare(cron: str, after: datetime, zone: ZoneInfo, *, most: int) -> str:
    """Return why the two differ; empty where they do not. Fails where nothing explains it."""
    ours = list(islice(firings(cron, after, zone), most))
    if ours == theirs(cron, after, zone, most=most):
        return ""
    same, why = rewritten(cron)
    again = theirs(same, after, zone, most=most + 8)
    _, gap_ends, _, second_pass = ZONES[zone.key]
    moved = {
        moment for moment in {*ours, *again[:most]} if moment == gap_ends and (moment in ours) != (moment in again)
    }
    twice = {moment for moment in again if timedelta() <= moment - second_pass < timedelta(hours=1)} - {*ours}
    why |= ({"time left out"} if moved else set()) | ({"time that comes twice"} if twice else set())
    left = [moment for moment in ours if moment not in moved]
    assert left == [moment for moment in again if moment not in moved | twice][: len(left)], (
        cron,
        zone.key,
        ours,
        again,
    )
    assert why, (cron, zone.key, ours, again)
    return "; ".join(sorted(why))


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("part", range(4))
def test_five_thousand_expressions_fire_when_another_library_says_or_data_says_why_not(zone: str, part: int) -> None:
    forward, _, back, _ = ZONES[zone]
    all_of_them = expressions(5_000, seed=7)
    why: Counter[str] = Counter()
    for number, cron in enumerate(all_of_them):
        if number % 4 == part:
            why[compare(cron, (forward, back)[number // 4 % 2], ZoneInfo(zone), most=3)] += 1
    assert why.pop("") > 1_000
    assert {name for names in why for name in names.split("; ")} <= EXPLAINED.keys()


@pytest.mark.parametrize("zone", ZONES)
def test_around_a_change_of_the_clocks_every_difference_is_explained(zone: str) -> None:
    forward, _, back, _ = ZONES[zone]
    why: Counter[str] = Counter()
    for minute in ("0", "30", "15,45", "*/15", "*/20", "*", "7", "59", "0-10"):
        for hour in ("0", "1", "2", "3", "1,2", "2,3", "1-3", "*/2", "*", "*/3", "0-4/2"):
            for after in (forward, back):
                why[compare(f"{minute} {hour} * * *", after, ZoneInfo(zone), most=6)] += 1
    assert why.keys() == {"", "time left out", "time that comes twice"}


BERLIN = ZoneInfo("Europe/Berlin")


def local(cron: str, day: datetime, *, most: int = 20) -> list[str]:
    """What fires on one day, by the clock on the wall and its distance from UTC."""
    after = day.astimezone(UTC) - timedelta(seconds=1)
    until = (day + timedelta(days=1)).astimezone(UTC) - timedelta(seconds=1)
    moments = firings_between(cron, after, until, BERLIN, most=most)
    return [f"{moment.astimezone(BERLIN):%H:%M%z}" for moment in moments]


GAP, TWICE = datetime(2026, 3, 29, tzinfo=BERLIN), datetime(2026, 10, 25, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("cron", "day", "expected"),
    [
        # A time of the day that is left out fires at the first moment after it, however many fell into the hour.
        ("30 2 * * *", GAP, ["03:00+0200"]),
        ("0,30 2 * * *", GAP, ["03:00+0200"]),
        ("30 2,3 * * *", GAP, ["03:00+0200", "03:30+0200"]),
        # One that comes twice fires the first time only.
        ("30 2 * * *", TWICE, ["02:30+0200"]),
        ("0 1,2,3 * * *", TWICE, ["01:00+0200", "02:00+0200", "03:00+0100"]),
        # A star as minute or hour goes by the hours that pass.
        ("0 */1 * * *", GAP, [f"{hour:02}:00+0{1 + (hour > 2)}00" for hour in range(24) if hour != 2]),
        ("*/30 2 * * *", GAP, []),
        ("*/30 2 * * *", TWICE, ["02:00+0200", "02:30+0200", "02:00+0100", "02:30+0100"]),
    ],
)
def test_the_rule_where_clocks_are_changed(cron: str, day: datetime, expected: list[str]) -> None:
    assert local(cron, day, most=40) == expected


def test_a_range_of_one_with_a_step_is_one_value() -> None:
    """The library alone reads `43-43/11` as `43/11`, which goes on to the end of the field."""
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert [moment.minute for moment in islice(firings("43-43/11 * * * *", noon, ZoneInfo("UTC")), 2)] == [43, 43]


def test_the_next_moment_is_never_before_the_one_that_is_asked_from() -> None:
    second_pass = datetime(2026, 10, 25, 1, 15, tzinfo=UTC)  # 02:15 for the second time
    assert next_after("30 2 * * *", second_pass, BERLIN) == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cron", "label"),
    [
        ("0 9 * * 1", "At 09:00 on Monday"),
        ("30 8 * * 1-5", "At 08:30 on Monday through Friday"),
        ("*/15 * * * *", "Every 15th minute of every hour"),
    ],
)
def test_a_heartbeat_without_a_label_is_called_by_its_schedule(cron: str, label: str) -> None:
    assert derived_label(cron) == label
