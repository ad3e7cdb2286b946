"""The yes that a person gives on a real terminal, and Ctrl-C in its place."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hosts_shell import HostsShell, open_shell

from terminals import has_terminals

pexpect = pytest.importorskip("pexpect")
pytestmark = pytest.mark.skipif(os.name == "nt", reason="drives a POSIX terminal")

AGENT = ".claude/agents/scout.md"
PERSONA = "---\nkind: persona\nname: scout\ndescription: Looks.\ntools: [read]\n---\nYou look.\n"


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> HostsShell:
    if not has_terminals():
        pytest.skip("this system has no terminal to give")
    opened = open_shell(tmp_path, monkeypatch)
    opened.write("personas/scout.md", PERSONA)
    opened.write(AGENT, "of others\n")
    return opened


def ask(shell: HostsShell, *arguments: str, answer: str) -> int:
    child = pexpect.spawn(
        sys.executable, ["-m", "personae", *arguments], cwd=str(shell.folder), encoding="utf-8", timeout=60
    )
    child.expect(r"\[y/N\]: ")
    if answer:
        child.sendline(answer)
    else:
        child.sendintr()
    child.expect(pexpect.EOF)
    child.close()
    return int(child.exitstatus)


def test_a_file_of_others_is_replaced_after_a_yes(shell: HostsShell) -> None:
    assert ask(shell, "install", "--host", "claude", answer="y") == 0
    assert "You look." in shell.read(AGENT)


def test_a_no_keeps_it(shell: HostsShell) -> None:
    assert ask(shell, "install", "--host", "claude", answer="n") == 1
    assert shell.read(AGENT) == "of others\n"


def test_ctrl_c_at_the_question_changes_nothing(shell: HostsShell) -> None:
    before = shell.files()
    assert ask(shell, "install", "--host", "claude", answer="") == 130
    assert (shell.files(), shell.read(AGENT)) == (before, "of others\n")


def test_an_import_asks_before_it_replaces_a_persona(shell: HostsShell) -> None:
    shell.write(AGENT, "---\nname: scout\ndescription: Looks again.\n---\nYou look again.\n")
    assert ask(shell, "import", AGENT, answer="n") == 1
    assert shell.read("personas/scout.md") == PERSONA
    assert ask(shell, "import", AGENT, answer="y") == 0
    assert "You look again." in shell.read("personas/scout.md")
