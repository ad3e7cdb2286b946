from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

from personae.check import watch


class Clock:
    """Does what is next in line at each sleep; stands for somebody who works while we wait."""

    def __init__(self, *steps: Callable[[], object]) -> None:
        self.steps = list(steps)

    def __call__(self, seconds: float) -> None:
        if not self.steps:
            raise KeyboardInterrupt
        self.steps.pop(0)()


def nothing() -> None: ...


def watched(folder: Path, *steps: Callable[[], object]) -> list[list[str]]:
    found: list[list[str]] = []
    with contextlib.suppress(KeyboardInterrupt):
        found.extend(
            sorted(Path(path).name for path in paths) for paths in watch.changes([folder], sleep=Clock(*steps))
        )
    return found


def test_the_first_answer_comes_at_once_and_quiet_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.md").touch()
    assert watched(tmp_path, nothing, nothing, nothing) == [[]]


def test_a_file_that_is_written_comes_and_goes(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    steps = [lambda: path.write_text("one"), nothing, lambda: path.write_text("three"), nothing, path.unlink, nothing]
    assert watched(tmp_path, *steps) == [[], ["a.md"], ["a.md"], ["a.md"]]


def test_files_that_change_together_are_said_together(tmp_path: Path) -> None:
    steps = [
        lambda: (tmp_path / "a.md").touch(),
        lambda: (tmp_path / "b.md").touch(),
        lambda: (tmp_path / "c.md").touch(),
        nothing,
    ]
    assert watched(tmp_path, *steps) == [[], ["a.md", "b.md", "c.md"]]


def test_a_file_that_nobody_checks_wakes_nobody(tmp_path: Path) -> None:
    assert watched(tmp_path, lambda: (tmp_path / "a.py").touch(), nothing, nothing) == [[]]
