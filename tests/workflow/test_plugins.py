"""Plugins: tools of other packages, found by entry points, that speak in the voice of the persona they carry."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from personae.tools.plugin import GROUP, Plugin, PluginTool, collected

EXAMPLE = Path(__file__).parents[2] / "examples" / "plugin"
SCRIPT = Path(__file__).parents[1] / "stories" / "scripted_personae.py"


def tide() -> str:
    """Say it."""
    return "high"


def read() -> str:
    """Say it."""
    return "taken"


class Point:
    """An entry point that needs no installed package."""

    def __init__(self, name: str, load: Callable[[], Any]) -> None:
        self.name, self.load = name, load


def points(**plugins: Any) -> list[EntryPoint]:
    return [Point(name, lambda value=value: value) for name, value in plugins.items()]  # type: ignore[misc]


def test_a_tool_that_says_nothing_of_itself_is_taken_to_have_every_effect_and_every_leg() -> None:
    found = collected(points(tides=Plugin(name="tides", tools=(PluginTool(function=tide),))))
    declared = found.declared["tide"]
    assert (declared.effect, declared.legs.private, declared.legs.untrusted) == ("once", True, "yes")
    assert declared.legs.way_out is not None


def test_a_plugin_that_is_broken_or_takes_a_name_is_left_out_and_said_to_be() -> None:
    def broken() -> Plugin:
        raise ImportError("no moon")

    first = Plugin(name="first", tools=(PluginTool(function=tide), PluginTool(function=read)))
    second = Plugin(name="second", tools=(PluginTool(function=tide),))
    found = collected([*points(first=first, other=3, second=second), Point("broken", broken)])  # type: ignore[list-item]
    assert list(found.tools) == ["tide"]
    assert found.owners["tide"] is first
    assert found.faults == (
        "plugin first: its tool read is left out, since personae itself has one",
        "plugin other is a int, not a personae Plugin",
        "plugin second: its tool tide is left out, since first has one",
        "plugin broken cannot be loaded: ImportError: no moon",
    )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, installed by pip as its users do."""
    target = tmp_path_factory.mktemp("site")
    source = shutil.copytree(EXAMPLE, tmp_path_factory.mktemp("source") / "plugin")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--disable-pip-version-check"]
    subprocess.run([*pip, "--target", str(target), str(source)], check=True, timeout=300)
    return target


def test_the_example_is_installed_and_its_tool_runs_in_the_voice_of_its_persona(
    installed: Path, tmp_path: Path
) -> None:
    assert GROUP == "personae.tools"
    project = tmp_path / "project"
    shutil.copytree(EXAMPLE / "personas", project / "personas")
    (project / "personae.toml").write_text("")
    shutil.copy(EXAMPLE / "plan.yaml", project)
    env = {**os.environ, "PYTHONPATH": str(installed)}

    def personae(*arguments: str) -> Any:
        command = [sys.executable, str(SCRIPT), *arguments, "--json"]
        ran = subprocess.run(command, cwd=project, env=env, capture_output=True, text=True, timeout=120)
        assert ran.returncode == 0, ran.stderr
        return json.loads(ran.stdout)

    moon, tell = personae("run", "--plan", "plan.yaml")["steps"]
    assert moon["outputs"] == {"tide": "spring", "moon_age_days": 14.6}
    assert (tell["persona"], tell["because"][0]) == ("harbor-pilot", "harbor-pilot: the voice of the plugin tides")
    (run,) = personae("runs")
    starts = {
        entry["key"]: entry["body"] for entry in personae("log", run["run"])["entries"] if entry["kind"] == "start"
    }
    assert starts["tell/start"]["system"].startswith("You are the harbor pilot.")
    assert '"tide"' not in starts["tell/start"]["user"]
