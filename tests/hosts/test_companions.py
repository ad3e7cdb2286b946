"""/wear, /release and recall at session start: scripts that run here as Claude Code would run them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from personae.errors import UsageError
from personae.hosts.companions import companions, hook_file, with_hook, without_hook
from personae.hosts.compile import COMPILERS
from personae.hosts.store import write_artifacts


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with the companions in it, and a `personae` on the PATH that is this one."""
    write_artifacts(companions("claude"), tmp_path)
    program = tmp_path / "bin" / "personae"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m personae "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return tmp_path


def _run(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": f"{project / 'bin'}:{os.environ['PATH']}", "HOME": str(project)}
    command = [str(project / ".claude/hooks/personae.sh"), *arguments]
    return subprocess.run(command, cwd=project, env=env, capture_output=True, text=True, timeout=60, check=False)


def test_wearing_prints_the_prompt_and_a_new_session_wears_it_again_until_release(project: Path) -> None:
    worn = _run(project, "wear", "architect")
    assert worn.stdout.startswith("You are the architect.")
    assert _run(project, "recall").stdout == worn.stdout
    assert _run(project, "release").returncode == 0
    assert "You are the architect." not in _run(project, "recall").stdout


def test_with_nobody_worn_a_session_starts_with_the_memory_of_the_brain(project: Path) -> None:
    memory = project / ".personae" / "memory" / "brain" / "memory.md"
    subprocess.run(
        [sys.executable, "-m", "personae", "memory", "brain", "--add", "Ports are 8000 and up.", "--importance", "5"],
        cwd=project,
        check=True,
        capture_output=True,
    )
    assert memory.parent.parent.exists()
    assert "Ports are 8000 and up." in _run(project, "recall").stdout


@pytest.mark.parametrize("name", ["", "Architect", "x; touch harm", "$(touch harm)", "../x", "-h"])
def test_only_a_slug_can_be_worn(project: Path, name: str) -> None:
    ran = _run(project, "wear", name)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == "Usage: /wear NAME; personae list shows the names.\n"
    assert not (project / "harm").exists()


def test_somebody_unknown_is_not_worn(project: Path) -> None:
    ran = _run(project, "wear", "nobody")
    assert ran.returncode == 2
    assert "unknown persona 'nobody'" in ran.stderr
    assert not (project / ".personae" / "worn").exists()


def test_a_session_starts_whatever_the_file_holds(project: Path) -> None:
    (project / ".personae").mkdir()
    (project / ".personae" / "worn").write_text("$(touch harm)\n", encoding="utf-8")
    assert _run(project, "recall").returncode == 0
    assert not (project / "harm").exists()


def test_the_commands_run_that_script_and_no_model_calls_them() -> None:
    texts = {item.path.name: item.text for item in companions("claude")}
    for verb in ("wear", "release"):
        keys = yaml.safe_load(texts[f"{verb}.md"].split("---")[1])
        assert keys["allowed-tools"] == f"Bash(.claude/hooks/personae.sh {verb}:*)"
        assert keys["disable-model-invocation"] is True


def test_no_other_host_gets_companions() -> None:
    assert [host for host in COMPILERS if companions(host) or hook_file(host)] == ["claude"]


def test_the_hook_joins_what_stands_in_the_settings_once_and_leaves_again() -> None:
    theirs = {
        "model": "opus",
        "hooks": {"SessionStart": [{"hooks": [{"type": "command", "command": "date"}]}], "Stop": []},
    }
    before = json.dumps(theirs)
    after = with_hook(before)
    starts = json.loads(after)["hooks"]["SessionStart"]
    assert starts[0] == theirs["hooks"]["SessionStart"][0]  # type: ignore[index]
    assert starts[1]["hooks"][0]["command"] == '"$CLAUDE_PROJECT_DIR"/.claude/hooks/personae.sh recall'
    assert with_hook(after) == after
    rest = without_hook(after)
    assert rest is not None
    assert json.loads(rest) == theirs
    assert without_hook(with_hook(None)) is None
    assert without_hook(before) == before


@pytest.mark.parametrize("settings", ["{", "[]", '{"hooks": []}', '{"hooks": {"SessionStart": {}}}'])
def test_settings_that_are_none_are_left_alone_with_a_sentence(settings: str) -> None:
    with pytest.raises(UsageError, match=r"\.claude/settings\.json") as caught:
        with_hook(settings)
    assert caught.value.help == "Repair it first; nothing was written."
