from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
import rule_driver

from personae.check import rulebook
from personae.check.rules import FILE_RULES, TREE_RULES
from personae.errors import Diagnostic, UnknownNameError
from personae.persona.dialects import HOSTS

SOURCE = Path(rulebook.__file__).parents[2]
PAGE = SOURCE.parents[1] / "docs" / "rules.md"
RULES = rulebook.all_rules()

_EMITTED = re.compile(r"rule=\"([a-z]+(?:-[a-z]+)*)\"")


@pytest.fixture(autouse=True)
def _nobody_elses_personas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def _project(text: str, tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    (root / "personae.toml").touch()
    rule_driver.write_blocks(text, root)
    return root


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_the_example_of_a_rule_breaks_it(rule: rulebook.Rule, tmp_path: Path) -> None:
    found = rule_driver.check(_project(rule.sections["Example"], tmp_path))

    assert any(item.severity == rule.severity for item in found if _is_of(rule, item))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_what_stands_instead_is_clean(rule: rulebook.Rule, tmp_path: Path) -> None:
    found = rule_driver.check(_project(rule.sections["Instead"], tmp_path))

    assert [(item.rule, item.message) for item in found if item.severity != "note"] == []
    assert not any(_is_of(rule, item) for item in found)


def _is_of(rule: rulebook.Rule, item: Diagnostic) -> bool:
    if not rule.id.startswith("HOST-"):
        return item.rule == rule.id
    host, _, word = item.rule.partition("-")
    return host in HOSTS and word == rule.id.removeprefix("HOST-")


def test_every_rule_that_is_emitted_has_a_document_and_every_document_a_rule() -> None:
    rooms = [SOURCE / "persona", SOURCE / "library", SOURCE / "check"]
    files = [file for room in rooms for file in room.rglob("*.py") if "dialects" not in file.parts]
    sources = "\n".join(file.read_text(encoding="utf-8") for file in files if "rulebook" not in file.parts)
    known = {rule.id for rule in RULES if not rule.id.startswith("HOST-")}

    assert {rule for rule in known if f'"{rule}"' not in sources} == set()
    assert set(_EMITTED.findall(sources)) - known == set()


def test_every_rule_of_hosts_has_a_document() -> None:
    emitted = {
        call.args[0].value
        for file in (SOURCE / "persona" / "dialects").glob("*.py")
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call)
        and getattr(call.func, "attr", getattr(call.func, "id", "")) in ("add", "breaks", "Fault")
        and call.args
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
    }

    assert emitted - {rule.id.removeprefix("HOST-") for rule in RULES} == set()


def test_a_rule_of_a_host_is_explained_with_what_is_known_of_it() -> None:
    rule = rulebook.get("opencode-tools-not-a-map")

    assert rule.id == "opencode-tools-not-a-map"
    assert "Facts of OpenCode 1.18.33: measured, 2026-" in rule.sections["Known limits"]
    with pytest.raises(UnknownNameError):
        rulebook.get("opencode-nonsense")


def test_every_rule_function_has_a_sentence_that_says_what_it_yields() -> None:
    for rule in (*FILE_RULES, *TREE_RULES):
        assert (rule.__doc__ or "").startswith("Yield ")


def test_the_page_in_docs_is_up_to_date() -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "personae.check.rulebook"], capture_output=True, text=True, check=True, encoding="utf-8"
    ).stdout

    assert PAGE.read_text(encoding="utf-8") == printed


def test_a_rule_is_found_by_its_id_and_a_misspelled_one_names_the_closest() -> None:
    assert rulebook.get("invalid-cron").severity == "error"
    with pytest.raises(UnknownNameError, match="unknown rule 'invalid-corn'") as caught:
        rulebook.get("invalid-corn")
    assert caught.value.help == "Did you mean 'invalid-cron', 'invalid-color' or 'invalid-encoding'?"


def test_a_document_has_the_same_headings_as_every_other() -> None:
    for rule in RULES:
        assert tuple(rule.sections) == rulebook.HEADINGS
        assert rule.summary.endswith(".")
        assert all(rule.sections.values())


def test_explaining_a_rule_shows_its_example() -> None:
    text = rulebook.get("secret").as_markdown()

    assert text.startswith("# secret\n\nThere is a key or token. (error)\n\n## What it does\n\n")
    assert "## Known limits\n\nPasswords without a shape of their own are not found.\n" in text
