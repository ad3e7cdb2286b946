"""Several writers, and writers that are killed: real processes, on one real file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from memory_samples import draft

from personae.errors import InvalidFileError, StorageError
from personae.memory import lock, store
from personae.memory.book import append_entries, read_book

SOURCE = Path(__file__).parents[2] / "src"
APPEND = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from personae.memory.book import append_entries
from personae.memory.entry import Draft
path, who, count, size = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
print("ready", flush=True)
sys.stdin.readline()
for number in range(count):
    text = f"{who}-{number} " + "x" * size + " end"
    append_entries(path, [Draft(text=text, date=datetime.now(UTC), source="reflection", run=f"{who}-{number}")])
    print(number, flush=True)
"""
WITHOUT_FLOCK = "import sys\nsys.modules['fcntl'] = None\n"


def writer(path: Path, who: str, *, count: int, size: int = 20, code: str = APPEND) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(path), who, str(count), str(size)],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def names(folder: Path) -> list[str]:
    return [item.name for item in folder.iterdir()]


def start(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


@pytest.mark.parametrize("code", [APPEND, WITHOUT_FLOCK + APPEND], ids=["flock", "lock file"])
def test_processes_that_write_at_once_lose_nothing(tmp_path: Path, code: str) -> None:
    path = tmp_path / "memory.md"
    path.write_text("# Mine\n\n- by hand\n")
    writers = [writer(path, who, count=40, code=code) for who in ("a", "b")]
    for process in writers:
        start(process)
    for process in writers:
        _, _ = process.communicate(timeout=120)
        assert process.returncode == 0
    entries = read_book(path).entries
    assert entries[0].text == "by hand"
    assert {entry.run for entry in entries[1:]} == {f"{who}-{number}" for who in "ab" for number in range(40)}
    assert len(entries) == 81
    assert names(tmp_path) == ["memory.md"]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no kill -9 here")
@pytest.mark.parametrize("moment_ms", [0, 3, 10, 25, 60])
def test_a_writer_killed_at_any_moment_leaves_a_whole_file(tmp_path: Path, moment_ms: int) -> None:
    path = tmp_path / "memory.md"
    process = writer(path, "a", count=10_000, size=3000)
    start(process)
    time.sleep(moment_ms / 1000)
    process.kill()
    said, _ = process.communicate(timeout=60)
    acknowledged = len(said.split())
    entries = read_book(path).entries
    assert all(entry.text.endswith(" end") for entry in entries)
    assert [entry.run for entry in entries] == [f"a-{number}" for number in range(len(entries))]
    assert acknowledged <= len(entries) <= acknowledged + 1
    append_entries(path, [draft("after it")])
    assert names(tmp_path) == ["memory.md"], "what the killed one left is gone"


HALFWAY = """
import os, signal
from personae.persona import store
def killed(*_):
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no kill -9 here")
@pytest.mark.parametrize(
    "cut",
    [
        "store.os.fsync = killed  # all bytes are with the system",
        "store.os.fdopen = lambda handle, mode: os.write(handle, b'- ha') and killed()",
        "store.Path.replace = killed  # the new file is complete and not in place",
    ],
)
def test_a_writer_killed_in_the_middle_of_a_write_leaves_the_old_file(tmp_path: Path, cut: str) -> None:
    path = tmp_path / "memory.md"
    append_entries(path, [draft("before")])
    before = path.read_bytes()
    process = writer(path, "a", count=1, code=f"{HALFWAY}\n{cut}\n{APPEND}")
    start(process)
    assert process.communicate(timeout=60)[0] == ""
    assert process.returncode == -signal.SIGKILL
    assert path.read_bytes() == before
    assert len(names(tmp_path)) == 2
    append_entries(path, [draft("after")])
    assert [entry.text for entry in read_book(path).entries] == ["before", "after"]
    assert names(tmp_path) == ["memory.md"]


def test_what_an_editor_saves_meanwhile_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "memory.md"
    path.write_text("- old\n")
    calls: list[bytes] = []

    def edit(data: bytes) -> bytes:
        calls.append(data)
        if len(calls) == 1:
            path.write_text("- saved by an editor\n")
        return data + b"- ours\n"

    store.change(path, edit)
    assert calls == [b"- old\n", b"- saved by an editor\n"]
    assert path.read_text() == "- saved by an editor\n- ours\n"


def test_a_lock_file_of_a_dead_writer_is_taken_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "_try_lock", None)
    stale = tmp_path / ".memory.md.lock"
    stale.touch()
    os.utime(stale, (time.time() - 60, time.time() - 60))
    append_entries(tmp_path / "memory.md", [draft("x")])
    assert names(tmp_path) == ["memory.md"]


def test_who_waits_too_long_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "_PATIENCE_S", 0.0)
    path = tmp_path / "memory.md"
    for fallback in (False, True):
        if fallback:
            monkeypatch.setattr(lock, "_try_lock", None)
        with lock.alone(path), pytest.raises(StorageError) as caught:
            append_entries(path, [draft("x")])
        assert caught.value.message == (
            f"cannot write {path.as_posix()}: something else has been writing there for 0 seconds"
        )
        assert caught.value.help == "Wait for the other run, or end it."


def test_where_folders_cannot_be_locked_a_lock_file_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(handle: int) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(lock, "_try_lock", refused)
    with lock.alone(tmp_path / "memory.md"):
        assert names(tmp_path) == [".memory.md.lock"]
    assert names(tmp_path) == []


def test_an_entry_that_stands_there_is_not_written_again(tmp_path: Path) -> None:
    path = tmp_path / "notes" / "memory.md"
    (first,) = append_entries(path, [draft("x"), draft("x")])
    path.write_text(path.read_text().replace("- x", "- x, says Ines"))
    before = path.read_bytes()
    assert append_entries(path, [draft("x")]) == ()
    assert path.read_bytes() == before
    assert read_book(path).entries[0].id == first.id


def test_a_new_memory_says_how_it_is_edited(tmp_path: Path) -> None:
    append_entries(tmp_path / "memory.md", [draft("x")])
    text = (tmp_path / "memory.md").read_text()
    assert text.startswith(
        "# Memory\n\n"
        "<!-- One list item is one note: change and delete freely. The comment behind a note is its origin. -->\n\n"
        "- x <!-- id="
    )


def test_bytes_that_are_not_utf8_and_line_ends_of_windows_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "memory.md"
    path.write_bytes(b"\xef\xbb\xbf# Caf\xe9\r\n\r\n- caf\xe9")
    append_entries(path, [draft("x\ny")])
    data = path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf# Caf\xe9\r\n\r\n- caf\xe9\r\n- x <!-- ")
    assert data.endswith(b" -->\r\n  y\r\n")
    found = read_book(path)
    assert [entry.text for entry in found.entries] == ["caf\ufffd", "x\ny"]
    assert [str(item).replace(path.as_posix(), "memory.md") for item in found.diagnostics] == [
        "Warning: memory.md:1:1\n"
        "  byte 0xe9 is not UTF-8; it is kept, and read as an unknown character\n"
        "  Save it as UTF-8."
    ]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("- x\n".encode("utf-16"), "the file is UTF-16, not UTF-8"),
        (b"- x\x00\n", "there is a NUL byte: this is not a text file"),
    ],
)
def test_a_file_that_is_no_text_is_not_written_to(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "memory.md"
    path.write_bytes(data)
    with pytest.raises(InvalidFileError) as caught:
        append_entries(path, [draft("x")])
    assert caught.value.diagnostics[0].message == message
    assert caught.value.help == "Nothing was written."
    assert read_book(path).entries == ()
    assert path.read_bytes() == data


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_is_no_memory_and_nobody_waits_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "memory.md")
    with pytest.raises(StorageError, match="it is not a regular file"):
        read_book(tmp_path / "memory.md")


def test_a_link_put_in_place_of_the_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("- secret\n")
    (tmp_path / "memory.md").symlink_to("other")
    with pytest.raises(StorageError, match="cannot read"):
        read_book(tmp_path / "memory.md")


def test_a_memory_has_a_largest_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MAX_BYTES", 1024 * 1024)
    path = tmp_path / "memory.md"
    path.write_text("- x\n" * 262_144)
    with pytest.raises(StorageError, match="a memory has at most 1 MiB"):
        append_entries(path, [draft("x")])
    path.write_text("- x\n" * 262_145)
    with pytest.raises(StorageError) as caught:
        read_book(path)
    assert caught.value.help == "Move old entries to another file."
