"""A loud tree works guarded until a person agrees to it, and each question says who asks for whom."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from node_samples import OFFER
from pydantic_ai.messages import ModelMessage, ModelResponse, ToolCallPart
from pydantic_ai.models.function import AgentInfo
from tree_samples import played, returned, spawns, world_of, write_persona

from personae.adopt.adopt import adopt
from personae.adopt.adoption import Adoption
from personae.adopt.world import World
from personae.run.modes.wearing import Wearing, put_on
from personae.run.perform import Performer
from personae.run.record import inbox
from personae.run.record.inbox import Decision
from personae.run.record.record import Record
from personae.run.trust import TRUST_FILE, agree, trust_of
from personae.testing import Reply, record_in, said, scripted_performer
from personae.tools.approve import Question
from personae.tools.declared import Declared, Legs, WayOut
from personae.tools.live import LiveTool

POST = Declared(effect="once", legs=Legs(untrusted="yes", way_out=WayOut(reviewed=False, trusted=False)))


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return record_in(tmp_path)


def loud_world(tmp_path: Path, toml: str = "") -> World:
    return world_of(tmp_path / "yard", toml, boss="[agent(scout)]", scout="[read, post]")


class Person:
    """Answers each question alike, and remembers them."""

    def __init__(self, *answers: bool) -> None:
        self.answers = list(answers)
        self.asked: list[Question] = []

    async def __call__(self, question: Question) -> bool:
        self.asked.append(question)
        return self.answers.pop(0)


def performer(world: World, record: Record, reply: Reply, person: Person | None, sent: list[str]) -> Performer:
    def post(text: str) -> str:
        """Post a text to the board."""
        sent.append(text)
        return "posted"

    made = scripted_performer(world, reply, record)
    live = {"post": LiveTool(name="post", call=post, declared=POST)}
    return Performer(world=world, models=made.models, seam=made.seam, approve=person, live=live)


def posts(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
    if len(messages) == 1:
        return ModelResponse(parts=[ToolCallPart("post", {"text": "the key"})])
    return said(returned(messages)[0])


def worn(made: Performer, name: str = "boss") -> Wearing:
    adoption = adopt(name, "sub-agent", world=made.world, task="Post it.")
    assert isinstance(adoption, Adoption), adoption
    return asyncio.run(put_on(adoption, made, run="run-1"))


def ask(wearing: Wearing) -> str:
    return asyncio.run(wearing.ask("Post it.")).text


REPLY = played(boss=spawns(("scout", "Post the key."), then=""), scout=posts)


def test_without_a_person_a_loud_tree_works_and_nothing_leaves(tmp_path: Path, record: Record) -> None:
    sent: list[str] = []
    wearing = worn(performer(loud_world(tmp_path), record, REPLY, None, sent))
    assert wearing.trust.verdict.level == "loud"
    assert wearing.trust.verdict.path == ("boss", "scout")
    assert "post was not called: nobody said yes to what it would carry out." in ask(wearing)
    assert sent == []
    (item,) = record.database.run(lambda transaction: inbox.waiting(transaction))
    assert (item.kind, item.persona) == ("trust", "boss")
    assert item.title == "boss brings together private data, what others wrote, and a way out"


def test_a_yes_in_the_inbox_frees_that_tree_and_nobody_is_asked_twice(tmp_path: Path, record: Record) -> None:
    sent: list[str] = []
    world = loud_world(tmp_path)
    worn(performer(world, record, REPLY, None, sent))
    worn(performer(world, record, REPLY, None, sent))
    (item,) = record.database.run(lambda transaction: inbox.waiting(transaction))
    yes = Decision(item=item.id, verdict="approved", body={}, who="a test", at=1.0)
    record.database.run(lambda transaction: inbox.decide(transaction, yes))
    wearing = worn(performer(world, record, REPLY, None, sent))
    assert not wearing.trust.guarded
    ask(wearing)
    assert sent == ["the key"]


def test_the_terminal_is_asked_once_and_a_change_of_the_tree_asks_again(tmp_path: Path, record: Record) -> None:
    world = loud_world(tmp_path)
    person = Person(True)
    assert not worn(performer(world, record, REPLY, person, [])).trust.guarded
    assert not worn(performer(world, record, REPLY, Person(), [])).trust.guarded
    (question,) = person.asked
    assert question.who == "boss"
    assert question.what == "work with private data, what others wrote, and a way out that nobody looks at"
    write_persona(tmp_path / "yard", "scout", tools="[read, grep, post]")
    again = Person(False)
    assert worn(performer(world, record, REPLY, again, [])).trust.guarded
    assert len(again.asked) == 1


def test_an_allow_rule_of_the_project_is_a_yes(tmp_path: Path, record: Record) -> None:
    world = loud_world(tmp_path, '[trust]\nallow = ["boss"]\n')
    wearing = worn(performer(world, record, REPLY, Person(), []))
    assert (wearing.trust.guarded, wearing.trust.agreed) == (False, "[trust] allow")


def test_a_guarded_call_shows_a_person_what_would_leave_who_asks_and_for_whom(tmp_path: Path, record: Record) -> None:
    sent: list[str] = []
    person = Person(False, True)
    ask(worn(performer(loud_world(tmp_path), record, REPLY, person, sent)))
    question = person.asked[1]
    assert question.who == "scout, for boss (ask/1/tool.0)"
    assert question.what == "call post, which carries out what it is given"
    assert question.detail == '{"text": "the key"}'
    assert sent == ["the key"]


def test_a_folder_that_begins_empty_holds_nothing_private(tmp_path: Path) -> None:
    root = tmp_path / "yard"
    world_of(root)
    write_persona(root, "digger", tools="[read, fetch]", more="needsTempWorkspace: true\n")
    write_persona(root, "reader", tools="[read, fetch]")
    world = world_of(root)
    levels = {}
    for name in ("digger", "reader"):
        adoption = adopt(name, "sub-agent", world=world)
        assert isinstance(adoption, Adoption)
        levels[name] = trust_of(adoption, world).verdict.level
    assert levels == {"digger": "silent", "reader": "loud"}


def test_a_tool_that_says_nothing_of_itself_is_taken_for_the_worst(tmp_path: Path) -> None:
    world = world_of(tmp_path / "yard", scout="[odd]")
    from dataclasses import replace

    world = replace(world, tools=world.tools | {"odd"})
    adoption = adopt("scout", "sub-agent", world=world)
    assert isinstance(adoption, Adoption)
    assert trust_of(adoption, world).verdict.level == "loud"
    agree(trust_of(adoption, world), world.project)
    assert not trust_of(adoption, world).guarded
    assert (world.project.root / TRUST_FILE).exists()
    assert OFFER.embedded
