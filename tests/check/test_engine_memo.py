"""An unchanged tree is answered from memory; whatever the answer was made of, a change of it is seen."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from memory_driver import move_folders, wait, write

from personae.check import memo, scan
from personae.check.engine import check
from personae.check.report import Report, Request
from personae.check.shelf import Shelf
from personae.check.walk import Listing

SCOUT = (
    "---\nkind: persona\nname: scout\nenhances: [board-sync]\nopinions: [done]\nskills: [digest]\n---\n"
    "Look for releases.\n"
)


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    move_folders(tmp_path, monkeypatch)


@pytest.fixture
def request_(tmp_path: Path) -> Request:
    root = tmp_path / "project"
    (root / "personas").mkdir(parents=True)
    (root / "personae.toml").touch()
    (root / "personas" / "scout.md").write_text(SCOUT)
    wait()
    return Request(paths=[root], base=root, today=date(2026, 11, 20), user=True)


def count_scans(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    times = 0
    real = scan.scan

    def counted(request: Request, listing: Listing, shelf: Shelf | None = None) -> tuple[Report, object]:
        nonlocal times
        times += 1
        return real(request, listing, shelf)

    monkeypatch.setattr(scan, "scan", counted)
    return lambda: times


def test_the_second_answer_is_the_first_and_no_file_is_read(request_: Request, monkeypatch: pytest.MonkeyPatch) -> None:
    (request_.base / ".claude" / "agents").mkdir(parents=True)
    (request_.base / ".claude" / "agents" / "x.md").write_text("---\nname: x\nmodle: opus\n---\nRead it.\n")
    (request_.base / ".agents" / "scout").mkdir(parents=True)
    (request_.base / ".agents" / "scout" / "persona.md").write_text("---\nname: Scout\nrole: R\ntype: lead\n---\nHi.\n")
    wait()
    scans = count_scans(monkeypatch)

    first = check(request_)
    second = check(request_)

    assert scans() == 1
    assert first == second
    assert {item.rule for item in first.diagnostics} >= {"claude-missing-key", "duplicate-slug"}


CHANGES: dict[str, Callable[[Path], object]] = {
    "the file itself": lambda root: (root / "personas/scout.md").write_text(SCOUT + "More.\n"),
    "its date alone": lambda root: os.utime(root / "personas/scout.md", (1, 1)),
    "a new persona": lambda root: (root / "personas/new.md").write_text(SCOUT.replace("scout", "new")),
    "a persona that goes": lambda root: (root / "personas/scout.md").unlink(),
    "the project file": lambda root: (root / "personae.toml").write_text("[substrate]\nnames = ['x']\n"),
    "an opinion": lambda root: write(root / "opinions/done.md", "Done means tested.\n"),
    "a skill": lambda root: write(root / ".agents/skills/digest/SKILL.md", "---\nname: digest\n---\nx\n"),
    "a learned opinion": lambda root: write(root / ".personae/opinions/done.md", "Done means shipped.\n"),
    "a persona of the user": lambda root: write(root.parent / "config/personae/personas/me.md", SCOUT),
    "an opinion of the user": lambda root: write(root.parent / "config/personae/opinions/done.md", "Done.\n"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_is_seen(what: str, request_: Request, monkeypatch: pytest.MonkeyPatch) -> None:
    scans = count_scans(monkeypatch)
    check(request_)
    check(request_)
    assert scans() == 1

    CHANGES[what](request_.base)
    check(request_)

    assert scans() == 2


def test_another_question_has_another_answer(request_: Request, monkeypatch: pytest.MonkeyPatch) -> None:
    scans = count_scans(monkeypatch)

    for question in (request_, replace(request_, today=date(2026, 11, 21)), replace(request_, inline=False)):
        check(question)

    assert scans() == 3


def test_a_file_that_changed_just_now_is_not_remembered(request_: Request, monkeypatch: pytest.MonkeyPatch) -> None:
    scans = count_scans(monkeypatch)
    (request_.base / "personas" / "scout.md").write_text(SCOUT)

    check(request_)
    check(request_)

    assert scans() == 2


@pytest.mark.parametrize("junk", [b"", b"{}", b"[]", b"\xff", b'{"key": 1, "watched": 2, "report": 3}'])
def test_a_broken_memory_is_no_memory(request_: Request, junk: bytes) -> None:
    first = check(request_)
    kept = list(memo.cache_folder().glob("*.json"))
    assert len(kept) == 2, "the report, and what it was put together from"
    for file in kept:
        file.write_bytes(junk)

    assert check(request_) == first


def test_a_cache_that_cannot_be_written_is_no_failure(
    request_: Request, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))

    assert check(request_).files == 1


def test_one_question_keeps_one_answer(request_: Request) -> None:
    for text in ("One.\n", "Two.\n", "Three.\n"):
        (request_.base / "personas" / "scout.md").write_text(SCOUT + text)
        wait()
        check(request_)

    assert len(list(memo.cache_folder().iterdir())) == 2
