"""A changed tree is read again only where it changed, and the answer is what reading all of it would give."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

import pytest
from memory_driver import move_folders, wait, write

from personae.check import memo
from personae.check.engine import check
from personae.check.read import ReadFile, Target, read_target
from personae.check.report import Request

AGENT = "---\nname: {}\ndescription: Reads part {} of the archive and lists what is new.\nmodle: opus\n---\nRead it.\n"
PERSONA = "---\nkind: persona\nname: {}\nopinions: [done]\nenhances: [board-sync]\n---\nLook for releases of {}.\n"


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    move_folders(tmp_path, monkeypatch)


@pytest.fixture
def request_(tmp_path: Path) -> Request:
    """Three groups: two of agents of other tools, and the personas of a project."""
    root = tmp_path / "work"
    for name in ("one", "two"):
        for number in range(3):
            write(root / name / ".claude" / "agents" / f"a{number}.md", AGENT.format(f"a{number}", number))
    for slug in ("scout", "ranger"):
        write(root / "ours" / "personas" / f"{slug}.md", PERSONA.format(slug, slug))
    write(root / "ours" / "personae.toml", "")
    wait()
    return Request(paths=[root], base=root, today=date(2026, 11, 20), user=True)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that were read, in the order of reading."""
    seen: list[str] = []

    def noted(target: Target, *, buffers: Mapping[str, bytes] | None) -> ReadFile:
        seen.append(target.file)
        return read_target(target, buffers=buffers)

    monkeypatch.setattr("personae.check.scan.read_target", noted)
    return seen


def test_only_the_group_with_the_changed_file_is_read_again(request_: Request, reads: list[str]) -> None:
    check(request_)
    assert len(reads) == 8
    reads.clear()
    write(request_.base / "two" / ".claude" / "agents" / "a1.md", AGENT.format("a1", "one"))
    wait()

    check(request_)

    assert reads == [f"two/.claude/agents/a{number}.md" for number in range(3)]


CHANGES: dict[str, Callable[[Path], object]] = {
    "an agent": lambda root: write(root / "one/.claude/agents/a0.md", AGENT.format("a9", 0)),
    "a twin": lambda root: write(root / "one/.claude/agents/a9.md", AGENT.format("a9", 0)),
    "an agent that goes": lambda root: (root / "one/.claude/agents/a0.md").unlink(),
    "a date alone": lambda root: os.utime(root / "one/.claude/agents/a0.md", (1, 1)),
    "a persona": lambda root: write(root / "ours/personas/scout.md", PERSONA.format("scout", "all")),
    "its project file": lambda root: write(root / "ours/personae.toml", "[check.rules]\nabsent-name = 'error'\n"),
    "a project file above": lambda root: write(root / "personae.toml", "[check]\nexclude = ['a0.md']\n"),
    "a broken project file": lambda root: write(root / "one/personae.toml", "x ="),
    "an opinion": lambda root: write(root / "ours/opinions/done.md", "Done means tested.\n"),
    "a persona of the user": lambda root: write(
        root.parent / "config/personae/personas/me.md", PERSONA.format("me", "me")
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_is_remembered_in_part_is_what_reading_everything_gives(request_: Request, what: str) -> None:
    check(request_)
    CHANGES[what](request_.base)
    wait()

    assert check(request_) == check(request_, remember=False)
    # And so is what was put on the shelf by a check that took half of it from there.
    write(request_.base / "two" / ".claude" / "agents" / "a1.md", AGENT.format("a1", "two"))
    wait()
    assert check(request_) == check(request_, remember=False)


def test_a_shelf_of_the_wrong_shape_is_an_empty_one(request_: Request, reads: list[str]) -> None:
    check(request_)
    (shelf,) = memo.cache_folder().glob("*.groups.json")
    kept = json.loads(shelf.read_text())
    assert len(kept) == 3
    shelf.write_text(json.dumps({key: {**tally, "watched": 7} for key, tally in kept.items()}))
    write(request_.base / "two" / ".claude" / "agents" / "a1.md", AGENT.format("a1", "one"))
    wait()
    reads.clear()

    assert check(request_).files == 8
    assert len(reads) == 8
