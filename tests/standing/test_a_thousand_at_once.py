"""A thousand runs at once in four processes against one cap of a day: not a cent over."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

from personae.run.record import ledger
from personae.run.record.ledger import Cap, nanos
from personae.run.record.sqlite import open_sqlite

HERE = Path(__file__).parent
PROCESSES, EACH = 4, 250


def test_a_thousand_runs_at_once_do_not_pass_one_cap_by_a_cent(tmp_path: Path) -> None:
    from spend_at_once import CAP_USD

    script = str(HERE / "spend_at_once.py")
    processes = [
        subprocess.Popen(
            [sys.executable, script, str(tmp_path), f"p{number}", str(EACH)], stdout=subprocess.PIPE, text=True
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
    database = open_sqlite(tmp_path / "record.db")
    held = database.run(lambda tx: ledger.balance(tx, Cap(scope="persona:lead", whose="", daily=True), "2026-11-30"))
    lines = database.run(lambda tx: tx.execute("SELECT kind, usd_nanos, run, key, attempt FROM charges ORDER BY seq"))
    database.close()
    spent = sum(usd_nanos for kind, usd_nanos, *_ in lines if kind == "spent")
    assert (held.committed.usd_nanos, held.reserved.usd_nanos) == (spent, 0)
    assert sum(kind == "spent" for kind, *_ in lines) == reasons["done"] == reasons.total() - reasons["cost"]
    # The lines in the order they were written: what is spent and reserved together was never more than the cap.
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
    assert spent <= most <= cap
    assert spent > cap * 0.5, "and the cap is used, not only kept"
