"""Opinions: the nearest base, the learned supplement beneath it, and one bad file that hides no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from personae.library.library import load_built_in
from personae.library.offers_store import read_opinion
from personae.library.opinions import OpinionBinding, resolve_opinions
from personae.library.store import BUILT_IN_FOLDER


@pytest.fixture(autouse=True)
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "config" / "personae"


def write(path: Path, text: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())


def resolve(root: Path, name: str) -> OpinionBinding:
    return resolve_opinions([name], read_opinion(root))[0]


def test_every_opinion_that_a_built_in_persona_leans_on_ships_in_40_to_80_words() -> None:
    named = {name for persona in load_built_in().personas for name in persona.opinions}
    shipped = {path.stem for path in (BUILT_IN_FOLDER / "opinions").glob("*.md")}
    assert named == shipped
    for name in shipped:
        base = resolve(Path("nowhere"), name).base
        assert base is not None
        assert base.keys["kind"] == "opinion"
        assert base.keys["name"] == name
        assert 40 <= len(base.body.split()) <= 80


def test_the_projects_base_hides_the_users_and_that_the_built_in_one(tmp_path: Path, user: Path) -> None:
    assert resolve(tmp_path, "done").because == "the built-in done"
    write(user / "opinions" / "done.md", "User.")
    assert resolve(tmp_path, "done").because == (user / "opinions" / "done.md").as_posix()
    write(tmp_path / "opinions" / "done.md", "Project.")
    found = resolve(tmp_path, "done")
    assert (found.reason, found.because, found.base.body if found.base else "") == (
        "base-only",
        "opinions/done.md",
        "Project.",
    )


def test_a_supplement_joins_any_base_and_may_stand_alone(tmp_path: Path) -> None:
    write(tmp_path / ".personae" / "opinions" / "done.md", "Learned.")
    assert resolve(tmp_path, "done").because == "the built-in done and what was learned in .personae/opinions/done.md"
    write(tmp_path / ".personae" / "opinions" / "mine.md", "Learned.")
    assert resolve(tmp_path, "mine").reason == "learned-only"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\xff", "byte 0xff is not UTF-8"),
        (b"---\nkind: opinion\n", 'the frontmatter is opened by "---" and never closed'),
        (b"---\nkind: persona\n---\nText.\n", "it is a persona, not an opinion"),
        (b"x" * 8001, "it has 8,001 characters, at most 8,000 are folded in"),
    ],
)
def test_a_base_that_cannot_be_used_is_named_and_neither_uncovers_another_nor_hides_the_supplement(
    tmp_path: Path, data: bytes, message: str
) -> None:
    write(tmp_path / "opinions" / "done.md", data)
    found = resolve(tmp_path, "done")
    assert (found.reason, found.present, found.because) == ("unusable", False, f"opinions/done.md: {message}")
    write(tmp_path / ".personae" / "opinions" / "done.md", "Learned.")
    found = resolve(tmp_path, "done")
    assert (found.reason, found.base) == ("learned-only", None)
    assert found.because.endswith(f"; left out: opinions/done.md ({message})")


def test_an_empty_file_is_no_opinion(tmp_path: Path) -> None:
    write(tmp_path / "opinions" / "mine.md", "---\nkind: opinion\n---\n\n")
    assert resolve(tmp_path, "mine").reason == "no-opinion"


def test_a_link_out_of_the_project_is_not_read(tmp_path: Path) -> None:
    write(tmp_path / "secret.txt", "sk-123")
    root = tmp_path / "project"
    (root / "opinions").mkdir(parents=True)
    (root / "opinions" / "done.md").symlink_to(tmp_path / "secret.txt")
    found = resolve(root, "done")
    assert (found.present, found.because) == (False, "opinions/done.md: it leads out of the project")
