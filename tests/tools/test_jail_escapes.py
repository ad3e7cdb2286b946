"""Attempts to leave the workspace or to write what is protected, on the real file system. Every one is refused."""

from __future__ import annotations

import os
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from personae.library.project import Project
from personae.persona.model import Persona, Visibility
from personae.tools import jail
from personae.tools.files import file_tools
from personae.tools.search import search_tools
from personae.tools.workspace import Workspace, folded, scratch, workspace_of

SECRET = "SECRET-4711"
Tools = dict[str, Callable[..., Any]]

pytestmark = pytest.mark.skipif(os.open not in os.supports_dir_fd, reason="no openat here")


def tools_for(root: Path, visibility: Visibility = "cabinet", roots: tuple[str, ...] = ()) -> Tools:
    persona = Persona(name="scout", system_prompt="Look.", visibility=visibility)
    return tools_in(workspace_of(persona, Project(root=root, roots=roots)))


def tools_in(workspace: Workspace) -> Tools:
    return {**file_tools(workspace), **search_tools(workspace)}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text(SECRET)
    root = tmp_path / "project"
    for folder in (".git/hooks", ".agents/scout", ".agents/other", ".personae", "personas", "src", "nested/src"):
        (root / folder).mkdir(parents=True)
    for file in (".git/config", ".agents/scout/persona.md", ".agents/other/persona.md", ".agents/other/notes.md"):
        (root / file).write_text(SECRET)
    for file in ("personae.toml", "personas/x.md", ".personae/session.json", "nested/personae.toml", "nested/a.txt"):
        (root / file).write_text(SECRET)
    (root / "src" / "a.txt").write_text("plain\n")
    (root / "out").symlink_to(outside)
    (root / "out-file").symlink_to(outside / "secret.txt")
    (root / "up").symlink_to("../outside")
    (root / "far-up").symlink_to("src/../../outside/secret.txt")
    (root / "chain").symlink_to("out")
    (root / "loop").symlink_to("loop")
    (root / "to-proc").symlink_to("/proc/self")
    (root / "to-root").symlink_to("/")
    (root / "to-git").symlink_to(".git")
    (root / "to-config").symlink_to(root / ".git" / "config")
    (root / "inside").symlink_to("src/a.txt")
    (root / "dangling").symlink_to(outside / "new.txt")
    (tmp_path / "twice.txt").write_text(SECRET)
    os.link(tmp_path / "twice.txt", root / "hard.txt")
    os.mkfifo(root / "pipe")
    return root


def fingerprint(root: Path) -> dict[str, str]:
    """What no attempt may change: everything outside, everything protected."""
    kept = [root.parent / "outside", *(root / name for name in (".git", ".agents", ".personae", "personas", "nested"))]
    files = [path for folder in kept for path in sorted(folder.rglob("*"))]
    return {str(path): path.read_text() if path.is_file() else "" for path in [*files, root / "personae.toml"]}


READS = {
    "dots": "../outside/secret.txt",
    "dots within": "src/../../outside/secret.txt",
    "dots that stay": "src/../src/a.txt",
    "only dots": "..",
    "dots after a slash": "/../outside/secret.txt",
    "wide dots": "．．/outside/secret.txt",
    "one-dot leaders": "․․/outside/secret.txt",
    "wide slash": "..／outside／secret.txt",
    "backslashes": "..\\outside\\secret.txt",
    "dots with a space": ".. /outside/secret.txt",
    "three dots": ".../outside",
    "home": "~/.ssh/id_rsa",
    "home of root": "~root/.bashrc",
    "address of a file": "file:///etc/passwd",
    "drive": "C:/Windows/win.ini",
    "stream": "src/a.txt::$DATA",
    "share": "\\\\server\\share\\x",
    "null": "src/a.txt\0.png",
    "newline": "src/a.txt\n",
    "invisible": "src/a\u200b.txt",
    "right to left": "src/\u202etxt.a",
    "surrogate": "src/\udc80.txt",
    "too long": "a/" * 5000,
    "too deep": "src/" * 70 + "a.txt",
    "name too long": "a" * 300,
    "link to a folder": "out/secret.txt",
    "link to a file": "out-file",
    "relative link": "up/secret.txt",
    "link with dots": "far-up",
    "link to a link": "chain/secret.txt",
    "link to itself": "loop",
    "link to proc": "to-proc/environ",
    "link to proc's root": "to-proc/root/etc/passwd",
    "link to the disk": "to-root/etc/passwd",
    "hard link": "hard.txt",
    "pipe": "pipe",
    "socket": "socket",
    "another project": "nested/a.txt",
    "the disk's passwd": "/etc/passwd",
    "proc": "/proc/self/environ",
    "device": "/dev/zero",
    "unknown root": "@outside/secret.txt",
}
WRITES = {
    "git": ".git/config",
    "git hook": ".git/hooks/pre-commit",
    "git in capitals": ".GIT/config",
    "git mixed": ".Git/config",
    "git with a dot": ".git./config",
    "git with a space": ".git /config",
    "git short": "GIT~1/config",
    "git with an invisible letter": ".g\u200cit/config",
    "git in wide letters": ".ｇｉｔ/config",
    "git as a stream": ".git::$INDEX_ALLOCATION/config",
    "git deeper": "src/.git/config",
    "git from the top": "/.git/config",
    "git through a link": "to-git/config",
    "git's file through a link": "to-config",
    "persona": "personas/x.md",
    "persona in capitals": "Personas/x.md",
    "persona with a long s": "perſonas/x.md",
    "new persona": ".agents/evil/persona.md",
    "own persona": ".agents/scout/persona.md",
    "state": ".personae/session.json",
    "project file": "personae.toml",
    "project file in capitals": "PERSONAE.TOML",
    "project file deeper": "src/personae.toml",
    "another project": "nested/a.txt",
    "dangling link out": "dangling",
    "link out": "out/new.txt",
    "file link out": "out-file",
    "dots": "../outside/new.txt",
    "hard link": "hard.txt",
    "pipe": "pipe",
    "folder": "src",
    "top": "/",
}


def test_there_are_more_than_forty_attempts() -> None:
    assert len(READS) + len(WRITES) > 70


@pytest.fixture
def listening(root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(root)
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind("socket")
        yield


@pytest.mark.usefixtures("listening")
@pytest.mark.parametrize("attempt", READS)
def test_no_reading_tool_gets_out(root: Path, attempt: str) -> None:
    path, tools = READS[attempt], tools_for(root)
    for answer in (tools["read"](path), tools["list"](path), tools["grep"](".", path), tools["glob"](f"{path}/*")):
        assert SECRET not in answer
        assert "root:" not in answer
        assert "<tool" not in answer


@pytest.mark.parametrize("attempt", WRITES)
def test_no_writing_tool_gets_out_or_into_what_is_protected(root: Path, attempt: str) -> None:
    path, tools, before = WRITES[attempt], tools_for(root), fingerprint(root)
    for answer in (tools["write"](path, "EVIL"), tools["edit"](path, SECRET, "EVIL")):
        assert not answer.startswith(("Wrote", "Edited"))
    assert fingerprint(root) == before
    assert not list(root.rglob("*.tmp"))


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("../x", "'../x' is refused: a path goes only downward, without '..'."),
        ("out/secret.txt", "'out/secret.txt' is refused: a link in it leads out of the workspace."),
        ("pipe", "'pipe' is refused: it is a device, a pipe or a socket."),
        ("nested/a.txt", "'nested/a.txt' is refused: 'nested' is another project."),
        (
            "hard.txt",
            "'hard.txt' is refused: the file has a second name (a hard link), perhaps outside the workspace.",
        ),
        (
            "/etc/passwd",
            "There is no 'etc'. In that folder: chain, dangling, far-up, hard.txt, inside, loop, nested/, out, "
            "out-file, personae.toml, personas/, pipe, src/, to-config, to-git, to-proc, to-root, up.",
        ),
    ],
)
def test_a_refusal_is_a_sentence(root: Path, path: str, sentence: str) -> None:
    assert tools_for(root)["read"](path) == sentence


def test_a_link_that_stays_inside_is_followed(root: Path) -> None:
    (root / "absolute").symlink_to(root / "src")
    (root / "src" / "back").symlink_to("../src/a.txt")
    for path in ("inside", "absolute/a.txt", "src/back"):
        assert "plain" in tools_for(root)["read"](path)


def test_a_search_follows_no_link_and_enters_no_other_project(root: Path) -> None:
    tools = tools_for(root)
    assert "outside" not in tools["glob"]("**/*")
    assert SECRET not in tools["grep"]("SECRET", "src")
    found = tools["grep"]("SECRET")
    for name in ("nested", "\nout/", "hard.txt:", ".git/"):
        assert name not in found, found


def test_a_folder_persona_sees_its_folder_and_never_writes_its_own_file(root: Path) -> None:
    tools, before = tools_for(root, "folder"), fingerprint(root)
    assert tools["write"]("notes.txt", "mine") == "Wrote notes.txt (4 bytes, new)."
    assert "mine" in tools["read"]("/.agents/scout/notes.txt")
    (root / ".agents" / "scout" / "sly").symlink_to(root / "src")
    for path in ("/src/a.txt", "/.agents/other/notes.md", "sly/a.txt", "/", "/.agents"):
        assert "is refused: only '/.agents/scout' is visible here." in tools["read"](path) + tools["list"](path)
    for path in ("persona.md", "PERSONA.md", "/.agents/scout/persona.md", ".git/config"):
        assert "is not written by tools" in tools["write"](path, "EVIL")
    (root / ".agents" / "scout" / "notes.txt").unlink()
    (root / ".agents" / "scout" / "sly").unlink()
    assert fingerprint(root) == before


def test_a_folder_persona_whose_folder_is_a_link_sees_nothing(root: Path) -> None:
    (root / ".agents" / "scout").rename(root / "elsewhere")
    for target in (root / "src", root.parent / "outside"):
        (root / ".agents" / "scout").symlink_to(target)
        answer = tools_for(root, "folder")["list"](".")
        assert "is refused" in answer
        (root / ".agents" / "scout").unlink()


def test_visibility_all_reads_other_projects_and_writes_none(root: Path) -> None:
    tools, before = tools_for(root, "all", ("../outside",)), fingerprint(root)
    assert SECRET in tools["read"]("@outside/secret.txt")
    assert SECRET in tools["read"]("nested/a.txt")
    assert tools["write"]("@outside/x", "EVIL") == "'@outside/x' is refused: '@outside' can be read, not written."
    assert "is another project" in tools["write"]("nested/a.txt", "EVIL")
    assert "downward" in tools["read"]("@outside/../project/.git/config")
    assert fingerprint(root) == before


def test_a_temporary_workspace_is_disjoint_from_the_project(root: Path, tmp_path: Path) -> None:
    folder = tmp_path / "scratch"
    folder.mkdir()
    tools = tools_in(scratch(folder))
    assert tools["write"](".git/config", "fine here").startswith("Wrote")
    assert "no 'src'" in tools["read"]("/src/a.txt")
    assert "downward" in tools["read"]("../project/src/a.txt")


@pytest.mark.parametrize("swapped", ["folder", "file"])
def test_a_thread_that_swaps_in_a_link_wins_nothing(root: Path, swapped: str) -> None:
    """The classic race: a real folder (file) while it is checked, a link out while it is used."""
    outside, tools = root.parent / "outside", tools_for(root)
    real = root / "swap" if swapped == "folder" else root / "swap" / "secret.txt"
    (root / "swap").mkdir()
    (root / "swap" / "secret.txt").write_text("harmless")
    spare, link, stop = root / "spare", root / "link", threading.Event()

    def swap() -> None:
        while not stop.is_set():
            with suppress(OSError):  # a tool may have made something at the empty name in between
                link.symlink_to(outside if swapped == "folder" else outside / "secret.txt")
                real.rename(spare)
                link.rename(real)
                real.rename(link)
                spare.rename(real)
            link.unlink(missing_ok=True)
            while spare.exists():
                shutil.rmtree(real, ignore_errors=True)
                with suppress(OSError):
                    spare.rename(real)

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        for number in range(400):
            assert SECRET not in tools["read"]("swap/secret.txt")
            assert SECRET not in tools["grep"]("SECRET", "swap")
            tools["write"]("swap/new.txt" if swapped == "folder" else "swap/secret.txt", f"EVIL {number}")
            tools["edit"]("swap/secret.txt", SECRET, "EVIL")
    finally:
        stop.set()
        thread.join()
    assert sorted(path.name for path in outside.iterdir()) == ["secret.txt"]
    assert (outside / "secret.txt").read_text() == SECRET


@pytest.mark.parametrize("tool", ["read", "write", "edit", "list", "grep"])
@pytest.mark.parametrize("swapped", ["swap", "swap/secret.txt"])
def test_a_link_that_is_there_right_after_the_look_wins_nothing(
    root: Path, tool: str, swapped: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same race with the worst timing, each time: the thing is swapped once it was looked at and not yet opened."""
    outside, victim = root.parent / "outside", root / swapped
    (root / "swap").mkdir()
    (root / "swap" / "secret.txt").write_text("harmless")
    look, swaps = os.stat, list[str]()

    def look_and_swap(path: Any, **where: Any) -> os.stat_result:
        found = look(path, **where)
        if path == victim.name and not swaps:
            swaps.append(path)
            victim.rename(root / "spare")
            victim.symlink_to(outside if swapped == "swap" else outside / "secret.txt")
        return found

    monkeypatch.setattr(os, "stat", look_and_swap)
    arguments = {"write": ["EVIL"], "edit": ["SECRET", "EVIL"], "grep": []}
    path = "swap" if tool in ("list", "grep") else "swap/secret.txt"
    tools = tools_for(root)
    answer = tools[tool]("SECRET", path) if tool == "grep" else tools[tool](path, *arguments.get(tool, []))
    monkeypatch.undo()
    assert swaps or (tool == "list" and swapped != "swap")
    assert SECRET not in answer
    assert "secret.txt" not in answer or tool != "list" or swapped != "swap"
    assert [item.name for item in outside.iterdir()] == ["secret.txt"]
    assert (outside / "secret.txt").read_text() == SECRET


def test_a_folder_that_turns_into_git_while_it_is_written_is_not_written_through(root: Path) -> None:
    tools, stop = tools_for(root), threading.Event()
    (root / "drop").mkdir()

    def swap() -> None:
        drop, away = root / "drop", root / "away"
        while not stop.is_set():
            with suppress(OSError):
                drop.rename(away)
                drop.symlink_to(".git")
                drop.unlink()
                away.rename(drop)
            while away.exists():
                shutil.rmtree(drop, ignore_errors=True)
                with suppress(OSError):
                    away.rename(drop)

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        for _ in range(400):
            tools["write"]("drop/config", "EVIL")
    finally:
        stop.set()
        thread.join()
    assert (root / ".git" / "config").read_text() == SECRET


@pytest.mark.parametrize("name", [".Git", ".GIT", ".git.", ".git ", ".gi\u200dt", "．git", ".git:x", ".gi\u0074"])
def test_names_that_a_file_system_may_take_for_git_are_git(name: str) -> None:
    assert folded(name) == ".git"


def test_a_protected_folder_under_another_name_is_known_by_what_it_is(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a file system that folds names in a way we do not know."""
    monkeypatch.setattr(jail, "is_protected", lambda *_: "")
    sentence = "'.git/config' is refused: it is a protected folder under another name."
    assert tools_for(root)["write"](".git/config", "EVIL") == sentence
