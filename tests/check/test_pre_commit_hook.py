"""The hook for pre-commit: it names our command and wakes for every file that is checked."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from personae.persona.dialects import HOSTS, detect

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def hook() -> dict[str, Any]:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert isinstance(hook, dict)
    return hook


def test_it_checks_the_whole_project_with_our_command(hook: dict[str, Any]) -> None:
    assert (hook["id"], hook["entry"], hook["language"], hook["pass_filenames"]) == (
        "personae-check",
        "personae check",
        "python",
        False,
    )


def test_it_wakes_for_every_place_that_is_checked(hook: dict[str, Any]) -> None:
    places = [f"{folder}/scout{table.suffix}" for table in HOSTS.values() for folder in table.folders]
    places = [place for place in places if detect(Path(place))]
    places += ["personae.toml", ".agents/scout/persona.md", "sub/personas/scout.md", "src/crew/config/agents.yaml"]
    places += [
        ".agents/skills/pdf/SKILL.md",
        "docs/scout.agent.md",
        ".claude/agents/team/scout.md",
        "opinions/style.md",
    ]

    assert [place for place in places if not re.search(hook["files"], place)] == []


@pytest.mark.parametrize("place", ["README.md", "src/main.py", "docs/personas.md", "pyproject.toml", "config/app.yaml"])
def test_it_sleeps_for_other_files(hook: dict[str, Any], place: str) -> None:
    assert re.search(hook["files"], place) is None
