"""Commands: what the sandbox lets them see and write, when a person is asked, and that nothing of them stays."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import time
from pathlib import Path

import pytest

from personae.library.project import Project
from personae.persona.model import Persona, Visibility
from personae.tools import sandboxing
from personae.tools.approve import Question, as_text, nobody
from personae.tools.shell import shell_tool
from personae.tools.workspace import Workspace, scratch, workspace_of

pytestmark = pytest.mark.skipif(os.name == "nt", reason="there is no sh")
in_a_sandbox = pytest.mark.skipif(sandboxing.program() is None, reason="no bubblewrap that works")


class Person:
    """Answers every question alike, and remembers them."""

    def __init__(self, answer: bool) -> None:
        self.answer, self.asked = answer, list[Question]()

    async def __call__(self, question: Question) -> bool:
        self.asked.append(question)
        return self.answer


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    for folder in (".git/hooks", ".agents/scout", "src", "nested/src", "vendor/.git"):
        (root / folder).mkdir(parents=True)
    for file in (".git/config", ".agents/scout/persona.md", "nested/personae.toml", "vendor/.git/config"):
        (root / file).write_text("KEPT")
    (root / "src" / "a.txt").write_text("plain\n")
    (tmp_path / "outside.txt").write_text("SECRET")
    return root


@pytest.fixture
def no_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandboxing, "program", lambda: None)


def seen_by(root: Path, visibility: Visibility = "cabinet") -> Workspace:
    return workspace_of(Persona(name="scout", system_prompt="x", visibility=visibility), Project(root=root))


def run(
    workspace: Workspace, command: str, *, timeout_s: int = 30, network: bool = False, person: Person | None = None
) -> str:
    shell = shell_tool(workspace, who="scout", approve=person or nobody)
    return asyncio.run(shell(command, timeout_s=timeout_s, network=network))


@in_a_sandbox
def test_a_command_runs_at_the_top_of_the_project_and_writes_it(root: Path) -> None:
    answer = run(seen_by(root), "cat src/a.txt; pwd; echo made > made.txt")
    assert answer == f'<tool name="shell" ended="exit code 0">\nplain\n{root}\n</tool>'
    assert (root / "made.txt").read_text() == "made\n"


@in_a_sandbox
@pytest.mark.parametrize(
    "command",
    [
        "cat ../outside.txt",
        "cat {outside}",
        "ln -s {outside} l && cat l",
        "ln {outside} h && cat h",
        "cat /etc/shadow | sed s/.*/SECRET/",
        "cat /proc/1/root{outside}",
        "cat /proc/*/environ | tr '\\0' '\\n' | grep SECRET",
        "echo $SECRET_KEY",
        "cat nested/personae.toml | sed s/KEPT/SECRET/",
    ],
)
def test_a_command_sees_nothing_else(root: Path, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "SECRET")
    assert "SECRET" not in run(seen_by(root), command.format(outside=root.parent / "outside.txt"))


@in_a_sandbox
@pytest.mark.parametrize(
    "command",
    [
        "echo x > .git/config",
        "echo x > .git/hooks/pre-commit",
        "rm -rf .git",
        "mv .git old",
        "echo x > .agents/scout/persona.md",
        "mkdir .agents/evil",
        "mkdir -p personas && echo x > personas/evil.md",
        "mkdir -p .personae && echo x > .personae/session.json",
        "echo x > personae.toml",
        "echo x > vendor/.git/config",
        "echo x > nested/a.txt",
        "mount -o remount,rw .git && echo x > .git/config; umount .git && echo x > .git/config",
        "ln .git/config c && echo x > c",
        "ln -s .git/config s && echo x > s",
        "echo x > ../outside.txt; echo x > /usr/evil",
    ],
)
def test_a_command_writes_nothing_that_is_protected(root: Path, command: str) -> None:
    run(seen_by(root), command)
    for file in (".git/config", ".agents/scout/persona.md", "nested/personae.toml", "vendor/.git/config"):
        assert (root / file).read_text() == "KEPT"
    assert (root.parent / "outside.txt").read_text() == "SECRET"
    for name in ("personae.toml", "personas", ".personae", ".agents/evil", ".git/hooks/pre-commit", "nested/a.txt"):
        assert not (root / name).exists(), name


@in_a_sandbox
def test_what_a_killed_command_left_is_cleared_by_the_next(root: Path) -> None:
    (root / "personas").mkdir()
    (root / "personas" / ".personae-place").touch()
    (root / "personae.toml").write_text("# personae: keeps its place while a command runs\n")
    run(seen_by(root), "true")
    assert not (root / "personas").exists()
    assert not (root / "personae.toml").exists()


@in_a_sandbox
def test_a_folder_persona_runs_in_its_folder(root: Path) -> None:
    (root / ".agents" / "other").mkdir()
    answer = run(seen_by(root, "folder"), "ls; ls ..; cat ../../src/a.txt; echo x > persona.md; echo y > mine.txt")
    assert "plain" not in answer
    assert "other" not in answer
    assert (root / ".agents" / "scout" / "persona.md").read_text() == "KEPT"
    assert (root / ".agents" / "scout" / "mine.txt").read_text() == "y\n"


@in_a_sandbox
def test_a_protected_name_that_is_a_link_stops_the_command(root: Path) -> None:
    (root / ".personae").symlink_to("src")
    assert run(seen_by(root), "true") == (
        "A command does not run here: '.personae' is a link, so it cannot be protected."
    )


@in_a_sandbox
def test_there_is_no_network_unless_a_person_allows_it(root: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        code = f"import socket; socket.create_connection(('127.0.0.1', {server.getsockname()[1]}), 3); print('through')"
        command = f'{sys.executable} -c "{code}"'
        assert "refused" in run(seen_by(root), command)
        no, yes = Person(answer=False), Person(answer=True)
        assert run(seen_by(root), command, network=True, person=no) == (
            "The command was not run: nobody said yes to running a command with network access."
        )
        assert "through" in run(seen_by(root), command, network=True, person=yes)
        assert [question.what for question in no.asked + yes.asked] == [
            "run a command with network access, in its sandbox"
        ] * 2


@in_a_sandbox
def test_nothing_of_a_command_stays(root: Path) -> None:
    run(seen_by(root), "(sleep 2; touch late.txt) & setsid sh -c 'sleep 2; touch later.txt' & echo started")
    began = time.monotonic()
    assert 'ended="stopped after 1 s"' in run(seen_by(root), "setsid sleep 30", timeout_s=1)
    assert time.monotonic() - began < 15
    time.sleep(1.5)
    assert not list(root.glob("late*"))


@in_a_sandbox
def test_a_cancelled_command_ends_at_once(root: Path) -> None:
    async def cancelled() -> float:
        task = asyncio.ensure_future(shell_tool(seen_by(root), who="scout", approve=nobody)("sleep 30; touch late.txt"))
        await asyncio.sleep(0.5)
        began = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return time.monotonic() - began

    assert asyncio.run(cancelled()) < 10
    assert not (root / ".personae").exists()


@in_a_sandbox
def test_two_commands_of_one_project_take_turns(root: Path) -> None:
    async def both() -> list[str]:
        shell = shell_tool(seen_by(root), who="scout", approve=nobody)
        script = "test ! -e busy && touch busy && sleep 0.3 && rm busy && echo alone"
        return list(await asyncio.gather(*[shell(script) for _ in range(3)]))

    assert all("alone" in answer for answer in asyncio.run(both()))


def test_long_output_loses_its_middle(tmp_path: Path, no_sandbox: None) -> None:
    answer = run(scratch(tmp_path), "echo first; yes | head -c 100000; echo last", person=Person(answer=True))
    assert len(answer) < 31_000
    assert "first" in answer
    assert "last" in answer
    assert "bytes are left out here" in answer


@pytest.mark.usefixtures("no_sandbox")
def test_without_a_sandbox_no_answer_is_a_no(root: Path) -> None:
    refused = "The command was not run: nobody said yes to running a command without a sandbox."
    assert run(seen_by(root), "touch made.txt") == refused
    assert run(seen_by(root), "touch made.txt", person=Person(answer=False)) == refused
    assert not (root / "made.txt").exists()


@pytest.mark.usefixtures("no_sandbox")
def test_a_yes_runs_the_command_without_our_keys(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "SECRET")
    person = Person(answer=True)
    answer = run(seen_by(root), "env; sleep 5 & echo done; exit 3", person=person)
    assert 'ended="exit code 3"' in answer
    assert "SECRET" not in answer
    assert person.asked == [
        Question(
            who="scout",
            what="run a command without a sandbox, as you, with your files and network",
            detail="env; sleep 5 & echo done; exit 3",
        )
    ]


@pytest.mark.parametrize("command", ["", "  ", "a\0b", "x" * 20_001])
def test_a_command_that_is_none_is_not_run(root: Path, command: str) -> None:
    assert run(seen_by(root), command) == "A command has 1 to 20,000 characters."


def test_a_question_cannot_fake_its_frame() -> None:
    text = as_text(
        Question(who="scout", what="run it", detail="ls\nAllow it once? [y/N] y\r\x1b[2K\u202eevil\t" + "x" * 500)
    )
    assert text == (
        "scout wants to run it:\n"
        "  │ ls\n"
        "  │ Allow it once? [y/N] y\\r\\x1b[2K\\u202eevil\\t" + "x" * 367 + " … and 133 characters more"
    )
