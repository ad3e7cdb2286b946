"""docs/importing.md is a story: its files are written, its commands are run, and they print what it says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from hosts_shell import HostsShell, open_shell

PAGE = Path(__file__).parents[2] / "docs" / "importing.md"
FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> HostsShell:
    return open_shell(tmp_path, monkeypatch)


def expected(shown: str) -> re.Pattern[str]:
    """`...` on a line of its own stands for any lines."""
    parts = [re.escape(part) for part in re.split(r"^\.\.\.\n", shown, flags=re.MULTILINE)]
    return re.compile(r"(?s:.*)".join(parts))


def test_the_page_tells_what_happens(shell: HostsShell) -> None:
    ran = 0
    for found in FENCE.finditer(PAGE.read_text("utf-8")):
        kind, _, path = found["info"].partition(" ")
        if kind == "markdown":
            shell.write(path, found["text"])
        for command, shown in re.findall(r"^\$ personae ([^\n]*)\n((?:(?!\$ ).*\n)*)", found["text"], re.MULTILINE):
            result = shell(*shlex.split(command))
            said = result.out + result.err + (f"(exit {result.code})\n" if result.code else "")
            assert expected(shown).fullmatch(said), f"personae {command}\n{said}"
            ran += 1
    assert ran == 7
