"""A month of fifty personas, compressed: every beat that came due stands in the ledger once, whatever happened."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

from croniter import croniter

from personae.run.record.sqlite import open_sqlite
from personae.standing import table
from personae.standing.table import Beat

HERE = Path(__file__).parent
ZONE = ZoneInfo("Europe/Berlin")
BEGIN = datetime(2026, 10, 5, tzinfo=ZONE).astimezone(UTC)
END = datetime(2026, 11, 5, tzinfo=ZONE).astimezone(UTC)
"""The clocks go back in between, on 25 October."""


def crons() -> dict[str, str]:
    """A schedule for each of fifty: daily, on weekdays, weekly, twice a month, every eight hours for a while."""
    chance = random.Random(4)
    forms = ("{m} {h} * * *", "{m} {h} * * 1-5", "{m} {h} * * {d}", "{m} {h} 1,15 * *", "{m} */8 1-5 * *")
    return {
        f"p{number:02}": forms[number % 5].format(m=chance.randrange(60), h=chance.randrange(24), d=number % 7)
        for number in range(50)
    }


def project(root: Path) -> None:
    root.mkdir()
    (root / "personae.toml").write_text('[project]\ntimezone = "Europe/Berlin"\n', "utf-8")
    (root / "clock").write_text(BEGIN.isoformat(), "utf-8")
    for slug, cron in crons().items():
        path = root / ".agents" / slug / "persona.md"
        path.parent.mkdir(parents=True)
        off = "\n    enabled: false" if slug == "p49" else ""
        beat = f'heartbeats:\n  - cron: "{cron}"\n    label: round\n    prompt: What is new?{off}\n'
        path.write_text(f"---\nname: {slug}\nrole: Looks\ntype: specialist\n{beat}---\nYou look.\n", "utf-8")


def due(cron: str, begin: datetime, end: datetime) -> list[int]:
    """What an independent library says; times of the day that come twice count once."""
    dates = croniter(cron, begin.astimezone(ZONE))
    found: list[int] = []
    seen: set[str] = set()
    while (moment := dates.get_next(datetime)) <= end:
        wall = moment.strftime("%Y-%m-%d %H:%M")
        if wall not in seen or cron.split()[1].startswith("*"):
            found.append(int(moment.timestamp()))
        seen.add(wall)
    return found


def serve(root: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, str(HERE / "serve_a_month.py"), str(root), END.isoformat()])


def clock(root: Path) -> datetime:
    return datetime.fromisoformat((root / "clock").read_text("utf-8"))


def accounted(beats: list[Beat]) -> int:
    return sum(beat.count for beat in beats)


def test_every_beat_of_a_month_is_accounted_for_through_kills_restarts_sleep_and_clock_changes(
    tmp_path: Path,
) -> None:
    root = tmp_path / "project"
    project(root)
    chance = random.Random(11)
    killed = 0
    while clock(root) < END:
        process = serve(root)
        begun_at = clock(root)
        span = timedelta(days=chance.uniform(4, 8))
        while process.poll() is None and clock(root) < begun_at + span:
            time.sleep(0.02)
        if process.poll() is not None:
            assert process.returncode == 0
            break
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        killed += 1
        # What happens while nobody serves: nothing, a short sleep, a long one, a clock that is set back.
        moved = chance.choice([timedelta(), timedelta(minutes=20), timedelta(hours=30), -timedelta(minutes=40)])
        (root / "clock").write_text((clock(root) + moved).isoformat(), "utf-8")
    assert killed >= 3

    database = open_sqlite(root / ".personae" / "record.db")
    all_beats = database.run(lambda transaction: table.history(transaction, most=100_000))
    schedule = crons()
    for slug, cron in schedule.items():
        beats = sorted((beat for beat in all_beats if beat.persona == slug), key=lambda beat: beat.due)
        expected = due(cron, BEGIN, END)
        assert accounted(beats) == len(expected), slug
        assert [beat.due for beat in beats] == [moment for moment in expected if moment in {b.due for b in beats}]
        for before, after in pairwise(beats):
            assert before.last < after.due, (slug, "no moment stands in two lines")
        assert all(beat.reason for beat in beats if beat.status in ("skipped", "missed", "failed"))
    became = Counter(beat.status for beat in all_beats)
    assert became["running"] == 0
    assert became["ran"] > 300
    assert became["missed"] > 0
    (off,) = (beat for beat in all_beats if beat.persona == "p49")
    assert (off.status, off.reason) == ("skipped", "disabled: enabled: false")
    runs = [beat.run for beat in all_beats if beat.run]
    assert len(runs) == len(set(runs))
    rows = database.run(lambda transaction: transaction.execute("SELECT id, status FROM runs"))
    assert {str(id) for id, _ in rows} == {beat.run for beat in all_beats if beat.status in ("ran", "quiet", "failed")}
    assert {str(status) for _, status in rows} == {"done"}
    database.close()
