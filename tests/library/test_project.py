"""The project file: every key, every default, and messages with a place."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from personae.cli.init import TEMPLATE
from personae.library.project import Project, parse_project, project_schema
from personae.library.store import find_root, load_project

ROOT = Path("/project")


def parse(text: str) -> tuple[Project | None, list[str]]:
    project, found = parse_project(text.encode(), root=ROOT, file="personae.toml")
    return project, [str(item) for item in found]


def test_without_a_file_every_default_holds(tmp_path: Path) -> None:
    project, found = load_project(tmp_path)
    assert (project, found) == (Project(root=tmp_path), [])
    assert project is not None
    assert (project.timezone, project.defaults.model, project.workflow) == ("UTC", None, {})


def test_every_key_is_read() -> None:
    project, found = parse(
        """
[project]
timezone = "Europe/Berlin"
roots = ["../other"]
[defaults]
model = "claude-opus-5"
tools = ["read"]
substitute = "embedded"
budget = { daily = { maxCostUsd = 2.50 }, perRun = { maxTokens = 1000 } }
[tiers.T0]
model = "ollama/llama3.3"
effort = "low"
[substrate]
paths = ["scripts"]
names = ["deploy"]
[pools]
parent = ["read"]
subagents = ["fetch"]
[workflow.review]
persona = "reviewer"
[mcp.github]
command = ["gh", "mcp"]
"""
    )
    assert found == []
    assert project is not None
    assert (project.timezone, project.roots) == ("Europe/Berlin", ("../other",))
    assert (project.defaults.model, project.defaults.tools) == ("claude-opus-5", ("read",))
    assert project.defaults.budget.daily_max_cost_usd == Decimal("2.50")
    assert project.defaults.budget.per_run_max_tokens == 1000
    assert project.tiers == {"T0": {"model": "ollama/llama3.3", "effort": "low"}}
    assert (project.substrate_paths, project.substrate_names) == (("scripts",), ("deploy",))
    assert (project.parent_pool, project.subagent_pool) == (("read",), ("fetch",))
    assert project.workflow == {"review": "reviewer"}
    assert project.tables["mcp"] == {"github": {"command": ["gh", "mcp"]}}
    assert project.origins["defaults.model"] == "personae.toml:6"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[defaults]\nmodle = 'x'",
            "Error: personae.toml:2:1\n  defaults.modle: unknown key 'modle'\n  Did you mean model?",
        ),
        (
            "[project]\ntimezone = 'Mars/Olympus'",
            "Error: personae.toml:2:12\n  project.timezone: unknown time zone 'Mars/Olympus'\n"
            "  Write an IANA name, such as Europe/Berlin or UTC.",
        ),
        (
            "[defaults]\ntools = 'read'",
            "Error: personae.toml:2:9\n  defaults.tools: expected a list, found text (read)\n  Write tools: [read].",
        ),
        (
            "[workflow.review]",
            "Error: personae.toml:1:1\n  workflow.review.persona: the key is required\n"
            "  Add persona: who wears this step",
        ),
        (
            "[defaults\nmodel = 1",
            "Error: personae.toml:1:10\n  invalid TOML: expected ']' at the end of a table declaration\n"
            '  Write key = "value" lines below [table] lines; text is quoted, true and numbers are not.',
        ),
        (
            "[project]\ntimezone = 2026-01-01",
            "Error: personae.toml:2:12\n  project.timezone: expected text, found a date (2026-01-01)\n"
            '  Quote it if the text is meant: "2026-01-01".',
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, message: str) -> None:
    project, found = parse(text)
    assert project is None
    assert found == [message]


def test_a_project_file_that_is_not_text_is_a_diagnostic() -> None:
    project, found = parse_project(b"\xff\xfe[\x00", root=ROOT, file="personae.toml")
    assert project is None
    assert [item.rule for item in found] == ["invalid-encoding"]


def test_the_template_of_init_is_valid_and_sets_nothing() -> None:
    project, found = parse(TEMPLATE)
    assert found == []
    assert project is not None
    assert (project.timezone, project.defaults.model, project.tiers) == ("UTC", None, {})


def test_the_template_of_init_is_valid_with_every_comment_removed() -> None:
    settings = [line.removeprefix("# ") for line in TEMPLATE.splitlines()[2:]]
    project, found = parse("\n".join(settings))
    assert found == []
    assert project is not None
    assert project.workflow == {"review": "reviewer"}


def test_the_schema_of_the_project_file_is_one() -> None:
    Draft202012Validator.check_schema(project_schema())
    validator = Draft202012Validator(project_schema())
    assert validator.is_valid({"project": {"timezone": "UTC"}, "workflow": {"review": {"persona": "reviewer"}}})
    assert not validator.is_valid({"defaults": {"modle": "x"}})


def test_the_project_file_is_found_upward(tmp_path: Path) -> None:
    (tmp_path / "personae.toml").touch()
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    (deep / "personas").mkdir()
    assert find_root(deep) == tmp_path
    (tmp_path / "personae.toml").unlink()
    assert find_root(deep) == deep
