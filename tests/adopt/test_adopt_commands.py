"""`personae adopt` and `personae show`: the adoption or the refusal, and their exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from personae.cli import adopt, failures, show
from personae.errors import PersonaeError

PROUD = "---\nkind: persona\nname: proud\nmodel: claude-opus-5\n---\nYou are proud.\n"


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")
    monkeypatch.setattr("personae.run.models.offer.PROVIDERS", {})
    monkeypatch.chdir(tmp_path)
    (tmp_path / "personae.toml").write_text('[workflow.review]\npersona = "reviewer"\n')
    (tmp_path / "personas").mkdir()
    (tmp_path / "personas" / "proud.md").write_text(PROUD)
    return tmp_path


def run(module: str, *arguments: str) -> Result:
    return CliRunner().invoke({"adopt": adopt, "show": show}[module].command, arguments)


def test_an_adoption_says_who_how_by_which_model_with_which_tools_and_why() -> None:
    ran = run("adopt", "reviewer", "--mode", "sub-agent", "--task", "Read it.")
    assert ran.exit_code == 0
    rows = [line.split("  ")[0] for line in ran.stdout.splitlines()]
    assert rows == ["persona", "mode", "model", "tools", "opinion", "memory", "limits", *["prompt"] * 3, "digest"]
    assert "explicit: named explicitly" in ran.stdout
    assert "base-only: the built-in good" in ran.stdout
    assert "cold: a sub-agent starts without memory" in ran.stdout


def test_a_step_adopts_whom_the_project_file_names_and_a_name_beats_it() -> None:
    ran = json.loads(run("adopt", "--step", "review", "--mode", "sub-agent", "--json").stdout)
    assert (ran["name"], ran["selection"]["by"]) == ("reviewer", "workflow-step")
    ran = json.loads(run("adopt", "writer", "--step", "review", "--mode", "sub-agent", "--json").stdout)
    assert (ran["name"], ran["selection"]["passed_over"]) == ("writer", ["reviewer ([workflow.review])"])


def test_a_step_that_nobody_wears_is_wrong_use() -> None:
    error = run("adopt", "--step", "reveiw", "--mode", "goal").exception
    assert isinstance(error, PersonaeError)
    assert (failures.code_of(error), error.help) == (2, "Did you mean 'review'?")


@pytest.mark.parametrize(
    ("arguments", "code", "reason"),
    [
        (("reviwer", "--mode", "goal"), 2, "not-found"),
        (("reviewer", "--mode", "goal"), 2, "mode-not-declared"),
        (("brain", "--mode", "goal"), 2, "brain"),
        (("proud", "--mode", "goal"), 1, "model-unavailable"),
    ],
)
def test_a_refusal_says_its_reason_and_has_its_exit_code(arguments: tuple[str, ...], code: int, reason: str) -> None:
    ran = run("adopt", *arguments)
    assert (ran.exit_code, ran.stdout) == (code, "")
    assert ran.stderr.startswith(f"Refused: {arguments[0]} as goal ({reason})\n")
    as_json = run("adopt", *arguments, "--json")
    assert (as_json.exit_code, json.loads(as_json.stdout)["reason"]) == (code, reason)


def test_a_broken_file_is_refused_with_6(project: Path) -> None:
    (project / "personas" / "proud.md").write_text(PROUD.replace("model:", "requires: [postgres]\nmodel:"))
    ran = run("adopt", "proud", "--mode", "goal")
    assert ran.exit_code == 6
    assert "personas/proud.md:4:12\n  requires[0]: 'postgres' is not in the substrate\n" in ran.stderr
    assert "ANTHROPIC_API_KEY" in ran.stderr


def test_show_prints_exactly_what_the_model_gets_also_where_no_model_can_answer() -> None:
    ran = run("show", "proud", "--task", "Boast.")
    assert (ran.exit_code, ran.stdout) == (0, "You are proud.\n\nBoast.\n")
    assert "persona asks for claude-opus-5, but ANTHROPIC_API_KEY is not set" in ran.stderr


def test_show_takes_the_first_mode_that_is_declared() -> None:
    shown = json.loads(run("show", "reviewer", "--json").stdout)
    assert shown["mode"] == "sub-agent"
    assert shown["system"].count("<opinion ") == 1
    assert shown["tokens"] == sum(section["tokens"] for section in shown["sections"])


def test_showing_one_persona_is_not_stopped_by_another_ones_broken_file(project: Path) -> None:
    (project / "personas" / "other.md").write_text("---\nkind: persona\n")
    assert run("show", "proud").exit_code == 0
    error = run("show", "other").exception
    assert isinstance(error, PersonaeError)
    assert failures.code_of(error) == 6


def test_a_broken_project_file_stops_both(project: Path) -> None:
    (project / "personae.toml").write_text("[defaults]\nmodle = 'x'\n")
    for command in (("show", "proud"), ("adopt", "proud", "--mode", "goal")):
        error = run(*command).exception
        assert isinstance(error, PersonaeError)
        assert failures.code_of(error) == 6
