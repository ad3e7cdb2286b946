"""Progress logs: when a worker last wrote something, and what. Local times are read in the zone given."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from personae.team.plans import Progress
from personae.team.slugs import printable

__all__ = ["MAX_TEXT", "Log", "read_log"]

MAX_TEXT = 120

_CLOCK_SKEW = timedelta(minutes=5)
"""Two machines' clocks differ; an entry this little after now is still now."""
# At the start of a line, after list, heading, quote or emphasis marks: `- 2026-06-05 09:30`, `## 2026-06-05T09:30Z`.
_ENTRY = re.compile(
    r"[\s>#*+_`\[(|-]{0,16}"
    r"(?P<date>\d{4}-\d{2}-\d{2})(?:(?:[Tt]|\s+)(?P<time>\d{1,2}:\d{2}(?::\d{2})?)(?:[.,]\d+)?"
    r"\s?(?P<zone>[Zz](?!\w)|UTC\b|[+-]\d{2}:?\d{2}(?!\d))?)?(?!\d)(?P<text>.*)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """One log, read."""

    progress: Progress
    in_future: datetime | None = None
    """The latest entry after now, which does not count."""
    in_future_line: int = 0


def read_log(text: str, *, now: datetime, zone: tzinfo) -> Log:
    """Return the latest entry up to `now`; of two at one time the later in the file. A bare date is its start."""
    last: datetime | None = None
    words = ""
    future: tuple[datetime, int] | None = None
    for line, when, said in _entries(text, zone):
        if when > now + _CLOCK_SKEW:
            future = max(future or (when, line), (when, line))
        elif last is None or when >= last:
            last, words = when, said
    progress = Progress(last_entry=last, text=_short(words))
    return Log(progress=progress, in_future=future and future[0], in_future_line=future[1] if future else 0)


def _entries(text: str, zone: tzinfo) -> Iterator[tuple[int, datetime, str]]:
    for number, line in enumerate(text.split("\n"), 1):
        found = _ENTRY.match(line)
        if found is None:
            continue
        when = _moment(found["date"], found["time"], found["zone"], zone)
        if when is not None:
            yield number, when, found["text"]


def _moment(date: str, time: str | None, offset: str | None, zone: tzinfo) -> datetime | None:
    hour, _, rest = (time or "0:00").partition(":")
    minute, _, second = rest.partition(":")
    try:
        year, month, day = map(int, date.split("-"))
        when = datetime(year, month, day, int(hour), int(minute), int(second or 0), tzinfo=_offset(offset) or zone)
        return when.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _offset(text: str | None) -> tzinfo | None:
    if text is None:
        return None
    if text in ("Z", "z", "UTC"):
        return UTC
    sign = -1 if text[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(text[1:3]), minutes=int(text[-2:])))


def _short(text: str) -> str:
    plain = printable(text).strip(" —–-:|*_])`\t")
    return plain if len(plain) <= MAX_TEXT else plain[: MAX_TEXT - 1].rstrip() + "…"
