"""Cron expressions: five fields, no extensions. The library is cronsim; here is what we refuse, and why.

Fields are minute, hour, day of month, month, day of week; names (MON, JAN), lists, ranges and steps are allowed and
7 is Sunday. Not part of seed 004's "standard 5-field" form, so refused: seconds, `@daily`, `L`, `W`, `#`, `?`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache

from cronsim import CronSim, CronSimError

from personae.persona.patterns import lazy

__all__ = ["problem"]

_FIELDS = ("minute", "hour", "day of month", "month", "day of week")


def _numbered(names: str, *, first: int) -> dict[str, int]:
    return {name: number for number, name in enumerate(names.split(), first)}


_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_NAMES: tuple[dict[str, int], ...] = (
    {},
    {},
    {},
    _numbered("JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC", first=1),
    _numbered("SUN MON TUE WED THU FRI SAT", first=0),
)
_LONGEST_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_TERM = lazy(r"(?P<start>\*|\w+)(?:-(?P<end>\w+))?(?:/(?P<step>\w+))?", re.ASCII)
_ANY_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=4096)
def problem(expression: str) -> str | None:
    """Return why `expression` is not a five-field cron expression that ever fires, or None."""
    if expression.startswith("@"):
        return "short names such as @daily are not part of the five-field form"
    fields = expression.upper().split()
    if len(fields) != 5:
        seconds = ", and there are no seconds" if len(fields) == 6 else ""
        return f"it has {len(fields)} field{'s' if len(fields) != 1 else ''}, not 5{seconds}"
    for index, text in enumerate(fields):
        reason = next(filter(None, (_term_problem(term, index) for term in text.split(","))), None)
        if reason:
            return f"{_FIELDS[index]} {text!r}: {reason}"
    return _impossible_date(fields[2], fields[3], fields[4]) or _library_problem(expression)


def _term_problem(term: str, index: int) -> str | None:
    match = _TERM.fullmatch(term)
    if match is None:
        return f"{term!r} is not a number, a range or a step" if term else "there is an empty term"
    start, end, step = match["start"], match["end"], match["step"]
    low, high = _RANGES[index]
    for value in filter(None, (start, end)):
        if value != "*" and _number(value, index) is None:
            return f"{value!r} is not in {low} to {high}"
    if start == "*" and end is not None:
        return "a star has no range"
    if end is not None and (_number(start, index) or 0) > (_number(end, index) or 0):
        return "the range runs backwards"
    if step is not None and not (step.isdigit() and step.strip("0")):
        return f"the step {step!r} is not a number above 0"
    # By length first: `int` refuses thousands of digits with an exception.
    if step is not None and (len(step.lstrip("0")) > 2 or int(step) > high):
        return f"the step {step} is larger than the field"
    return None


def _number(value: str, index: int) -> int | None:
    low, high = _RANGES[index]
    if value in _NAMES[index]:
        return _NAMES[index][value]
    if not (value.isascii() and value.isdigit() and len(value) <= 2):
        return None
    return int(value) if low <= int(value) <= high else None


def _impossible_date(days: str, months: str, weekdays: str) -> str | None:
    """Vixie's rule: a day field that starts with a star does not add days, so the date alone must be possible."""
    first_days = [_number(re.split("[-/]", day)[0], 2) or 1 for day in days.split(",")]
    wanted_months = [_number(month, 3) for month in months.split(",")]
    if not weekdays.startswith("*") or None in wanted_months:
        return None
    longest = max(_LONGEST_MONTH[month - 1] for month in wanted_months if month)
    if min(first_days) > longest:
        return f"no such date: day {days} of month {months} never comes"
    return None


def _library_problem(expression: str) -> str | None:
    try:
        next(CronSim(expression, _ANY_MOMENT))
    except (CronSimError, StopIteration, ValueError) as error:
        return str(error)[:1].lower() + str(error)[1:] or "it never fires"
    return None
