"""What a persona's grant becomes: callables for what is built, a name for what is not, and a declaration for each."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from pydantic_ai import Agent
from pydantic_ai.models.test import TestModel

from personae.adopt.adopt import adopt
from personae.adopt.adoption import Adoption
from personae.adopt.world import World
from personae.adopt.world_store import open_world
from personae.library.substrate import BUILT_IN_TOOLS, TEAM_ANSWERS
from personae.library.tiers import ModelOffer
from personae.tools.declared import DECLARED, SHELL_OUTSIDE
from personae.tools.granted import grant_of, tools_of

NOT_YET = ("agent", "delegate")


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    root = tmp_path / "project"
    (root / "personas").mkdir(parents=True)
    everything = ", ".join(BUILT_IN_TOOLS)
    for name, keys in {
        "all-tools": f"tools: [{everything}]",
        "reader": "tools: [read, grep]",
        "none": "tools: none",
        "cloner": f"tools: [{everything}]\nneedsTempWorkspace: true",
    }.items():
        (root / "personas" / f"{name}.md").write_text(f"---\nkind: persona\nname: {name}\n{keys}\n---\nYou are.\n")
    (root / ".agents" / "keeper").mkdir(parents=True)
    (root / ".agents" / "keeper" / "persona.md").write_text(
        "---\nname: Keeper\nrole: Keeper\ntype: specialist\nvisibility: folder\ntools: [write]\n---\nYou keep.\n"
    )
    return open_world(root, models=lambda project, wish: ModelOffer(embedded=True, embedded_model="smollm2-135m"))


def adopted(world: World, name: str) -> Adoption:
    found = adopt(name, "sub-agent", world=world, task="Look.")
    assert isinstance(found, Adoption), found
    return found


def test_every_built_in_tool_is_there_except_those_that_are_not_built(world: World) -> None:
    granted = tools_of(grant_of(adopted(world, "all-tools")), world)
    assert tuple(granted.tools) == tuple(name for name in BUILT_IN_TOOLS if name not in NOT_YET)
    assert granted.not_yet == NOT_YET
    assert [tool.__name__ for tool in granted.tools.values()] == list(granted.tools)


def test_no_more_than_was_granted(world: World) -> None:
    assert set(tools_of(grant_of(adopted(world, "reader")), world).tools) == {"read", "grep"}
    assert tools_of(grant_of(adopted(world, "none")), world).tools == {}


def test_a_persona_that_needs_a_temporary_workspace_never_gets_the_project(world: World) -> None:
    granted = tools_of(grant_of(adopted(world, "cloner")), world)
    assert set(granted.tools) == {"fetch"}
    assert "read" in granted.later


def test_a_model_is_told_what_each_argument_is(world: World) -> None:
    model = TestModel(call_tools=[])
    agent = Agent(model, tools=list(tools_of(grant_of(adopted(world, "all-tools")), world).tools.values()))
    asyncio.run(agent.run("Look."))
    assert model.last_model_request_parameters is not None
    for tool in model.last_model_request_parameters.function_tools:
        assert tool.description, tool.name
        properties = tool.parameters_json_schema["properties"]
        assert all(shape.get("description") for shape in properties.values()), tool.name


def test_every_tool_that_is_built_declares_its_effect_and_its_legs() -> None:
    assert set(DECLARED) == {*BUILT_IN_TOOLS, *TEAM_ANSWERS, "skill"} - set(NOT_YET)
    assert [name for name, tool in DECLARED.items() if tool.effect == "once"] == ["edit", "shell"]
    assert [name for name, tool in DECLARED.items() if tool.legs.way_out] == ["fetch"]
    assert SHELL_OUTSIDE.legs.way_out is not None
    assert SHELL_OUTSIDE.legs.way_out.reviewed


def test_a_persona_writes_neither_its_own_file_nor_its_memory(world: World) -> None:
    write = tools_of(grant_of(adopted(world, "keeper")), world).tools["write"]
    assert [write(path, "x") for path in ("persona.md", "memory.md", "notes.md")] == [
        "'persona.md' is refused: 'persona.md' is not written by tools.",
        "'memory.md' is refused: 'memory.md' is not written by tools.",
        "Wrote notes.md (1 byte, new).",
    ]
