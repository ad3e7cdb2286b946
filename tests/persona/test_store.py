"""Files on disk: read whole or refused with a sentence, written whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from personae.errors import StorageError
from personae.persona.source import MAX_FILE_BYTES
from personae.persona.store import read_bytes, write_bytes


def test_bytes_come_back_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "persona.md"
    write_bytes(path, b"a\r\nb\x00")
    assert read_bytes(path) == b"a\r\nb\x00"
    assert [item.name for item in path.parent.iterdir()] == ["persona.md"]


def test_a_huge_file_is_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "persona.md"
    path.write_bytes(b"x" * (MAX_FILE_BYTES + 1000))
    assert len(read_bytes(path)) == MAX_FILE_BYTES + 1


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "persona.md"
    with pytest.raises(StorageError) as caught:
        read_bytes(path)
    assert str(caught.value) == f"cannot read {path.as_posix()}: no such file or directory"
    assert caught.value.help == "Check the spelling; personae list shows what is here."


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(
        StorageError, match=r"^cannot read .*: (is a directory|permission denied|it is not a regular file)$"
    ):
        read_bytes(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are POSIX")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "persona.md"
    os.mkfifo(path)
    with pytest.raises(StorageError, match="it is not a regular file"):
        read_bytes(path)


@pytest.mark.skipif(os.name == "nt", reason="permission bits are POSIX")
def test_permissions_and_links_are_kept(tmp_path: Path) -> None:
    target, link = tmp_path / "real.md", tmp_path / "link.md"
    target.write_bytes(b"old")
    target.chmod(0o640)
    link.symlink_to(target)
    write_bytes(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


@pytest.mark.skipif(os.name == "nt", reason="permission bits are POSIX")
def test_a_new_file_has_the_bits_of_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_bytes(tmp_path / "a.md", b"x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.md").stat().st_mode) == 0o640


def test_a_full_disk_leaves_the_old_bytes_and_no_litter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "persona.md"
    path.write_bytes(b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError) as caught:
        write_bytes(path, b"new")
    assert str(caught.value) == f"cannot write {path.as_posix()}: no space left on device"
    assert caught.value.help == "The disk is full: free some space and try again; nothing was changed."
    assert path.read_bytes() == b"old"
    assert [item.name for item in tmp_path.iterdir()] == ["persona.md"]


def test_a_file_in_the_way_of_a_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(StorageError, match=r"^cannot write .*/a/persona\.md: "):
        write_bytes(tmp_path / "a" / "persona.md", b"x")
