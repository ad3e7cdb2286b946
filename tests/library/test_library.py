"""A project on disk with everything beneath it, and the sixteen that ship with the package."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from personae.errors import InvalidFileError
from personae.library.library import load_built_in, open_library
from personae.library.store import list_home, walk

SIXTEEN = (
    *("analyst", "architect", "coder", "coordinator", "designer", "engineer", "file-miner", "maintainer"),
    *("operator", "planner", "repo-researcher", "researcher", "reviewer", "tech-lead", "troubleshooter", "writer"),
)


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def agent(root: Path, slug: str, *, extra: str = "") -> Path:
    text = f"---\nname: {slug.title()}\nrole: Tester\ntype: specialist\n{extra}---\nYou are {slug}.\n"
    return write(root / ".agents" / slug / "persona.md", text)


@pytest.fixture(autouse=True)
def no_user_scope(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def test_the_built_in_library_is_exactly_these_sixteen_and_passes_our_own_check() -> None:
    loaded = load_built_in()
    assert loaded.diagnostics == ()
    assert tuple(persona.name for persona in loaded.personas) == SIXTEEN


def test_built_in_stances_are_short_and_their_descriptions_fit_a_line() -> None:
    for persona in load_built_in().personas:
        assert persona.system_prompt is not None
        assert 40 <= len(persona.system_prompt.split()) <= 200, persona.name
        assert persona.description is not None
        assert len(persona.description) <= 200, persona.name


def test_project_user_and_built_in_personas_are_layered(tmp_path: Path) -> None:
    project = tmp_path / "project"
    write(project / "personae.toml", "")
    agent(project, "reviewer")
    write(
        tmp_path / "config" / "personae" / "personas" / "mine.md",
        "---\nkind: persona\nname: mine\n---\nYou are mine.\n",
    )
    personas = open_library(project).registry.snapshot()
    layers = {name: item.source.layer for name, item in personas.items() if item.source}
    assert (layers["reviewer"], layers["mine"], layers["writer"]) == ("project", "user", "built-in")


def test_one_slug_in_both_homes_is_an_error_that_names_both_places(tmp_path: Path) -> None:
    agent(tmp_path, "scout")
    write(tmp_path / "personas" / "scout.md", "---\nkind: persona\nname: scout\n---\nYou are a scout.\n")
    library = open_library(tmp_path)
    assert [str(item) for item in library.errors] == [
        "Error: personas/scout.md:1:1\n  the slug 'scout' is also that of .agents/scout/persona.md\n"
        "  Rename one of them: personae rename scout NEW-NAME."
    ]


def test_all_errors_of_all_files_come_in_one_go(tmp_path: Path) -> None:
    agent(tmp_path, "one", extra="effort: hihg\ncolour: blue\n")
    agent(tmp_path, "two", extra='heartbeats:\n  - cron: "every monday"\n    prompt: go\n')
    write(tmp_path / "personae.toml", "[defaults]\nmodle = 'x'\n")
    with pytest.raises(InvalidFileError) as caught:
        open_library(tmp_path).require_sound()
    assert [(item.file, item.field) for item in caught.value.diagnostics] == [
        ("personae.toml", "defaults.modle"),
        (".agents/one/persona.md", "effort"),
        (".agents/one/persona.md", "colour"),
        (".agents/two/persona.md", "heartbeats[0].cron"),
    ]


def test_a_readme_and_other_kinds_beside_personas_are_left_alone(tmp_path: Path) -> None:
    write(tmp_path / "personas" / "README.md", "# Our personas\n")
    write(tmp_path / "personas" / "notes.md", "Just notes.\n")
    write(tmp_path / "personas" / "good.md", "---\nkind: opinion\n---\nText.\n")
    library = open_library(tmp_path)
    assert library.errors == ()
    assert [item.rule for item in library.diagnostics] == ["other-kind"]


@pytest.mark.skipif(not hasattr(os, "mkfifo") or os.geteuid() == 0, reason="needs POSIX and a user who can be refused")
def test_an_unreadable_file_is_a_diagnostic_like_any_other(tmp_path: Path) -> None:
    agent(tmp_path, "locked").chmod(0)
    agent(tmp_path, "fine")
    library = open_library(tmp_path)
    assert [item.rule for item in library.errors] == ["unreadable"]
    assert "fine" in library.registry.snapshot()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs POSIX")
def test_a_pipe_named_like_a_persona_does_not_hang(tmp_path: Path) -> None:
    (tmp_path / "personas").mkdir()
    os.mkfifo(tmp_path / "personas" / "pipe.md")
    assert open_library(tmp_path).errors == ()


def test_a_loop_of_links_ends(tmp_path: Path) -> None:
    agent(tmp_path, "one")
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    assert [file.slug for file in walk(tmp_path)] == ["one"]


def test_listing_a_home_reads_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    agent(tmp_path, "b")
    agent(tmp_path, "a")
    monkeypatch.setattr("builtins.open", lambda *args, **kwargs: pytest.fail("a file was opened"))
    assert [file.slug for file in list_home(tmp_path)] == ["a", "b"]
