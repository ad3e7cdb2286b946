"""Records of both kinds, and other processes that work on them at the same time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from personae.run.record.database import Database
from personae.run.record.ledger import Account, Amount, Cap, Charge
from personae.run.record.opening import open_database

ACCOUNT = Account(
    caps=(
        Cap(scope="persona:scout", whose="scout today", daily=True, max_usd_nanos=1_000),
        Cap(scope="run", whose="it"),
    )
)
DAY = "2026-11-26"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a record is: in the folder, or at the URL."""

    root: Path
    url: str

    def open(self) -> Database:
        return open_database(self.root, self.url)

    def in_processes(self, script: str, names: Sequence[str]) -> list[str]:
        """Run `script` in one process a name, all at once; return what each printed. It finds `database` and `name`."""
        begin = (
            "import sys; from pathlib import Path; from personae.run.record.opening import open_database\n"
            "from record_samples import *\n"
            "database = open_database(Path(sys.argv[1]), sys.argv[2]); name = sys.argv[3]\n"
            "print('ready', flush=True); sys.stdin.readline()\n"
        )
        paths = os.pathsep.join([str(Path(__file__).parent), *sys.path])
        processes = [
            subprocess.Popen(
                [sys.executable, "-c", begin + script, str(self.root), self.url, name],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, "PYTHONPATH": paths},
            )
            for name in names
        ]
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        said = [process.communicate(timeout=60)[0].strip() for process in processes]
        assert {process.returncode for process in processes} <= {0, -signal.SIGKILL}
        return said


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """A record of each kind. Who uses it has `pytest_plugins = ["postgres_fixtures"]`."""
    url = request.getfixturevalue("postgres_url") if request.param == "postgres" else ""
    return Place(root=tmp_path, url=url)


def charge(key: str, run: str = "run-1") -> Charge:
    return Charge(run=run, key=key, persona="scout", model="acme:one", day=DAY)


def dollars(nanos: int) -> Amount:
    return Amount(usd_nanos=nanos, tokens=nanos)
