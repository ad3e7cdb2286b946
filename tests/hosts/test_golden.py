"""What is written for each host, byte for byte; golden_files.py writes the files anew after a change that is meant."""

from __future__ import annotations

import pytest
from golden_files import GOLDEN, shown

from personae.hosts.compile import COMPILERS


@pytest.mark.parametrize("host", COMPILERS)
def test_the_files_and_the_ledger_of(host: str) -> None:
    assert shown(host) == (GOLDEN / f"{host}.txt").read_text(encoding="utf-8")


def test_there_is_a_golden_file_for_every_host_and_no_other() -> None:
    assert sorted(path.stem for path in GOLDEN.glob("*.txt")) == sorted(COMPILERS)
