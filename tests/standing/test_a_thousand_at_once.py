"""A thousand runs at once in four processes against one cap of a day: not a cent over."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from personae.run.record import ledger
from personae.run.record.database import Row
from personae.run.record.ledger import Cap, nanos
from personae.run.record.opening import open_database

pytest_plugins = ["postgres_fixtures"]
HERE = Path(__file__).parent
PROCESSES, EACH = 4, 250


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_thousand_runs_at_once_do_not_pass_one_cap_by_a_cent(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    from spend_at_once import CAP_USD

    url = request.getfixturevalue("postgres_url") if kind == "postgres" else ""
    open_database(tmp_path, url).close()  # so that its tables are there for all
    script = str(HERE / "spend_at_once.py")
    processes = [
        subprocess.Popen(
            [sys.executable, script, str(tmp_path), f"p{number}", str(EACH), url], stdout=subprocess.PIPE, text=True
        )
        for number in range(PROCESSES)
    ]
    reasons: Counter[str] = Counter()
    for process in processes:
        out, _ = process.communicate(timeout=600)
        assert process.returncode == 0
        reasons.update(out.split())
    assert reasons.total() == PROCESSES * EACH
    assert reasons.keys() == {"done", "cost"}

    cap = nanos(CAP_USD)
    database = open_database(tmp_path, url)
    held = database.run(lambda tx: ledger.balance(tx, Cap(scope="persona:lead", whose="", daily=True), "2026-11-30"))
    lines = database.run(lambda tx: tx.execute("SELECT kind, usd_nanos, run, key, attempt FROM charges ORDER BY seq"))
    database.close()
    spent = sum(usd_nanos for kind, usd_nanos, *_ in lines if kind == "spent")
    assert (held.committed.usd_nanos, held.reserved.usd_nanos) == (spent, 0)
    assert sum(kind == "spent" for kind, *_ in lines) == reasons["done"] == reasons.total() - reasons["cost"]
    assert cap * 0.5 < spent <= cap, "the cap is used, and kept"
    if kind == "sqlite":
        assert _most_at_once(lines) <= cap


def _most_at_once(lines: Sequence[Row]) -> int:
    """Return the most that was spent and reserved together. Lines of SQLite stand in the order of their commits."""
    reserved: dict[tuple[str, str, int], int] = {}
    committed = most = 0
    for kind, usd_nanos, run, key, attempt in lines:
        call = (run, key, attempt)
        if kind == "reserved":
            reserved[call] = usd_nanos
            committed += usd_nanos
        else:
            assert usd_nanos <= reserved[call]
            committed += usd_nanos - reserved.pop(call)
        most = max(most, committed)
    return most
