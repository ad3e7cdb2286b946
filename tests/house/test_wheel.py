"""The package as users get it: a wheel, installed alone outside the repository."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of commands of an environment that has the base install and nothing else."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", str(folder), str(ROOT)], check=True, timeout=300)
    (wheel,) = folder.glob("personae-*.whl")
    environment = folder / "venv"
    venv.create(environment, with_pip=False)
    commands = environment / ("Scripts" if os.name == "nt" else "bin")
    subprocess.run([*pip, "--python", str(commands / "python"), "install", str(wheel)], check=True, timeout=300)
    return commands


def run(installed: Path, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "XDG_CONFIG_HOME": str(folder / "config")}
    env.pop("PYTHONPATH", None)
    return subprocess.run(
        [str(installed / "personae"), *arguments], cwd=folder, env=env, capture_output=True, text=True, timeout=60
    )


def test_the_base_install_lists_shows_and_checks(installed: Path, tmp_path: Path) -> None:
    assert run(installed, "new", "scout", folder=tmp_path).returncode == 0
    assert run(installed, "check", folder=tmp_path).returncode == 0
    listed = run(installed, "list", folder=tmp_path).stdout
    assert [name for name in ("scout", "researcher", "repo-researcher") if name in listed] == [
        "scout",
        "researcher",
        "repo-researcher",
    ]
    shown = run(installed, "show", "writer", folder=tmp_path)
    assert (shown.returncode, shown.stdout.startswith("You are the writer.")) == (0, True)


def test_what_needs_an_extra_says_which(installed: Path, tmp_path: Path) -> None:
    ran = run(installed, "run", "Do it.", folder=tmp_path)
    assert (ran.returncode, ran.stderr) == (
        2,
        "Error: personae run needs the package pydantic_ai, which this install does not have\n"
        "  pip install 'personae[embedded]' brings it, and a model that needs no key.\n",
    )


def test_the_base_install_brings_three_packages(installed: Path) -> None:
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(installed / "python")]
    frozen = subprocess.run([*pip, "freeze"], check=True, capture_output=True, text=True, timeout=60).stdout
    names = sorted(line.partition("==")[0].partition(" @")[0].lower() for line in frozen.splitlines())
    assert names == ["click", "cronsim", "personae", "pyyaml"]
