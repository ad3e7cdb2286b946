"""Wearing a persona: what its model is sent, what it may call, what stays in memory; loops and conversations."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic_ai.messages import ModelMessage, ModelRequest, ModelResponse, ToolCallPart, UserPromptPart
from pydantic_ai.models import Model
from pydantic_ai.models.function import AgentInfo, FunctionModel

from personae.adopt.adopt import adopt
from personae.adopt.adoption import Adoption, Refusal
from personae.adopt.compose import Material
from personae.adopt.select import Selection
from personae.adopt.world import World
from personae.adopt.world_store import open_world
from personae.library.tiers import ModelBinding, ModelOffer
from personae.memory.book import read_book
from personae.run.modes.chat import Chat
from personae.run.modes.checks import Verdict
from personae.run.modes.loop import LoopRound, loop
from personae.run.modes.wearing import Wearing, put_on
from personae.run.perform import Performer
from personae.testing import Reply, ScriptedModels, record_in, said, scripted_performer

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def performer(world: World, reply: Reply) -> Performer:
    return scripted_performer(world, reply, record_in(world.project.root / ".personae", now=lambda: NOW))


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    root = tmp_path / "project"
    for slug, extra in (("scout", ""), ("clerk", "skills: [filing]\n")):
        folder = root / ".agents" / slug
        folder.mkdir(parents=True)
        text = (
            f"---\nname: {slug.title()}\nrole: Tester\ntype: specialist\ntools: none\n{extra}---\nYou are the {slug}.\n"
        )
        (folder / "persona.md").write_text(text)
    skill = root / ".agents" / "skills" / "filing" / "SKILL.md"
    skill.parent.mkdir(parents=True)
    skill.write_text("---\nname: filing\ndescription: How files are named.\n---\nName them by date.\n")
    (root / "personae.toml").write_text('[workflow.look]\npersona = "scout"\n')
    offer = ModelOffer(embedded=True, embedded_model="smollm2-135m")
    return open_world(root, models=lambda project, wish: offer, now=lambda: NOW)


def worn(world: World, name: str, mode: str, reply: Reply, *, task: str | None = None, warm: bool = False) -> Wearing:
    adoption = adopt(name, mode, world=world, task=task, warm=warm)
    assert isinstance(adoption, Adoption), adoption
    return asyncio.run(put_on(adoption, performer(world, reply), run="run-1"))


def test_the_model_of_a_sub_agent_gets_its_stance_and_the_task(world: World) -> None:
    seen: list[tuple[str | None, str]] = []

    def reply(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        request = messages[0]
        assert isinstance(request, ModelRequest)
        (part,) = request.parts
        assert isinstance(part, UserPromptPart)
        seen.append((info.instructions, str(part.content)))
        return said("A pump.")

    wearing = worn(world, "scout", "sub-agent", reply, task="What is there?")
    assert asyncio.run(wearing.ask("What is there?")).text == "A pump."
    assert seen == [("You are the scout.", "What is there?")]


def test_a_skills_text_is_loaded_only_when_it_is_used(world: World) -> None:
    returned: list[str] = []

    def reply(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        if len(messages) == 1:
            assert "Name them by date." not in str(messages) + str(info.instructions)
            assert "- filing: How files are named." in str(info.instructions)
            return ModelResponse(parts=[ToolCallPart("skill", {"slug": "filing"})])
        returned.append(str(messages[-1]))
        return said("By date.")

    wearing = worn(world, "clerk", "sub-agent", reply, task="How?")
    assert asyncio.run(wearing.ask("How?")).text == "By date."
    assert "Name them by date." in returned[0]


def test_reflection_keeps_what_is_new_with_the_run_it_came_from(world: World) -> None:
    def reply(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        return said(json.dumps({"entries": [{"text": "The pump at gate 4 is new.", "importance": 3}]}))

    wearing = worn(world, "scout", "loop", reply, task="Look.")
    first = asyncio.run(wearing.reflect("The pump at gate 4 is new.", run="run-1", now=NOW))
    again = asyncio.run(wearing.reflect("The pump at gate 4 is new.", run="run-2", now=NOW))
    assert (first.kept, first.fault, again.kept) == (("The pump at gate 4 is new.",), "", ())
    (entry,) = read_book(world.project.root / ".agents" / "scout" / "memory.md").entries
    assert (entry.text, entry.run, entry.date) == ("The pump at gate 4 is new.", "run-1", NOW)


def test_a_reflection_that_is_gone_on_with_asks_what_it_asked_and_keeps_it_once(world: World) -> None:
    asked: list[str] = []

    def reply(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        asked.append(str(messages))
        return said(json.dumps({"entries": [{"text": "The pump at gate 4 is new.", "importance": 3}]}))

    first = worn(world, "scout", "loop", reply, task="Look at the pump.")
    asyncio.run(first.reflect("The pump is new.", run="run-1", now=NOW))
    # Another process: by now memory recalls what the first one kept, and would make it another question.
    again = worn(world, "scout", "loop", reply, task="Look at the pump.")
    assert again.adoption.recalled.entries
    replayed = asyncio.run(again.reflect("The pump is new.", run="run-1", now=NOW))
    assert (replayed.kept, replayed.fault, len(asked)) == ((), "", 1)
    assert len(read_book(world.project.root / ".agents" / "scout" / "memory.md").entries) == 1


def test_texts_that_were_given_stand_before_what_every_round_asks(world: World) -> None:
    seen: list[str] = []

    def reply(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        (part,) = messages[0].parts
        assert isinstance(part, UserPromptPart)
        seen.append(str(part.content))
        return said("Seen.")

    note = Material(name="note.md", text="The pump runs.")
    adoption = adopt("scout", "goal", world=world, task="Say it.", materials=[note])
    assert isinstance(adoption, Adoption)
    wearing = asyncio.run(put_on(adoption, performer(world, reply), run="run-1"))
    for number in (1, 2):
        asyncio.run(wearing.ask(f"Round {number}.", path=f"round.{number}"))
    for number, text in enumerate(seen, 1):
        assert text.index("The pump runs.") < text.index(f"Round {number}.")
        assert "Say it." not in text


def test_a_reflection_that_fails_does_not_spoil_the_run(world: World) -> None:
    wearing = worn(world, "scout", "loop", lambda messages, info: said("no JSON"), task="Look.")
    reflection = asyncio.run(wearing.reflect("x", run="run-1", now=NOW))
    assert reflection.kept == ()
    assert reflection.fault


def test_a_loop_remembers_across_rounds_and_starts_each_with_a_clean_history(world: World) -> None:
    prompts: list[str] = []
    rests: list[float] = []

    def reply(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        if "<happened>" in str(messages):
            return said(json.dumps({"entries": [{"text": f"Round {len(prompts)} saw the pump.", "importance": 3}]}))
        assert len(messages) == 1
        prompts.append(str(info.instructions))
        return said(f"Looked {len(prompts)} times.")

    done_by = performer(world, reply)

    async def one_round(number: int):  # type: ignore[no-untyped-def]
        adoption = adopt("scout", "loop", world=world, task="Look at the pump.")
        assert isinstance(adoption, Adoption)
        wearing = await put_on(adoption, done_by, run="run-1")
        answer = await wearing.ask("Look at the pump.", path=f"round.{number}")
        return answer, await wearing.reflect(answer.text, run=f"run-{number}", now=NOW)

    async def until(answer: str) -> Verdict:
        return Verdict(passed="3 times" in answer, said="seen")

    async def rest(seconds: float) -> None:
        rests.append(seconds)

    async def all_rounds() -> list[LoopRound]:
        return [done async for done in loop(one_round, every_s=60, rest=rest, until=until)]

    rounds = asyncio.run(all_rounds())
    assert [done.last for done in rounds] == [False, False, True]
    assert rests == [60, 60]
    assert "<memory>" not in prompts[0]
    assert "Round 1 saw the pump." in prompts[1]
    assert "Round 2 saw the pump." in prompts[2]


def test_a_loop_ends_after_so_many_rounds(world: World) -> None:
    wearing = worn(world, "scout", "loop", lambda messages, info: said("Seen."), task="Look.")

    async def one_round(number: int):  # type: ignore[no-untyped-def]
        answer = await wearing.ask("Look.", path=f"round.{number}")
        return answer, await wearing.reflect("x", run=f"r-{number}", now=NOW)

    async def rest(seconds: float) -> None:
        pass

    async def count() -> int:
        return len([done async for done in loop(one_round, every_s=1, rest=rest, most_rounds=2)])

    assert asyncio.run(count()) == 2


def chat_in(world: World, reply: Reply) -> Chat:
    return Chat(performer=performer(world, reply), run="run-1")


def test_a_conversation_keeps_what_was_said_when_the_stance_is_swapped(world: World) -> None:
    seen: list[tuple[str | None, list[str]]] = []

    def reply(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        requests = [message for message in messages if isinstance(message, ModelRequest)]
        words = [str(part.content) for item in requests for part in item.parts if isinstance(part, UserPromptPart)]
        seen.append((info.instructions, words))
        return said("Yes.")

    async def talk() -> Chat:
        chat = chat_in(world, reply)
        await chat.begin("scout")
        await chat.say("Is there a pump?", on_text=lambda piece: None)
        await chat.wear("clerk")
        await chat.say("Note it.", on_text=lambda piece: None)
        await chat.release()
        await chat.say("Thanks.", on_text=lambda piece: None)
        return chat

    chat = asyncio.run(talk())
    assert seen[0] == ("You are the scout.", ["Is there a pump?"])
    assert str(seen[1][0]).startswith("You are the clerk.")
    assert seen[1][1] == ["Is there a pump?", "Note it."]
    assert seen[2] == (None, ["Is there a pump?", "Note it.", "Thanks."])
    assert [(change.what, change.slug) for change in chat.session.changes] == [
        ("wore", "scout"),
        ("swapped", "clerk"),
        ("released", "clerk"),
    ]


def test_a_step_wears_whom_the_project_names_and_a_refusal_leaves_the_stance(world: World) -> None:
    async def talk() -> None:
        chat = chat_in(world, lambda messages, info: said("x"))
        await chat.begin(None)
        assert chat.wearing.adoption.slug == "brain"
        await chat.wear(step="look")
        assert chat.wearing.adoption.slug == "scout"
        refused = await chat.wear("nobody")
        assert isinstance(refused, Refusal)
        nothing = await chat.wear(step="dance")
        assert isinstance(nothing, Selection)
        assert chat.wearing.adoption.slug == "scout"

    asyncio.run(talk())


def test_an_answer_that_is_stopped_was_never_said(world: World) -> None:
    async def talk() -> Chat:
        chat = chat_in(world, lambda messages, info: said("x"))
        await chat.begin("scout")
        task = asyncio.create_task(chat.say("Is there?", on_text=lambda piece: None))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return chat

    assert asyncio.run(talk()).said == []


def test_text_is_streamed_as_it_comes(world: World) -> None:
    async def stream(messages: list[ModelMessage], info: AgentInfo):  # type: ignore[no-untyped-def]
        for piece in ("The ", "rain ", "falls."):
            yield piece

    class Streaming(ScriptedModels):
        async def model(self, binding: ModelBinding) -> Model:
            return FunctionModel(stream_function=stream)

    async def talk() -> list[str]:
        pieces: list[str] = []
        chat = chat_in(world, lambda messages, info: said("x"))
        chat.performer.models = Streaming(world.project, lambda messages, info: said("never"))
        await chat.begin("scout")
        answer = await chat.say("Rain?", on_text=pieces.append)
        assert answer.text == "The rain falls."
        return pieces

    assert "".join(asyncio.run(talk())) == "The rain falls."
