"""Nothing but the task goes down to a child, and nothing but its last message comes up: for any texts whatever."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import replace
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from node_samples import OFFER, granted
from pydantic_ai.messages import (
    ModelMessage,
    ModelMessagesTypeAdapter,
    ModelResponse,
    TextPart,
    ThinkingPart,
    ToolCallPart,
)
from pydantic_ai.models.function import AgentInfo

from personae.adopt.adopt import adopt
from personae.adopt.adoption import Adoption
from personae.adopt.compose import Material
from personae.adopt.world import World
from personae.library.project import Project
from personae.library.registry import Registry
from personae.library.roster import SnapshotShelf
from personae.persona.model import Persona
from personae.run.node import node_of
from personae.run.perform import Talk, grant_of_node
from personae.testing import record_in, said, scripted_performer

# A text that stands nowhere by chance; what is around it is anything.
secrets = st.lists(
    st.builds(
        lambda number, around: f"{around} S{number:016x}S {around}",
        st.integers(min_value=2**60, max_value=2**64 - 1),
        st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="S"), max_size=30),
    ),
    min_size=12,
    max_size=12,
    unique_by=lambda text: text.split("S")[-2],
)


def marks(text: str) -> set[str]:
    return {part for part in text.split("S") if len(part) == 16 and set(part) <= set("0123456789abcdef")}


@settings(max_examples=60, deadline=None)
@given(secrets)
def test_no_text_of_a_parent_reaches_a_child_and_only_the_last_message_comes_back(texts: list[str]) -> None:
    stance, backstory_of_boss, document, history, found, thought, task = texts[:7]
    child_stance, child_line, child_thought, child_found, final = texts[7:]
    boss = Persona(
        name="boss", description=backstory_of_boss, system_prompt=f"BOSS {stance}", tools=["look"], personas=["scout"]
    )
    scout = Persona(name="scout", description=child_line, system_prompt=f"SCOUT {child_stance}", tools=["list"])
    to_child: list[str] = []
    to_parent: list[str] = []

    def reply(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        whole = ModelMessagesTypeAdapter.dump_json(messages).decode() + str(info)
        if "SCOUT" in str(info.instructions):
            to_child.append(whole)
            if len(messages) == 1:
                return ModelResponse(parts=[ThinkingPart(child_thought), ToolCallPart("list", {"path": child_found})])
            return said(final)
        to_parent.append(whole)
        if len(to_parent) == 1:
            return ModelResponse(parts=[ThinkingPart(thought), TextPart(thought), ToolCallPart("look", {"at": "pump"})])
        if len(to_parent) == 2:
            return ModelResponse(parts=[ToolCallPart("agent", {"name": "scout", "task": task})])
        return said("Done.")

    with tempfile.TemporaryDirectory() as folder:
        world = World(
            shelf=SnapshotShelf(Registry([boss, scout]).snapshot()),
            project=Project(root=Path(folder)),
            models=lambda wish: OFFER,
            tools=frozenset(["agent", "look", "list"]),
        )
        performer = scripted_performer(world, reply, record_in(Path(folder)))
        adoption = adopt("boss", "sub-agent", world=world, task="Go.", materials=[Material(name="x", text=document)])
        assert isinstance(adoption, Adoption), adoption
        node = node_of(adoption, run="run-1", path="ask")
        spawning = performer.tools(grant_of_node(node))
        before = [ModelResponse(parts=[TextPart(history)])]
        both = replace(spawning, tools={**spawning.tools, **granted(look=lambda at: found).tools})
        outcome = asyncio.run(performer.perform(node, granted=both, talk=Talk(history=before)))
        performer.seam.record.database.close()

    assert outcome.done
    assert marks("".join(to_child)) == marks(task + child_stance + child_thought + child_found)
    everything = marks("".join(to_parent))
    assert marks(final) <= everything
    assert not marks(child_stance + child_thought + child_found) & everything
