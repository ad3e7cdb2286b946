"""No file lets an agent do more than its persona may, and no host stumbles over one: for every persona there is."""

from __future__ import annotations

import subprocess
import tomllib
from collections.abc import Iterable
from pathlib import Path

import pytest
from host_samples import CORPUS, PERSONAS, agent_files, allowed_names, built_in, corpus, read_back
from hypothesis import HealthCheck, given, settings

from personae.hosts.compile import COMPILERS, Compilation, compile_outfit
from personae.hosts.ledger import LIMITS
from personae.hosts.outfit import Outfit, outfit
from personae.hosts.prove.permissions import beyond
from personae.hosts.subagents import without_inputs
from personae.persona.dialects import HOSTS
from personae.persona.model import Persona

_WITHOUT_LISTS = ("codex", "cursor", "goose", "skill")
"""Hosts that take no list of tools: only who has no limits is written for them, or who may all that is left there."""
_URL = "https://agents.example"


def _problems(ready: Outfit, made: Compilation) -> Iterable[str]:
    """Yield what is wrong with the files of one persona on one host."""
    for artifact in agent_files(made):
        read = read_back(made, artifact)
        if read.fate != "loads" or read.diagnostics:
            yield f"{made.host} {artifact.path}: {read.fate} {[str(item) for item in read.diagnostics]}"
            continue
        assert read.agent is not None
        wanted = without_inputs(ready.prompt) if made.host == "gemini" else ready.prompt
        if read.agent.prompt.strip() != wanted.strip():
            yield f"{made.host} {artifact.path}: another stance"
        if read.agent.description.strip() != ready.description.strip() and made.host != "skill":
            yield f"{made.host} {artifact.path}: another description"
        granted = max((ready.grants[mode].words for mode in ready.persona.modes), key=len)
        if made.host in _WITHOUT_LISTS:
            continue
        names = allowed_names(made, read)
        if names is None:
            yield f"{made.host} {artifact.path}: all tools"
        elif more := beyond([*names], granted, HOSTS[made.host]):
            yield f"{made.host} {artifact.path}: {more} are beyond {granted}"


def _modes(ready: Outfit, made: Compilation) -> Iterable[str]:
    """Yield each file that makes a sub-agent of a persona that does not declare it."""
    if ready.declares("sub-agent") or made.host in ("opencode", "copilot", "antigravity", "skill"):
        return
    yield from (f"{made.host} {artifact.path}: a sub-agent" for artifact in agent_files(made))


@pytest.mark.parametrize("host", COMPILERS)
def test_no_built_in_persona_gets_wider_on(host: str) -> None:
    found = []
    for ready in built_in().values():
        made = compile_outfit(ready, host, url=_URL)
        found += [*_problems(ready, made), *_modes(ready, made)]
        assert made.artifacts or made.is_refused or "modes" in {entry.field for entry in made.ledger.entries}
    assert found == []


@pytest.mark.skipif(not CORPUS.exists(), reason="there is no corpus here; PERSONAE_CORPUS names its folder")
@pytest.mark.parametrize("host", COMPILERS)
def test_no_persona_of_the_corpus_gets_wider_on(host: str) -> None:
    found: list[str] = []
    written = 0
    for outfits in corpus().values():
        for ready in outfits:
            made = compile_outfit(ready, host, url=_URL)
            written += bool(made.artifacts)
            found += [*_problems(ready, made), *_modes(ready, made)]
    assert found == []
    assert written > 400


@given(persona=PERSONAS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_made_up_persona_gets_wider_anywhere(persona: Persona) -> None:
    ready = outfit(persona)
    for host in COMPILERS:
        made = compile_outfit(ready, host, url=_URL)
        assert [*_problems(ready, made), *_modes(ready, made)] == []
        for entry in made.ledger.entries:
            assert entry.outcome != "widened" or made.is_refused
            assert entry.reason
        for artifact in made.artifacts:
            assert "\r" not in artifact.text
            assert not artifact.path.is_absolute()
            assert ".." not in artifact.path.parts


@given(persona=PERSONAS)
@settings(max_examples=100, deadline=None)
def test_no_field_is_lost_without_a_line_in_the_ledger(persona: Persona) -> None:
    of_every_persona = {"name", "description", "stance", "tools", "modes", "maxSteps", "visibility"}
    is_set = {
        "role": persona.role,
        "model": persona.model not in (None, "inherit"),
        "effort": persona.effort,
        "tier": persona.tier,
        "triggers": persona.triggers,
        "needsTempWorkspace": persona.needs_temp_workspace,
        "budget.perRun": persona.budget.per_run_max_tokens,
        "color": persona.color,
    }
    expected = of_every_persona | {name for name, value in is_set.items() if value}
    for host in COMPILERS:
        made = compile_outfit(outfit(persona), host, url=_URL, allow=LIMITS)
        if made.artifacts:
            assert expected <= {entry.field for entry in made.ledger.entries}, host


@given(persona=PERSONAS)
@settings(max_examples=100, deadline=None)
def test_files_that_are_no_agents_read_back_too(persona: Persona) -> None:
    for made in (
        compile_outfit(outfit(persona), host, allow=["tools", "maxSteps", "budget.perRun"]) for host in COMPILERS
    ):
        for artifact in made.artifacts:
            if artifact.path.suffix == ".toml":
                data = tomllib.loads(artifact.text)
                stance = data.get("developer_instructions") or data["instructions"]
                assert stance.strip() == outfit(persona).prompt.strip()


@given(persona=PERSONAS)
@settings(max_examples=15, deadline=None)
def test_a_launcher_hands_the_stance_over_word_for_word(
    persona: Persona, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("launch")
    made = compile_outfit(outfit(persona), "claude")
    scripts = [artifact for artifact in made.artifacts if artifact.path.suffix == ".sh"]
    for script in scripts:
        arguments = _run(folder, "claude", script.text)
        assert arguments[arguments.index("--system-prompt") + 1] == outfit(persona).prompt
        assert arguments[-1] == "the task's $words"


def _run(folder: Path, program: str, script: str) -> list[str]:
    """Run `script` with a `program` that notes its arguments, and return them."""
    (folder / program).write_text('#!/bin/sh\nfor word in "$@"; do printf "%s\\0" "$word"; done\n', encoding="utf-8")
    (folder / program).chmod(0o755)
    (folder / "launch.sh").write_text(script, encoding="utf-8")
    env = {"PATH": f"{folder}:/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        ["sh", "launch.sh", "the task's $words"], cwd=folder, env=env, capture_output=True, check=True, timeout=60
    )
    return done.stdout.decode().split("\0")[:-1]
