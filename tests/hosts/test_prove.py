"""The hosts' own loaders read what we write: those installed now, and a recorded run with their versions."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from host_samples import CORPUS, built_in, corpus

from personae.errors import HostError
from personae.hosts.artifact import Artifact
from personae.hosts.compile import Compilation, compile_outfit
from personae.hosts.outfit import Outfit, outfit
from personae.hosts.prove.permissions import allowed_by_rules, beyond
from personae.hosts.prove.programs import PROVABLE, Program, find_program
from personae.hosts.prove.proof import Proof, prove
from personae.persona.dialects import HOSTS
from personae.persona.model import Persona

RECORD = Path(__file__).parent / "proved.json"
_EVERYTHING = bool(os.environ.get("PERSONAE_AGREEMENT_ALL"))
_LAUNCHERS_MOST = 3
"""Of a collection: Codex takes 0.3 s to show a prompt. All of them with PERSONAE_AGREEMENT_ALL=1."""


def _program(host: str) -> Program:
    found = find_program(host)
    if found is None:
        pytest.skip(f"{host} is not installed here; scripts/install-hosts.sh DIR {host} does it")
    return found


def _pairs(outfits: Sequence[Outfit], host: str) -> list[tuple[Outfit, Compilation]]:
    """Return the personas that are written for `host`, of launchers only some."""
    pairs = [(one, compile_outfit(one, host)) for one in outfits]
    files = [pair for pair in pairs if pair[1].artifacts and pair[1].artifacts[0].path.suffix != ".sh"]
    launchers = [pair for pair in pairs if pair[1].artifacts and pair[1].artifacts[0].path.suffix == ".sh"]
    return files + (launchers if _EVERYTHING else launchers[:_LAUNCHERS_MOST])


@pytest.mark.parametrize("host", PROVABLE)
def test_the_installed_loader_takes_every_built_in_persona_as_it_is(host: str) -> None:
    program = _program(host)
    pairs = [(one, compile_outfit(one, host)) for one in built_in().values()]
    proof = prove(pairs, program)
    assert proof.findings == ()
    assert len(proof.proved) == sum(bool(made.artifacts) for _, made in pairs) > 8


@pytest.mark.skipif(not CORPUS.exists(), reason="there is no corpus here; PERSONAE_CORPUS names its folder")
@pytest.mark.parametrize("host", PROVABLE)
def test_the_installed_loader_takes_every_persona_of_the_corpus_as_it_is(host: str) -> None:
    program = _program(host)
    for outfits in corpus().values():
        pairs = _pairs(outfits, host)
        proof = prove(pairs, program)
        assert proof.findings == ()
        assert len(proof.proved) == len(pairs)


@pytest.mark.parametrize("host", PROVABLE)
def test_every_built_in_persona_that_is_written_was_proved_in_the_recorded_run(host: str) -> None:
    record = json.loads(RECORD.read_bytes())[host]
    assert record["version"] == HOSTS[host].version
    written = [slug for slug, one in built_in().items() if compile_outfit(one, host).artifacts]
    assert record["built-in"] == sorted(written)


def _tampered(host: str, change: Callable[[str], str]) -> Proof:
    """Return the proof of a persona whose file was changed on its way to the loader."""
    program = _program(host)
    ready = outfit(Persona(name="scout", description="Looks.", system_prompt="You look.", tools=["read"]))
    made = compile_outfit(ready, host)
    (artifact,) = (item for item in made.artifacts if "scout" in item.path.name)
    changed = Artifact(path=artifact.path, text=change(artifact.text), owner_slug="scout")
    assert changed.text != artifact.text
    return prove([(ready, replace(made, artifacts=(changed,)))], program)


def test_a_wider_list_does_not_get_past_gemini() -> None:
    proof = _tampered("gemini", lambda text: text.replace('"read_file"', '"read_file", "write_file"'))
    assert [(item.what, item.found) for item in proof.findings] == [("tools", "write_file")]
    assert proof.proved == ()


def test_an_absent_list_does_not_get_past_gemini() -> None:
    proof = _tampered("gemini", lambda text: text.replace('tools: ["read_file", "read_many_files"]\n', ""))
    assert [(item.what, item.found) for item in proof.findings] == [("tools", "all")]


def test_a_file_that_is_rejected_is_a_finding_with_the_hosts_own_words() -> None:
    proof = _tampered("gemini", lambda text: text.replace('kind: "local"', 'kind: "local"\nbanana: 1'))
    (finding,) = proof.findings
    assert finding.what == "loading"
    assert "banana" in finding.found


def test_a_wider_permission_does_not_get_past_opencode() -> None:
    proof = _tampered("opencode", lambda text: text.replace('  "*": "deny"\n', ""))
    (finding,) = proof.findings
    assert finding.what == "tools"
    assert "bash" in finding.found


def test_a_file_that_stops_opencode_is_an_error_and_not_a_traceback() -> None:
    _program("opencode")
    with pytest.raises(HostError, match="OpenCode says: "):
        _tampered("opencode", lambda text: text.replace("steps: 20", "steps: 0"))


def test_another_description_does_not_get_past_grok() -> None:
    proof = _tampered("grok", lambda text: text.replace("Looks.", "Acts."))
    assert [(item.what, item.found, item.expected) for item in proof.findings] == [("description", "Acts.", "Looks.")]


def test_a_wider_sandbox_does_not_get_past_codex() -> None:
    program = _program("codex")
    tools = ["list", "read", "glob", "grep"]
    ready = outfit(Persona(name="scout", description="Looks.", system_prompt="You look.", tools=tools))
    made = compile_outfit(ready, "codex")
    text = made.artifacts[0].text.replace("sandbox_mode=read-only", "sandbox_mode=danger-full-access")
    changed = replace(made, artifacts=(replace(made.artifacts[0], text=text),))
    assert {item.what for item in prove([(ready, changed)], program).findings} == {"tools"}


def test_the_last_rule_counts_in_opencode() -> None:
    rules = [
        {"permission": "*", "pattern": "*", "action": "allow"},
        {"permission": "*", "pattern": "*", "action": "deny"},
        {"permission": "edit", "pattern": "*", "action": "allow"},
        {"permission": "edit", "pattern": ".git/**", "action": "deny"},
        {"permission": "task", "pattern": "*", "action": "deny"},
        {"permission": "task", "pattern": "scout", "action": "allow"},
        {"permission": "external_directory", "pattern": "/home/me/.local/share/opencode/x/*", "action": "allow"},
    ]
    assert allowed_by_rules(rules) == ("edit", "task")


def test_a_tool_that_nobody_knows_is_beyond_everything() -> None:
    assert beyond(["Read", "Teleport"], ["read", "shell"], HOSTS["claude"]) == ("Teleport",)
    assert beyond(["mcp__board"], ["mcp__board"], HOSTS["claude"]) == ()
    assert beyond(["mcp__board"], ["shell"], HOSTS["claude"]) == ("mcp__board",)
