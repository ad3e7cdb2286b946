"""What surrounds a persona reaches its files: opinions, skills, capabilities, pools, tiers, budgets."""

from __future__ import annotations

from pathlib import Path

import pytest

from personae.adopt.world import World
from personae.adopt.world_store import open_world
from personae.errors import UnknownNameError, UsageError
from personae.hosts.batch import artifacts_of, compile_all, make_ready, pick_hosts
from personae.hosts.compile import COMPILERS, compile_outfit
from personae.library.tiers import ModelOffer

_PERSONA = """---
kind: persona
name: scout
description: Looks.
{fields}
---
You look.
"""


def _write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _world(folder: Path) -> World:
    return open_world(folder, models=lambda project, wish: ModelOffer())


def _claude(folder: Path, fields: str, **files: str) -> str:
    _write(folder, **{"personas/scout.md": _PERSONA.format(fields=fields), "personae.toml": "", **files})
    (ready,) = make_ready(["scout"], _world(folder)).outfits
    return compile_outfit(ready, "claude").artifacts[0].text


def test_opinions_are_folded_into_the_prompt(tmp_path: Path) -> None:
    text = _claude(
        tmp_path,
        "opinions: [terse]\nmodes: [sub-agent]",
        **{
            "opinions/terse.md": "---\nkind: opinion\n---\nSay it once.\n",
            ".personae/opinions/terse.md": "---\nkind: opinion\n---\nNames of files are facts.\n",
        },
    )
    assert text.index("You look.") < text.index("Say it once.") < text.index("Names of files are facts.")


def test_skills_are_named_with_their_files(tmp_path: Path) -> None:
    skill = "---\nname: maps\ndescription: Draws maps.\n---\nDraw.\n"
    text = _claude(tmp_path, "skills: [maps]\nmodes: [sub-agent]", **{".agents/skills/maps/SKILL.md": skill})
    assert "- maps (.agents/skills/maps/SKILL.md): Draws maps.\n" in text


def test_a_capability_on_a_server_brings_its_tools_by_their_name_there(tmp_path: Path) -> None:
    text = _claude(
        tmp_path,
        "tools: [read, mcp__board]\nenhances: [board]\nmodes: [sub-agent]",
        **{
            "personae.toml": '[mcp.board]\ncommand = ["board"]\n[capabilities.board]\ntools = ["mcp__board"]\n'
            'server = "board"\n'
        },
    )
    assert 'tools: "Read, mcp__board"\n' in text


def test_pools_and_defaults_of_the_project_narrow_what_is_written(tmp_path: Path) -> None:
    pools = {"personae.toml": '[pools]\nparent = ["read", "grep"]\nsubagents = ["shell"]\n'}
    assert 'tools: "Read, Bash"\n' in _claude(tmp_path, "tools: [read, edit, shell]\nmodes: [sub-agent]", **pools)
    defaults = {"personae.toml": '[defaults]\ntools = ["read"]\n'}
    assert 'tools: "Read"\n' in _claude(tmp_path, "modes: [sub-agent]", **defaults)


def test_a_budget_of_the_project_is_a_limit_of_each_persona(tmp_path: Path) -> None:
    budget = {"personae.toml": "[defaults.budget]\nperRun = {maxCostUsd = 2}\n"}
    assert "--max-budget-usd 2 " in _claude(tmp_path, "tools: [read]\nmodes: [sub-agent]", **budget)


def test_a_tier_of_the_project_names_the_model(tmp_path: Path) -> None:
    tiers = {"personae.toml": '[tiers.T2]\nmodel = "claude-opus-5"\neffort = "low"\n'}
    text = _claude(tmp_path, "tier: T2\nmodes: [sub-agent]", **tiers)
    assert 'model: "claude-opus-5"\neffort: "low"\n' in text


def test_a_persona_that_fails_the_gate_is_not_compiled_and_the_others_are(tmp_path: Path) -> None:
    _write(tmp_path, **{"personas/scout.md": _PERSONA.format(fields="requires: [writer]"), "personae.toml": ""})
    ready = make_ready(["scout", "reviewer"], _world(tmp_path))
    assert [one.slug for one in ready.outfits] == ["reviewer"]
    assert [item.message for item in ready.diagnostics] == ["'writer' is a persona, and nothing may depend on one"]


def test_the_brain_is_never_compiled(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the brain is beneath every adoption and is no agent of its own"):
        make_ready(["brain"], _world(tmp_path))


def test_an_unknown_persona_is_refused_with_the_one_that_was_meant(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="unknown persona 'reviewr'"):
        make_ready(["reviewr"], _world(tmp_path))


def test_whoever_may_start_any_persona_may_start_those_that_declare_it(tmp_path: Path) -> None:
    (ready,) = make_ready(["coordinator"], _world(tmp_path)).outfits
    assert "maintainer" not in ready.subagents
    assert "coordinator" not in ready.subagents
    assert '    reviewer: "allow"\n' in compile_outfit(ready, "opencode").artifacts[0].text


def test_two_personas_in_one_file_are_refused(tmp_path: Path) -> None:
    free = _PERSONA.format(fields="")
    files = {"personas/scout.md": free, "personas/other.md": free.replace("scout", "other"), "personae.toml": ""}
    _write(tmp_path, **files)
    made = compile_all(make_ready(["scout", "other"], _world(tmp_path)).outfits, ["agents-md"])
    with pytest.raises(UsageError, match=r"scout and other would both be AGENTS\.md \(AGENTS\.md\)"):
        artifacts_of(made)


def test_names_that_differ_only_for_us_are_refused_too(tmp_path: Path) -> None:
    free = _PERSONA.format(fields="")
    files = {"personas/a-b.md": free.replace("scout", "a-b"), "personas/a_b.md": free.replace("scout", "a_b")}
    _write(tmp_path, **files, **{"personae.toml": ""})
    made = compile_all(make_ready(["a-b", "a_b"], _world(tmp_path)).outfits, ["skill"])
    with pytest.raises(UsageError, match=r"a-b and a_b would both be \.agents/skills/a-b/SKILL\.md"):
        artifacts_of(made)


def test_all_hosts_are_those_whose_files_can_stand_side_by_side() -> None:
    assert pick_hosts("all", COMPILERS) == tuple(
        host for host in COMPILERS if host not in ("agents-md", "a2a", "mcp-prompt")
    )
    assert pick_hosts("codex, claude", COMPILERS) == ("codex", "claude")
    with pytest.raises(UnknownNameError, match="unknown host 'open-code'"):
        pick_hosts("open-code", COMPILERS)
