"""The session's file: written in one step, read only when it is what we wrote, never through a link."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from personae.adopt.session import Change, Session, Worn
from personae.adopt.store import SESSION_FILE, read_session, write_session
from personae.errors import StorageError

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
SESSION = Session(
    worn=Worn(slug="a", mode="loop", by="explicit", because="naïve", since=NOW, digest="0"),
    changes=(Change(at=NOW, what="swapped", slug="a", before="b", by="workflow-step", because="x"),),
)


def test_a_session_written_and_read_is_equal_and_leaves_no_other_file(tmp_path: Path) -> None:
    write_session(tmp_path, SESSION)
    assert read_session(tmp_path) == SESSION
    assert [path.name for path in (tmp_path / ".personae").iterdir()] == ["session.json"]


@pytest.mark.parametrize(
    "data",
    [b"{", b"[]", b"\xff", b"{}", b'{"worn": 1, "changes": []}', b'{"worn": null, "changes": 3}', b"[" * 100_000]
    + [
        json.dumps({"worn": {**dict.fromkeys(Worn.__dataclass_fields__, "x"), key: "y"}, "changes": []}).encode()
        for key in ("mode", "by", "since")
    ],
)
def test_a_file_that_is_no_session_is_an_error_with_a_way_out(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / SESSION_FILE
    path.parent.mkdir()
    path.write_bytes(data)
    with pytest.raises(StorageError) as caught:
        read_session(tmp_path)
    assert caught.value.message.startswith("cannot read .personae/session.json: it is not ")
    assert caught.value.help == "Remove the file: only the stance worn now is forgotten."


def test_a_newer_session_is_refused(tmp_path: Path) -> None:
    path = tmp_path / SESSION_FILE
    path.parent.mkdir()
    path.write_text('{"version": 2}')
    with pytest.raises(StorageError) as caught:
        read_session(tmp_path)
    assert caught.value.reason == "it has version 2, and this personae knows 1"


@pytest.mark.parametrize("linked", [".personae", ".personae/session.json"])
def test_a_link_in_its_place_is_neither_read_nor_written_through(tmp_path: Path, linked: str) -> None:
    project, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    (project / ".personae").mkdir(parents=True)
    elsewhere.mkdir()
    target = elsewhere / "session.json"
    target.write_text("mine")
    if linked == ".personae":
        (project / ".personae").rmdir()
        (project / linked).symlink_to(elsewhere, target_is_directory=True)
    else:
        (project / linked).symlink_to(target)
    with pytest.raises(StorageError):
        write_session(project, SESSION)
    with pytest.raises(StorageError):
        read_session(project)
    assert target.read_text() == "mine"
