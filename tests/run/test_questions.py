"""Tools that ask where nobody sits at a terminal: through the inbox, once, without making an effect doubtful."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from node_samples import bare_world, granted, node
from pydantic_ai.messages import ModelMessage, ModelResponse, ToolCallPart
from pydantic_ai.models.function import AgentInfo

from personae.run.deadline import standing_still, within
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


def test_the_time_of_a_node_stands_still_while_a_person_is_waited_for() -> None:
    async def waited() -> str:
        async with within(1.0):
            with standing_still(), standing_still():
                await asyncio.sleep(1.2)
            return "in time"

    async def worked() -> None:
        async with within(0.01):
            await asyncio.sleep(60)

    assert asyncio.run(waited()) == "in time"
    with pytest.raises(TimeoutError):
        asyncio.run(worked())
