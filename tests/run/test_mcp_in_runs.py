"""Tools of servers and of host programs in runs: granted by name, shared or copied as they ask, an error when gone."""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic_ai.messages import ModelMessage, ModelResponse, ToolCallPart
from pydantic_ai.models.function import AgentInfo
from tree_samples import Part, perform, played, returned, root_node, spawns, world_of, write_persona

from personae.adopt.world import World
from personae.run.perform import Performer
from personae.testing import Reply, record_in, said, scripted_performer
from personae.tools.declared import Declared, Legs
from personae.tools.live import LiveTool
from personae.tools.mcp_servers import McpServers
from personae.tools.workspace import Workspace

SERVER = Path(__file__).parents[1] / "tools" / "servers" / "yard_server.py"
QUIET = Declared(effect="none", legs=Legs())


def yard(tmp_path: Path, **env: str) -> tuple[World, McpServers]:
    world = world_of(tmp_path / "yard", boss="[agent(scout)]", scout="[yard.describe]")
    world = replace(world, tools=world.tools | {"yard.describe"})
    table = {"command": [sys.executable, str(SERVER)], "env": ["YARD_VARIANT"]}
    return world, McpServers(root=world.project.root, tables={"yard": table}, env={**os.environ, **env})


def ask(world: World, reply: Reply, servers: McpServers, tmp_path: Path) -> str:
    made = scripted_performer(world, reply, record_in(tmp_path))
    performer = Performer(world=world, models=made.models, seam=made.seam, servers=servers)

    async def run() -> str:
        try:
            outcome = await performer.perform(root_node(world, "boss"))
            return outcome.text
        finally:
            await servers.close()

    return asyncio.run(run())


def calls(tool: str, **args: object) -> Part:
    def part(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        if len(messages) == 1:
            return ModelResponse(parts=[ToolCallPart(tool, args)])
        return said(returned(messages)[0])

    return part


def test_a_child_calls_a_tool_of_a_real_server(tmp_path: Path) -> None:
    pytest.importorskip("mcp")
    world, servers = yard(tmp_path)
    names: list[list[str]] = []

    def scout(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        names.append([tool.name for tool in info.function_tools])
        answer = calls("yard__describe", thing="pump")(messages, info)
        assert isinstance(answer, ModelResponse)
        return answer

    text = ask(world, played(boss=spawns(("scout", "Look.")), scout=scout), servers, tmp_path)
    assert "The pump is red." in text
    assert names == [["yard__describe"], ["yard__describe"]]


def test_a_server_that_is_down_ends_the_child_with_its_name_and_no_model_is_asked(tmp_path: Path) -> None:
    pytest.importorskip("mcp")
    world, servers = yard(tmp_path, YARD_VARIANT="broken")
    text = ask(world, played(boss=spawns(("scout", "Look."))), servers, tmp_path)
    assert "scout did not finish (it failed): the MCP server yard cannot be used: " in text
    assert "the yard is closed" in text


def test_a_changed_tool_ends_the_child_until_a_person_approves_it(tmp_path: Path) -> None:
    pytest.importorskip("mcp")
    world, servers = yard(tmp_path)
    ask(world, played(boss=spawns(("scout", "Look.")), scout=calls("yard__describe", thing="pump")), servers, tmp_path)
    world, servers = yard(tmp_path, YARD_VARIANT="changed")
    (tmp_path / "again").mkdir()
    text = ask(world, played(boss=spawns(("scout", "Look."))), servers, tmp_path / "again")
    assert "it describes yard.describe in another way than before" in text


class Counter:
    """A tool that holds state."""

    def __init__(self, name: str = "shared") -> None:
        self.name, self.times = name, 0

    def __call__(self) -> str:
        """Count."""
        self.times += 1
        return f"{self.name} {self.times}"


@pytest.mark.parametrize(("copied", "seen"), [(False, ["shared 2", "shared 3"]), (True, ["a copy 1", "a copy 1"])])
def test_a_live_tool_is_the_same_for_all_unless_it_asks_for_a_copy_for_each_child(
    tmp_path: Path, copied: bool, seen: list[str]
) -> None:
    world = world_of(tmp_path / "yard", boss="[agent(scout), count]", scout="[count]")
    counter = Counter()

    def count() -> str:
        """Count."""
        return counter()

    def copy() -> object:
        own = Counter("a copy")

        def count() -> str:
            """Count."""
            return own()

        return count

    told: list[str] = []

    def boss(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        turns = [
            ModelResponse(parts=[ToolCallPart("count", {})]),
            ModelResponse(parts=[ToolCallPart("agent", {"name": "scout", "task": "One."})]),
            ModelResponse(parts=[ToolCallPart("agent", {"name": "scout", "task": "Two."})]),
            said("Done."),
        ]
        return turns[len(messages) // 2]

    def scout(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        answer = calls("count")(messages, info)
        assert isinstance(answer, ModelResponse)
        if len(messages) > 1:
            told.append(returned(messages)[0])
        return answer

    tool = LiveTool(name="count", call=count, declared=QUIET, for_sub_agent=copy if copied else None)  # type: ignore[arg-type]
    made = scripted_performer(world, played(boss=boss, scout=scout), record_in(tmp_path))
    performer = Performer(world=world, models=made.models, seam=made.seam, live={"count": tool})
    assert perform(performer, root_node(performer.world, "boss")).done
    assert told == seen


def test_a_live_tool_is_bound_to_the_temporary_workspace_of_a_child(tmp_path: Path) -> None:
    root = tmp_path / "yard"
    world_of(root, boss="[agent(digger)]")
    write_persona(root, "digger", tools="[where]", more="needsTempWorkspace: true\n")
    world = world_of(root)

    def where() -> str:
        """Say where."""
        return "everywhere"

    def there(workspace: Workspace) -> object:
        def where() -> str:
            """Say where."""
            return f"in {workspace.root.parent.name}"

        return where

    tool = LiveTool(name="where", call=where, declared=QUIET, with_workspace=there)  # type: ignore[arg-type]
    reply = played(boss=spawns(("digger", "Dig.")), digger=calls("where"))
    made = scripted_performer(world, reply, record_in(tmp_path))
    performer = Performer(world=world, models=made.models, seam=made.seam, live={"where": tool})
    assert "in personae-" in perform(performer, root_node(performer.world, "boss")).text


def test_a_tool_of_the_pool_of_sub_agents_is_kept_from_their_parent(tmp_path: Path) -> None:
    world = world_of(
        tmp_path / "yard",
        '[pools]\nparent = ["agent", "list"]\nsubagents = ["read"]\n',
        boss="[agent(scout), read]",
        scout="[read]",
    )
    seen: dict[str, list[str]] = {}

    def noting(name: str, then: Part) -> Part:
        def part(messages: list[ModelMessage], info: AgentInfo) -> object:
            seen[name] = [tool.name for tool in info.function_tools]
            return then(messages, info)

        return part  # type: ignore[return-value]

    from personae.adopt.adopt import adopt
    from personae.adopt.adoption import Adoption
    from personae.run.node import node_of

    adoption = adopt("boss", "interactive", world=world, task="Go.")
    assert isinstance(adoption, Adoption)
    reply = played(boss=noting("boss", spawns(("scout", "Look."))), scout=noting("scout", lambda m, i: said("Red.")))
    made = scripted_performer(world, reply, record_in(tmp_path))
    assert perform(made, node_of(adoption, run="run-1", path="ask")).done
    assert seen == {"boss": ["agent"], "scout": ["read"]}
