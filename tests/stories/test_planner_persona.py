"""The planner persona on the example folder of the repository: computed answers, and a model that only writes prose."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from personae.adopt.adopt import adopt
from personae.adopt.adoption import Adoption, Refusal
from personae.adopt.world_store import open_world
from personae.library.library import load_built_in
from personae.library.substrate import SHIPPED, TEAM_ANSWERS
from personae.library.tiers import ModelOffer
from personae.run.models.catalog import CATALOG
from personae.run.models.weights import ensure_weights
from personae.tools.granted import grant_of, tools_of

EXAMPLE = Path(__file__).parents[2] / "examples" / "team"
PLANNER = next(persona for persona in load_built_in().personas if persona.name == "planner")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return Path(shutil.copytree(EXAMPLE, tmp_path / "team"))


def test_the_planner_requires_its_answers_so_that_the_gate_is_real() -> None:
    assert tuple(PLANNER.requires) == TEAM_ANSWERS
    assert set(PLANNER.requires) <= SHIPPED


def test_it_is_advisory_by_its_tools_which_all_only_read(project: Path) -> None:
    world = open_world(project, models=lambda project, wish: ModelOffer(embedded=True))
    adoption = adopt("planner", "sub-agent", world=world, task="Standup.")
    assert isinstance(adoption, Adoption)
    assert sorted(tools_of(grant_of(adoption), world).tools) == sorted(TEAM_ANSWERS)


def test_it_runs_in_loop_and_sub_agent_modes_only(project: Path) -> None:
    world = open_world(project, models=lambda project, wish: ModelOffer(embedded=True))
    assert list(PLANNER.modes) == ["sub-agent", "loop"]
    refused = adopt("planner", "interactive", world=world)
    assert isinstance(refused, Refusal)
    assert refused.reason == "mode-not-declared"


def test_a_board_that_is_absent_degrades_and_one_that_is_declared_is_used(project: Path) -> None:
    def board() -> str:
        world = open_world(project, models=lambda project, wish: ModelOffer(embedded=True))
        adoption = adopt("planner", "sub-agent", world=world)
        assert isinstance(adoption, Adoption)
        return adoption.capabilities[0].reason

    assert board() == "no-provider"
    with (project / "personae.toml").open("a") as file:
        file.write('\n[capabilities.board-sync]\ntools = ["team_status"]\n')
    assert board() == "available"


@pytest.mark.weights
def test_the_tables_are_verbatim_in_its_answer_and_no_number_of_the_prose_is_absent_from_them(project: Path) -> None:
    ensure_weights(CATALOG["smollm2-135m"])

    def run(*arguments: str) -> str:
        command = [sys.executable, "-m", "personae", *arguments]
        result = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=300)
        assert result.returncode == 0, result.stderr
        return result.stdout

    table = run("team", "standup").strip()
    model = ("--model", "embedded:smollm2-135m", "--json")
    answer = json.loads(run("ask", "planner", "Give me the standup of the workers.", *model))["answer"]
    tables, _, prose = answer.partition("\n\n3 in all")
    # The moment between the two runs may change "silent for 10 h"; everything else stands to the letter.
    hours = re.compile(r"silent for \d+ \w+|silent since \S+")
    assert hours.sub("", tables) == hours.sub("", table.partition("\n\n3 in all")[0])
    prose = prose.partition("\n")[2].partition("(")[0]
    numbers = re.compile(r"\d+(?:[.,:/-]\d+)*")
    claimed = {found for line in prose.splitlines() for found in numbers.findall(re.sub(r"^\s*\d+[.)]\s", "", line))}
    assert claimed <= set(numbers.findall(answer.partition(prose)[0]))
