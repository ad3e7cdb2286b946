"""When a cron expression fires in a time zone, and how that is said. The one engine, `cronsim`, for both.

Where clocks are changed, the rule is that of Debian's cron. An expression with a star as its minute or its hour goes by
the hours that pass: it does not fire in an hour that is left out, and fires twice in one that comes twice. Any other
means a time of the day: one that is left out fires at the first moment after it, one that comes twice fires the first
time only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from zoneinfo import ZoneInfo

from cronsim import CronSim

__all__ = ["derived_label", "firings", "firings_between", "next_after"]

_RANGE_OF_ONE = re.compile(r"\b0*(\w+)-0*\1/\w+")
"""`cronsim` reads 43-43/11 as 43/11, which goes on to the end of the field."""


def firings(cron: str, after: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """Yield every moment after `after` at which a valid expression fires, in UTC, each once and in order."""
    last = after.astimezone(UTC)
    for moment in CronSim(_RANGE_OF_ONE.sub(r"\1", cron), after.astimezone(zone)):
        in_utc = moment.astimezone(UTC)
        # Two times of day that are left out become one moment, and the first pass of an hour may lie before `after`.
        if in_utc > last:
            last = in_utc
            yield in_utc


def next_after(cron: str, after: datetime, zone: ZoneInfo) -> datetime | None:
    """Return the first moment after `after`; None where there is none in fifty years."""
    return _next_after(cron, int(after.timestamp()), zone)


# Many heartbeats are written alike, and all of them are asked at the moments at which one of them fires.
@lru_cache(maxsize=65_536)
def _next_after(cron: str, after_s: int, zone: ZoneInfo) -> datetime | None:
    return next(firings(cron, datetime.fromtimestamp(after_s, UTC), zone), None)


def firings_between(cron: str, after: datetime, until: datetime, zone: ZoneInfo, *, most: int) -> list[datetime]:
    """Return what fires after `after` and not after `until`; the first `most` of it."""
    found: list[datetime] = []
    for moment in islice(firings(cron, after, zone), most):
        if moment > until:
            break
        found.append(moment)
    return found


@lru_cache(maxsize=4096)
def derived_label(cron: str) -> str:
    """Return `cron` in words, such as `At 09:00 on Monday`: the label of a heartbeat that has none."""
    return str(CronSim(cron, datetime(2026, 1, 1, tzinfo=UTC)).explain())
