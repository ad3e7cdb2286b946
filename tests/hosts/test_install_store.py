"""Changing files: all or none, never through a link, and never over what changed meanwhile."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType

import pytest

from personae.errors import StorageError
from personae.hosts.install import store
from personae.hosts.install.lock import Entry, Lock, Wish, digest
from personae.hosts.install.plan import Step, Wanted, files_after, plan
from personae.hosts.install.store import Site, project_site
from personae.persona.store import write_bytes

needs_links = pytest.mark.skipif(os.name == "nt", reason="links need rights there")


def wanted(*names: str, text: str = "new", executable: bool = False) -> dict[str, Wanted]:
    return {
        f".claude/agents/{name}.md": Wanted(
            data=f"{text} {name}\n".encode(), hosts=("claude",), persona=name, executable=executable
        )
        for name in names
    }


def install(root: Path, want: dict[str, Wanted]) -> Site:
    site = project_site(root)
    lock = site.read_lock()
    steps = plan(want, lock, hosts=["claude"], look=site.look, pending=site.read_journal())
    changing = [step for step in steps if step.changes_disk]
    files = files_after(lock, steps, {step.path for step in changing}, ["claude"])
    after = Lock(wishes=MappingProxyType({"claude": Wish()}), files=MappingProxyType(files))
    site.apply(changing, after, before=lock)
    return site


def tree(root: Path) -> dict[str, bytes]:
    files = (path for path in sorted(root.rglob("*")) if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def test_files_are_written_listed_and_removed_with_their_empty_folders(tmp_path: Path) -> None:
    site = install(tmp_path, wanted("a", "b"))
    assert (tmp_path / ".claude/agents/a.md").read_text() == "new a\n"
    assert site.read_lock().files[".claude/agents/a.md"] == Entry(
        hosts=("claude",), persona="a", sha256=digest(b"new a\n")
    )
    install(tmp_path, {})
    assert not (tmp_path / ".claude").exists()


def test_a_second_time_changes_nothing(tmp_path: Path) -> None:
    install(tmp_path, wanted("a"))
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.md")}
    lock_before = (tmp_path / "personae.lock").stat().st_mtime_ns
    install(tmp_path, wanted("a"))
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.md")} == before
    assert (tmp_path / "personae.lock").stat().st_mtime_ns == lock_before


@pytest.mark.skipif(os.name == "nt", reason="no such bit there")
def test_a_launcher_can_be_run(tmp_path: Path) -> None:
    install(tmp_path, wanted("a", executable=True))
    assert (tmp_path / ".claude/agents/a.md").stat().st_mode & stat.S_IXUSR


def failing(at: str, error: BaseException) -> Callable[[Path, bytes], None]:
    real = write_bytes

    def write(path: Path, data: bytes) -> None:
        if path.name == at and data.startswith(b"new"):
            raise error
        real(path, data)

    return write


@pytest.mark.parametrize("error", [StorageError("write", "c.md", "no space left on device"), KeyboardInterrupt()])
def test_what_fails_or_is_stopped_half_way_is_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    install(tmp_path, wanted("b", "d", text="old"))
    before = tree(tmp_path)
    monkeypatch.setattr(store, "write_bytes", failing("c.md", error))
    with pytest.raises(type(error)):
        install(tmp_path, wanted("a", "b", "c"))
    assert tree(tmp_path) == before


KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from personae.hosts.install import store
from test_install_store import install, wanted
real = store.write_bytes
def write(path, data):
    if path.name == "c.md":
        os.kill(os.getpid(), signal.SIGKILL)
    real(path, data)
store.write_bytes = write
install(Path(sys.argv[1]), wanted("a", "b", "c", "d"))
"""


@pytest.mark.skipif(os.name == "nt", reason="no such signal there")
def test_what_is_killed_half_way_is_finished_by_the_next_even_when_its_wishes_changed(tmp_path: Path) -> None:
    install(tmp_path, wanted("b", text="old"))
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), str(Path(__file__).parent)], timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert (tmp_path / ".claude/agents/a.md").read_text() == "new a\n"
    assert not (tmp_path / ".claude/agents/c.md").exists()
    site = project_site(tmp_path)
    assert site.read_journal()
    want = wanted("a", "c", text="newer")
    steps = plan(want, site.read_lock(), hosts=["claude"], look=site.look, pending=site.read_journal())
    assert [(step.path[-4:], step.state) for step in steps] == [("a.md", "stale"), ("b.md", "orphan"), ("c.md", "new")]
    install(tmp_path, want)
    assert sorted(tree(tmp_path)) == [".claude/agents/a.md", ".claude/agents/c.md", "personae.lock"]


def test_an_install_that_ran_meanwhile_is_not_undone(tmp_path: Path) -> None:
    site = project_site(tmp_path)
    seen = site.read_lock()
    install(tmp_path, wanted("a"))
    with pytest.raises(StorageError, match="another install changed it meanwhile"):
        site.apply([], Lock(), before=seen)
    assert list(site.read_lock().files) == [".claude/agents/a.md"]


def test_a_file_that_changed_since_it_was_looked_at_stops_the_install(tmp_path: Path) -> None:
    site = project_site(tmp_path)
    path = ".claude/agents/a.md"
    (tmp_path / ".claude/agents").mkdir(parents=True)
    (tmp_path / path).write_text("saved by an editor\n")
    late = Step(path=path, state="new", hosts=("claude",), persona="a", before=None, after=b"new\n")
    with pytest.raises(StorageError, match="it changed meanwhile"):
        site.apply([late], Lock(), before=Lock())
    assert (tmp_path / path).read_text() == "saved by an editor\n"


@needs_links
@pytest.mark.parametrize("link", [".claude", ".claude/agents", ".claude/agents/a.md"])
def test_nothing_is_looked_at_or_written_through_a_link(tmp_path: Path, link: str) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    (outside / "agents").mkdir(parents=True)
    (outside / "a.md").write_text("of others\n")
    (root / link).parent.mkdir(parents=True)
    (root / link).symlink_to(outside / "a.md" if link.endswith(".md") else outside)
    found = project_site(root).look(".claude/agents/a.md")
    assert found.problem == f"{link} is a link, and nothing is written through links"
    assert (outside / "a.md").read_text() == "of others\n"


def test_a_file_where_a_folder_is_needed_is_said(tmp_path: Path) -> None:
    (tmp_path / ".claude").write_text("a file\n")
    assert project_site(tmp_path).look(".claude/agents/a.md").problem == ".claude is a file where a folder is needed"


def test_a_folder_where_a_file_is_needed_is_said(tmp_path: Path) -> None:
    (tmp_path / ".claude/agents/a.md").mkdir(parents=True)
    assert project_site(tmp_path).look(".claude/agents/a.md").problem == "something that is no file is there"


@pytest.mark.parametrize("there", [".claude/agents/A.md", ".Claude/agents/b.md"])
def test_a_name_that_differs_by_case_only_is_said(tmp_path: Path, there: str) -> None:
    (tmp_path / there).parent.mkdir(parents=True)
    (tmp_path / there).write_text("x\n")
    assert (
        "the same name on a disk that does not tell cases apart"
        in project_site(tmp_path).look(".claude/agents/a.md").problem
    )


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_in_is_said(tmp_path: Path) -> None:
    folder = tmp_path / ".claude/agents"
    folder.mkdir(parents=True)
    folder.chmod(0o555)
    assert "may not be written in" in project_site(tmp_path).look(".claude/agents/a.md").problem


def test_a_folder_that_may_not_be_written_in_is_said_for_whoever_runs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert project_site(tmp_path).look(".claude/agents/a.md").problem.endswith("may not be written in")


def test_a_journal_that_is_no_journal_or_names_other_places_is_no_matter(tmp_path: Path) -> None:
    site = project_site(tmp_path)
    site.journal_file.parent.mkdir()
    for text in ("", "[]", '{"files": []}', '{"files": {"../x": "0", "README.md": "0", ".claude/agents/a.md": 1}}'):
        site.journal_file.write_text(text)
        assert site.read_journal() == {}
