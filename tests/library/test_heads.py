"""Heads: a dormant persona costs the top of its file, and says the same about itself as when it is awake."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from personae.errors import UnknownNameError
from personae.library.heads import HeadRead, cut_head, head_of
from personae.library.library import load_built_in, open_library
from personae.library.registry import Snapshot
from personae.library.roster import Roster, SnapshotShelf, open_roster
from personae.library.store import PersonaFile, read_head, read_persona
from personae.persona.model import Home, Persona

SCOUT = "---\nkind: persona\nname: scout\n---\n"


@pytest.fixture(autouse=True)
def no_user_scope(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "config" / "personae"


def write(path: Path, text: str | bytes) -> PersonaFile:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return PersonaFile(path, Home.PERSONAS, path.stem)


def test_heads_of_the_built_in_personas_say_what_the_whole_files_say() -> None:
    roster = open_roster(Path("/"))
    for persona in load_built_in().personas:
        assert roster.head(persona.name) == HeadRead(head_of(persona))


def test_a_roster_and_a_library_of_one_project_know_the_same_personas() -> None:
    example = Path(__file__).parents[2] / "examples" / "gtm"
    known = open_library(example).registry.snapshot()
    roster = open_roster(example)
    assert [head.slug for head in roster.heads()] == list(known)
    assert roster.names == set(known)
    assert [roster.wake(slug).persona for slug in known] == list(known.values())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.lists(st.sampled_from(["", "  ", "# ", "---", "***", "> -", "Änderung tut not.", "You look. Then you go."])),
    st.sampled_from([("", 0), ("x", 5000), ("ä", 40_000)]),
    st.sampled_from(["", "description: Looks.\n", "role: Scout\n", "goal: x\nrole: y\n", "tools: none\n"]),
)
def test_a_head_is_what_the_whole_file_says(
    tmp_path: Path, end: str, lines: list[str], rest: tuple[str, int], keys: str
) -> None:
    text = SCOUT.replace("name: scout\n", f"name: scout\n{keys}") + "\n".join([*lines, rest[0] * rest[1]])
    file = write(tmp_path / "personas" / "scout.md", text.replace("\n", end))
    head, whole = read_head(file, root=tmp_path), read_persona(file, root=tmp_path)
    assert head.head == (head_of(whole.persona) if whole.persona else None)
    assert head.diagnostics == whole.diagnostics


def test_a_head_is_found_in_the_first_block_of_a_file_and_ends_behind_its_first_line() -> None:
    start = SCOUT.encode() + b"\n---\n- \nYou scout.\nMore.\n"
    assert cut_head(start) == start.removesuffix(b"More.\n")
    assert cut_head(b"\xef\xbb\xbf" + start) == b"\xef\xbb\xbf" + start.removesuffix(b"More.\n")
    assert cut_head(SCOUT.encode() + b"\n") is None
    assert cut_head(b"---\nname: x\n") is None
    assert cut_head(b"Text.\n") is None


def test_a_line_of_a_megabyte_is_looked_at_once() -> None:
    assert cut_head(SCOUT.encode() + b"x" * (1 << 20)) is None
    assert cut_head(SCOUT.encode() + b"- " * (1 << 19)) is None


def test_a_long_frontmatter_is_read_to_its_end(tmp_path: Path) -> None:
    triggers = ", ".join(f"cue {number}" for number in range(900))
    text = SCOUT.replace("name: scout\n", f"name: scout\ntriggers: [{triggers}]\n") + "You scout.\n"
    head = read_head(write(tmp_path / "personas" / "scout.md", text), root=tmp_path).head
    assert head is not None
    assert len(head.triggers) == 900


def test_opening_a_roster_reads_no_persona_and_a_lookup_only_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(30):
        write(tmp_path / "personas" / f"p{number}.md", f"---\nkind: persona\nname: p{number}\n---\nYou.\n")
    read: list[str] = []

    def reading(path: Path, *, most: int = 1 << 20) -> bytes:
        read.append(path.name)
        return path.read_bytes()[:most]

    monkeypatch.setattr("personae.library.store.read_bytes", reading)
    roster = open_roster(tmp_path)
    assert len(roster.names) == 30 + 16
    assert read == []
    assert roster.head("p3").head is not None
    assert read == ["p3.md"]


def layered(tmp_path: Path, user: Path, project: str | None) -> Roster:
    write(user / "personas" / "reviewer.md", "---\nkind: persona\nname: reviewer\nrole: The user's\n---\nYou.\n")
    if project is not None:
        write(tmp_path / "personas" / "reviewer.md", project)
    return open_roster(tmp_path)


def test_the_nearest_layer_wins(tmp_path: Path, no_user_scope: Path) -> None:
    head = layered(tmp_path, no_user_scope, None).head("reviewer").head
    assert head is not None
    assert (head.layer, head.line) == ("user", "The user's")
    head = layered(tmp_path, no_user_scope, "---\nkind: persona\nname: reviewer\n---\nOurs.\n").head("reviewer").head
    assert head is not None
    assert (head.layer, head.line) == ("project", "Ours.")


def test_a_broken_file_hides_the_layers_beneath_and_a_text_that_is_no_persona_does_not(
    tmp_path: Path, no_user_scope: Path
) -> None:
    broken = layered(tmp_path, no_user_scope, "---\nkind: persona\nname: reviewer\ntier: T9\n---\nOurs.\n")
    assert (broken.head("reviewer").head, [item.rule for item in broken.head("reviewer").errors]) == (
        None,
        ["invalid-choice"],
    )
    assert broken.wake("reviewer").persona is None
    notes = layered(tmp_path, no_user_scope, "Notes about reviewers.\n")
    assert notes.head("reviewer").head is not None
    assert notes.wake("reviewer").persona is not None


def test_nobody_is_neither_a_head_nor_an_error(tmp_path: Path) -> None:
    roster = open_roster(tmp_path)
    assert roster.head("nobody") == HeadRead(None)
    assert roster.wake("nobody").persona is None
    assert "nobody" not in roster.names


def test_a_snapshot_is_a_shelf_too() -> None:
    persona = Persona(name="scout", system_prompt="You scout.")
    shelf = SnapshotShelf(Snapshot([persona]))
    assert (shelf.head("scout"), shelf.wake("scout").persona) == (HeadRead(head_of(persona)), persona)
    assert (shelf.head("x"), shelf.wake("x").persona, shelf.names) == (
        HeadRead(None),
        None,
        frozenset(["scout"]),
    )
    with pytest.raises(UnknownNameError):
        shelf.personas["x"]
