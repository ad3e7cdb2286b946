"""The short form of `bench/torture.py`: workers killed at random moments, on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from postgres_server import NoPostgresError, find_binaries

BENCH = Path(__file__).parents[2] / "bench" / "torture.py"
pytestmark = pytest.mark.skipif(os.name == "nt", reason="forks and kills, which Windows does not have")


@pytest.mark.parametrize("on", ["sqlite", "postgres"])
def test_whatever_is_killed_every_run_ends_as_if_nothing_had_been(on: str) -> None:
    if on == "postgres":
        pytest.importorskip("dbos")
        try:
            find_binaries()
        except NoPostgresError as error:
            pytest.skip(str(error))
    command = [sys.executable, str(BENCH), "--on", on, "--kills", "8", "--workers", "2"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    report = json.loads(ran.stdout)
    assert report["faults"] == {}
    assert report["kills"] >= 8
    assert report["done outside"]["once"] >= 5
