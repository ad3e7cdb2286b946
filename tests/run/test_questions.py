"""Tools that ask where nobody sits at a terminal: through the inbox, once, without making an effect doubtful."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from node_samples import bare_world, granted, node
from pydantic_ai.messages import ModelMessage, ModelResponse, ToolCallPart
from pydantic_ai.models.function import AgentInfo

from personae.run.node import Outcome
from personae.run.questions import InboxApprove
from personae.run.record import inbox
from personae.run.record.inbox import Decision, Verdict
from personae.run.record.record import Record
from personae.testing import record_in, said, scripted_performer
from personae.tools.approve import Question


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return record_in(tmp_path)


def reply(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
    if len(messages) == 1:
        return ModelResponse(parts=[ToolCallPart("send", {"to": "mayor"})])
    return said(str(messages[-1].parts[0].content))  # type: ignore[union-attr]


def performed(tmp_path: Path, record: Record, *, sent: list[str]) -> Outcome:
    approve = InboxApprove(record=record, wait=False)

    async def send(to: str) -> str:
        if not await approve(Question(who="scout", what="send a letter", detail=to)):
            return "refused"
        sent.append(to)
        return "sent"

    performer = scripted_performer(bare_world(tmp_path / "project"), reply, record)
    return asyncio.run(performer.perform(node(), granted=granted("once", send=send)))


def decide(record: Record, verdict: Verdict) -> None:
    (item,) = record.database.run(inbox.waiting)
    assert (item.kind, item.title, item.body) == ("tool", "scout wants to send a letter", {"detail": "mayor"})
    decision = Decision(item=item.id, verdict=verdict, body={}, who="ann", at=1.0)
    record.database.run(lambda transaction: inbox.decide(transaction, decision))


@pytest.mark.parametrize(
    ("verdict", "answer", "effects"), [("approved", "sent", ["mayor"]), ("rejected", "refused", [])]
)
def test_an_unanswered_question_stops_the_node_and_its_answer_lets_it_go_on(
    tmp_path: Path, record: Record, verdict: Verdict, answer: str, effects: list[str]
) -> None:
    sent: list[str] = []
    blocked = performed(tmp_path, record, sent=sent)
    assert (blocked.reason, blocked.error, sent) == ("blocked", "scout wants to send a letter", [])
    assert performed(tmp_path, record, sent=sent).item == blocked.item
    decide(record, verdict)
    # The call had only asked, so it is no call of unknown outcome.
    assert performed(tmp_path, record, sent=sent).text == answer
    assert sent == effects


def test_a_node_that_waits_for_a_person_does_not_run_out_of_time(tmp_path: Path, record: Record) -> None:
    sent: list[str] = []

    async def later() -> None:
        other = record_in(tmp_path)
        while not other.database.run(inbox.waiting):
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.4)
        decide(other, "approved")

    approve = InboxApprove(record=record, wait=True)

    async def send(to: str) -> str:
        assert await approve(Question(who="scout", what="send a letter", detail=to))
        sent.append(to)
        return "sent"

    async def both() -> Outcome:
        performer = scripted_performer(bare_world(tmp_path / "project"), reply, record)
        asking = replace(node(), timeout_s=0.3)
        deciding = asyncio.create_task(later())
        outcome = await performer.perform(asking, granted=granted("once", send=send))
        await deciding
        return outcome

    outcome = asyncio.run(both())
    assert (outcome.reason, outcome.text, sent) == ("done", "sent", ["mayor"])
