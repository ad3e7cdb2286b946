from __future__ import annotations

from pathlib import Path

import pytest
import rule_driver
from rule_driver import write

from personae.errors import Diagnostic
from personae.library.project import Project
from personae.library.store import BUILT_IN_FOLDER
from personae.library.substrate import SHIPPED
from personae.library.substrate_store import read_substrate


@pytest.fixture(autouse=True)
def _nobody_elses_personas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def _persona(body: str = "Name the one plan to start next.", **keys: str) -> str:
    lines = "".join(f"{key}: {value}\n" for key, value in keys.items())
    return f"---\nkind: persona\nname: lead\n{lines}---\n{body}\n"


def _check(root: Path, text: str, **others: str) -> list[Diagnostic]:
    write(root, {"personae.toml": "", "personas/lead.md": text, **others})
    return rule_driver.check(root)


def _messages(found: list[Diagnostic], rule: str) -> list[str]:
    return [item.message for item in found if item.rule == rule]


def test_what_ships_with_us_is_in_the_substrate(tmp_path: Path) -> None:
    assert _check(tmp_path, _persona(requires="[team_status, read]")) == []


def test_a_capability_in_requires_is_told_to_move_to_enhances(tmp_path: Path) -> None:
    toml = "[capabilities.board-sync]\ntools = []\n"

    (item,) = _check(tmp_path, _persona(requires="[board-sync]"), **{"personae.toml": toml})

    assert str(item) == (
        "Error: personas/lead.md:4:12\n  requires[0]: 'board-sync' is not in the substrate\n"
        "  It is a capability: move it to enhances, since it may be absent."
    )


def test_a_script_of_the_projects_substrate_is_required_without_its_suffix(tmp_path: Path) -> None:
    others = {"personae.toml": '[substrate]\npaths = ["scripts"]\nnames = ["board"]\n', "scripts/queue_status.py": ""}

    assert _check(tmp_path, _persona(requires="[queue_status, board]"), **others) == []
    found = _check(tmp_path, _persona(requires="[queue_status.py]"), **others)
    assert _messages(found, "not-in-substrate") == ["'queue_status.py' is not in the substrate"]


@pytest.mark.parametrize("path", ["../scripts", "/etc", "scripts/../../elsewhere"])
def test_a_substrate_path_cannot_leave_the_project(tmp_path: Path, path: str) -> None:
    root = tmp_path / "project"
    write(root, {"personae.toml": f'[substrate]\npaths = ["{path}"]\n', "personas/lead.md": _persona()})
    write(tmp_path, {"scripts/evil.py": "", "elsewhere/evil.py": ""})

    (item,) = rule_driver.check(root)

    assert (item.rule, item.file, item.line) == ("substrate-path", "personae.toml", 2)
    assert item.message == f"{path!r} is not inside the project"


def test_a_link_in_the_substrate_that_leaves_the_project_gives_no_name(tmp_path: Path) -> None:
    root = tmp_path / "project"
    write(root, {"scripts/fine.py": ""})
    write(tmp_path, {"evil.py": ""})
    (root / "scripts" / "evil.py").symlink_to(tmp_path / "evil.py")
    (root / "scripts" / "alias.py").symlink_to(root / "scripts" / "fine.py")
    (root / "linked").symlink_to(tmp_path)

    substrate = read_substrate(Project(root=root, substrate_paths=("scripts", "linked")))

    assert substrate.names - SHIPPED == {"fine", "alias"}
    assert [item.message for item in substrate.diagnostics] == ["'linked' is not inside the project"]


def test_capital_letters_of_a_script_count(tmp_path: Path) -> None:
    others = {"personae.toml": '[substrate]\npaths = ["scripts"]\n', "scripts/Queue.py": ""}

    found = _check(tmp_path, _persona(requires="[queue]"), **others)

    assert [item.help for item in found] == ["Did you mean 'Queue'?"]


@pytest.mark.parametrize("field", ["requires", "enhances"])
def test_nothing_may_depend_on_a_persona(tmp_path: Path, field: str) -> None:
    (item,) = _check(tmp_path, _persona(**{field: "[reviewer]"}))

    assert (item.rule, item.field) == ("depends-on-persona", f"{field}[0]")
    assert item.message == "'reviewer' is a persona, and nothing may depend on one"
    assert item.help == 'Remove it. To hand work to it, list the tool "agent(reviewer)".'


def test_a_broken_persona_is_a_persona_too(tmp_path: Path) -> None:
    others = {"personas/broken.md": "---\nkind: persona\nname: broken\neffort: no\n---\nTalk.\n"}

    found = _check(tmp_path, _persona(enhances="[broken]", tools='["agent(broken)"]'), **others)

    assert _messages(found, "depends-on-persona") == ["'broken' is a persona, and nothing may depend on one"]
    assert _messages(found, "unknown-persona") == []


def test_what_is_absent_and_soft_is_a_note(tmp_path: Path) -> None:
    found = _check(tmp_path, _persona(opinions="[bold]", enhances="[board]", skills="[brief]"))

    assert {item.severity for item in found} == {"note"}
    assert _messages(found, "absent-name") == [
        "there is no opinion 'bold' here; opinions/bold.md would hold it",
        "there is no capability 'board' here; the persona does without it",
        "there is no skill 'brief' here; .agents/skills/brief/SKILL.md would hold it",
    ]


def test_a_spawned_persona_must_exist(tmp_path: Path) -> None:
    (item,) = _check(tmp_path, _persona(tools='["agent(researcher, reviwer)"]'))

    assert item.message == "there is no persona 'reviwer', which 'agent(researcher, reviwer)' names"
    assert item.help == "Did you mean 'reviewer'?"


def test_the_persona_of_a_workflow_step_must_exist(tmp_path: Path) -> None:
    (item,) = _check(tmp_path, _persona(), **{"personae.toml": '[workflow.review]\npersona = "reviwer"\n'})

    assert (item.file, item.line, item.field) == ("personae.toml", 2, "workflow.review.persona")
    assert item.message == "there is no persona 'reviwer', which the step 'review' would wear"


def test_a_teammate_is_known_by_slug_name_or_role(tmp_path: Path) -> None:
    body = (
        "LAUNCH_TASK to Code Reviewer with the path.\nLAUNCH_TASK to `writer`.\nLAUNCH_TASK to Press Chief now.\n"
        "LAUNCH_TASK to <NAME>. LAUNCH_TASK proposals need a deadline."
    )

    found = _check(tmp_path, _persona(body, type="lead"))

    assert _messages(found, "unknown-teammate") == [
        "the stance hands work to 'Press Chief', and no persona here is called that"
    ]


def test_a_specialist_that_is_told_not_to_dispatch_is_fine(tmp_path: Path) -> None:
    assert _check(tmp_path, _persona("Answer. Never use LAUNCH_TASK.")) == []
    assert [item.rule for item in _check(tmp_path, _persona("Use LAUNCH_TASK to Writer."))] == [
        "dispatching-specialist"
    ]
    assert [item.rule for item in _check(tmp_path, _persona(canDispatch="true"))] == ["dispatching-specialist"]


def test_a_project_of_the_built_in_personas_is_clean(tmp_path: Path) -> None:
    files = {f"personas/{file.name}": file.read_text(encoding="utf-8") for file in BUILT_IN_FOLDER.glob("*.md")}
    write(tmp_path, files)

    found = rule_driver.check(tmp_path)

    assert len(files) == 16
    assert [str(item) for item in found if item.severity != "note"] == []


def test_a_delegation_in_the_stance_must_reach_somebody(tmp_path: Path) -> None:
    body = (
        "Delegate the search to `researcher`.\nDelegate the repair to the `fixer`.\nSpawn `reviewer` last.\n"
        "Dispatch to `origin/main`. Send the list to `stdout`."
    )

    found = _check(tmp_path, _persona(body, type="lead"))

    assert _messages(found, "unknown-teammate") == [
        "the stance hands work to 'fixer', and no persona here is called that"
    ]
