"""Work that is shared gives what work that is not shared gives, whatever becomes of the helpers."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from personae.check import scan
from personae.check.engine import check
from personae.check.jobs import can_share, shared
from personae.check.report import Request

pytestmark = pytest.mark.skipif(not can_share(), reason="processes are not copied here")


def add(numbers: Sequence[int]) -> int:
    return sum(numbers)


def test_every_item_is_worked_on_once() -> None:
    answers = shared(add, range(1, 101), jobs=3, size=lambda number: number)

    assert sum(answers) == 5050
    assert len(answers) == 3
    assert max(answers) - min(answers) <= 100


def test_nothing_to_do_is_done_here() -> None:
    assert shared(add, [], jobs=8, size=lambda number: 1) == [0]


def test_what_a_killed_helper_had_is_done_here() -> None:
    parent = os.getpid()

    def fragile(numbers: Sequence[int]) -> int:
        if os.getpid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)
        return sum(numbers)

    assert sum(shared(fragile, range(1, 101), jobs=4, size=lambda number: 1)) == 5050


def test_an_error_of_a_helper_is_raised_here() -> None:
    def picky(numbers: Sequence[int]) -> int:
        if 100 in numbers:
            raise ValueError("not a hundred")
        return sum(numbers)

    with pytest.raises(ValueError, match="not a hundred"):
        shared(picky, range(1, 101), jobs=2, size=lambda number: 1)


def test_an_answer_larger_than_a_pipe_arrives_whole() -> None:
    answers = shared(lambda items: ["x" * 100_000 for _ in items], range(20), jobs=2, size=lambda item: 1)

    assert sum(len(text) for answer in answers for text in answer) == 2_000_000


def test_a_report_does_not_depend_on_the_number_of_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr(scan, "_WORTH_SHARING", 1)
    for number in range(12):
        root = tmp_path / "tree" / f"project-{number}"
        (root / "personas").mkdir(parents=True)
        (root / ".claude" / "agents").mkdir(parents=True)
        (root / "personae.toml").write_text('[[check.ignore]]\nrule = "unknown-key"\nfiles = ["x"]\nreason = "y"\n')
        (root / "personas" / "scout.md").write_text(f"---\nkind: persona\nname: scout\ntier: T{number}\n---\nLook.\n")
        (root / ".claude" / "agents" / "x.md").write_text("---\nname: x\n---\nRead it.\n")
    request = Request(paths=[tmp_path / "tree"], base=tmp_path, today=date(2026, 11, 20))

    alone = check(request, remember=False)

    assert len(alone.diagnostics) > 12
    assert check(replace(request, jobs=4), remember=False) == alone
