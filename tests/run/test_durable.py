"""The seam: what is finished is never done again, what may have been done is never repeated by itself, caps hold."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from node_samples import bare_world, granted, node
from pydantic_ai.exceptions import ModelHTTPError
from pydantic_ai.messages import ModelMessage, ModelResponse, ToolCallPart
from pydantic_ai.models.function import AgentInfo
from pydantic_ai.usage import RequestUsage

from personae.errors import RecordError
from personae.persona.model import Budget
from personae.run.durable import idempotency_key
from personae.run.node import Outcome
from personae.run.perform import Performer
from personae.run.record import inbox, journal, ledger
from personae.run.record.inbox import Decision, Verdict
from personae.run.record.ledger import Account, caps_of
from personae.run.record.record import Record
from personae.testing import Reply, record_in, said, scripted_performer


class Killed(BaseException):
    """Stands for the end of the process: nothing catches it, nothing is written after it."""


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return record_in(tmp_path)


def performer(tmp_path: Path, reply: Reply, record: Record) -> Performer:
    return scripted_performer(bare_world(tmp_path / "project"), reply, record)


def calls_then_says(*calls: ToolCallPart, text: str = "Seen.") -> tuple[Reply, list[int]]:
    """A model that calls tools in its first turn and answers in its second; and how often it was asked."""
    asked: list[int] = []

    def reply(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        asked.append(len(messages))
        return ModelResponse(parts=list(calls)) if len(messages) == 1 else said(text)

    return reply, asked


def decide(record: Record, verdict: Verdict, **body: str) -> str:
    def do(transaction: object) -> str:
        (item,) = inbox.waiting(transaction)  # type: ignore[arg-type]
        inbox.decide(transaction, Decision(item=item.id, verdict=verdict, body=body, who="a test", at=1.0))  # type: ignore[arg-type]
        return item.title

    return record.database.run(do)


def keys(record: Record) -> list[str]:
    return [entry.key for entry in record.database.run(lambda transaction: journal.entries(transaction, "run-1"))]


def test_a_finished_node_is_not_done_again(tmp_path: Path, record: Record) -> None:
    reply, asked = calls_then_says(ToolCallPart("look", {"at": "pump"}))
    tools = granted(look=lambda at: f"the {at} runs")
    first = asyncio.run(performer(tmp_path, reply, record).perform(node(), granted=tools))
    again = asyncio.run(performer(tmp_path, reply, record).perform(node(), granted=tools))
    assert (first.reason, first.text, asked) == ("done", "Seen.", [1, 3])
    assert again == first
    assert keys(record) == ["look/start", "look/1", "look/1/tool.0", "look/2", "look/end"]


def test_after_a_kill_no_finished_request_and_no_finished_call_is_repeated(tmp_path: Path, record: Record) -> None:
    done: list[str] = []
    alive = [False]

    def reply(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        if len(messages) == 1:
            done.append("asked")
            return ModelResponse(parts=[ToolCallPart("look", {"at": "pump"}), ToolCallPart("look", {"at": "gate"})])
        if not alive[0]:
            raise Killed
        return said("Seen.")

    def look(at: str) -> str:
        done.append(at)
        return f"the {at}"

    with pytest.raises(Killed):
        asyncio.run(performer(tmp_path, reply, record).perform(node(), granted=granted(look=look)))
    alive[0] = True
    outcome = asyncio.run(performer(tmp_path, reply, record).perform(node(), granted=granted(look=look)))
    assert outcome.text == "Seen."
    assert sorted(done) == ["asked", "gate", "pump"]


def test_a_run_goes_on_as_it_was_begun_whatever_the_persona_says_now(tmp_path: Path, record: Record) -> None:
    seen: list[str | None] = []

    def reply(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        seen.append(info.instructions)
        if len(seen) == 1:
            raise Killed
        return said("Seen.")

    begun = node()
    with pytest.raises(Killed):
        asyncio.run(performer(tmp_path, reply, record).perform(begun, granted=granted()))
    edited = dataclasses.replace(begun, system="You are the mayor.")
    asyncio.run(performer(tmp_path, reply, record).perform(edited, granted=granted()))
    assert seen == ["You are the scout.", "You are the scout."]


@pytest.mark.parametrize(
    ("verdict", "body", "sent", "model_reads"),
    [
        ("approved", {}, 2, "sent"),
        ("rejected", {}, 1, "send was interrupted; whether it was done is unknown. Do not do it again."),
        ("edited", {"result": "it had arrived"}, 1, "it had arrived"),
    ],
)
def test_a_call_with_an_effect_that_was_begun_waits_for_a_person(
    tmp_path: Path, record: Record, verdict: Verdict, body: dict[str, str], sent: int, model_reads: str
) -> None:
    effects: list[str] = []
    read: list[str] = []

    def reply(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        if len(messages) == 1:
            return ModelResponse(parts=[ToolCallPart("send", {"to": "mayor"})])
        read.append(str(messages[-1].parts[0].content))  # type: ignore[union-attr]
        return said("Sent.")

    def send(to: str) -> str:
        effects.append(to)
        if len(effects) == 1:
            raise Killed  # after the effect and before it is known
        return "sent"

    def perform() -> Outcome:
        return asyncio.run(performer(tmp_path, reply, record).perform(node(), granted=granted("once", send=send)))

    with pytest.raises(Killed):
        perform()
    blocked = perform()
    assert (blocked.reason, len(effects)) == ("blocked", 1)
    assert blocked.error == "send was begun, and nobody knows whether it was done, so it is not done again by itself"
    assert decide(record, verdict, **body) == "send was begun, and nobody knows whether it was done"
    assert perform().text == "Sent."
    assert (len(effects), read) == (sent, [model_reads])


def test_a_yes_to_one_repetition_is_no_yes_to_the_next(tmp_path: Path, record: Record) -> None:
    reply, _ = calls_then_says(ToolCallPart("send", {}))
    sent: list[int] = []

    def send() -> str:
        sent.append(1)
        raise Killed

    def perform() -> Outcome:
        return asyncio.run(performer(tmp_path, reply, record).perform(node(), granted=granted("once", send=send)))

    with pytest.raises(Killed):
        perform()
    assert perform().reason == "blocked"
    decide(record, "approved")
    with pytest.raises(Killed):
        perform()
    assert perform().reason == "blocked"
    assert len(sent) == 2


def test_no_other_call_of_a_turn_begins_while_one_is_unknown(tmp_path: Path, record: Record) -> None:
    reply, _ = calls_then_says(ToolCallPart("send", {}), ToolCallPart("post", {}))
    posted: list[int] = []

    def send() -> str:
        raise Killed

    async def post() -> str:
        await asyncio.sleep(0.01)
        posted.append(1)
        return "posted"

    tools = granted("once", send=send, post=post)
    with pytest.raises(Killed):
        asyncio.run(performer(tmp_path, reply, record).perform(node(), granted=tools))
    posted.clear()
    outcome = asyncio.run(performer(tmp_path, reply, record).perform(node(), granted=tools))
    assert outcome.reason == "blocked"
    assert posted == []


def test_an_idempotent_tool_gets_the_same_key_when_it_is_repeated(tmp_path: Path, record: Record) -> None:
    reply, _ = calls_then_says(ToolCallPart("put", {}))
    given: list[str] = []

    def put() -> str:
        given.append(idempotency_key.get())
        if len(given) == 1:
            raise Killed
        return "put"

    tools = granted("idempotent", put=put)
    with pytest.raises(Killed):
        asyncio.run(performer(tmp_path, reply, record).perform(node(), granted=tools))
    assert asyncio.run(performer(tmp_path, reply, record).perform(node(), granted=tools)).done
    assert given == ["run-1/look/1/tool.0"] * 2


def test_a_tool_that_fails_says_so_to_the_model_once_and_for_all(tmp_path: Path, record: Record) -> None:
    read: list[str] = []

    def reply(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        if len(messages) == 1:
            return ModelResponse(parts=[ToolCallPart("look", {})])
        read.append(str(messages[-1].parts[0].content))  # type: ignore[union-attr]
        return said("It failed.")

    def look() -> str:
        raise ValueError("no such pump")

    asyncio.run(performer(tmp_path, reply, record).perform(node(), granted=granted(look=look)))
    assert read == ["look failed: ValueError: no such pump"]


def test_a_record_that_breaks_ends_the_node_and_is_told_to_no_model(tmp_path: Path, record: Record) -> None:
    reply, asked = calls_then_says(ToolCallPart("look", {}))

    def look() -> str:
        record.database.close()
        return "seen"

    with pytest.raises(RecordError, match="cannot use"):
        asyncio.run(performer(tmp_path, reply, record).perform(node(), granted=granted(look=look)))
    assert len(asked) == 1


def test_a_replay_that_asks_something_else_is_refused(tmp_path: Path, record: Record) -> None:
    def reply(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        if len(messages) == 1:
            return ModelResponse(parts=[ToolCallPart("look", {})])
        raise Killed

    with pytest.raises(Killed):
        asyncio.run(performer(tmp_path, reply, record).perform(node(), granted=granted(look=lambda: "x")))
    other = granted(look=lambda: "x", write=lambda: "y")
    outcome = asyncio.run(performer(tmp_path, reply, record).perform(node(), granted=other))
    assert outcome.reason == "error"
    assert outcome.error == "cannot go on with the run: what it would ask now is not what was asked before"


def test_rounds_that_are_used_up_stop_a_node_and_empty_text_is_no_success(tmp_path: Path, record: Record) -> None:
    def endless(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        return ModelResponse(parts=[ToolCallPart("look", {})])

    tools = granted(look=lambda: "x")
    outcome = asyncio.run(performer(tmp_path, endless, record).perform(node(max_steps=2), granted=tools))
    assert (outcome.reason, outcome.error) == ("steps", "scout has used its 2 rounds")
    empty = performer(tmp_path, lambda messages, info: said(" "), record)
    assert asyncio.run(empty.perform(node("other"), granted=granted())).reason == "empty"


def tenth_of_a_cent(provider: str, model: str) -> Callable[[RequestUsage], int]:
    """A price: a thousandth of a dollar for a thousand tokens."""
    return lambda usage: (usage.input_tokens + usage.output_tokens) * 1_000


def account(budget: Budget) -> Account:
    return Account(caps=caps_of("scout", budget, node="run-1"))


def test_a_request_that_could_pass_a_cap_in_tokens_is_refused_before_it_is_sent(tmp_path: Path, record: Record) -> None:
    reply, asked = calls_then_says()
    capped = node(account=account(Budget(per_run_max_tokens=100)))
    outcome = asyncio.run(performer(tmp_path, reply, record).perform(capped, granted=granted()))
    assert (outcome.reason, asked) == ("tokens", [])
    assert outcome.error == "this may take 104 tokens and this run of scout has 100 tokens left"
    assert outcome.help == "Raise budget.perRun.maxTokens, or give it less text."


def test_what_the_input_leaves_of_a_cap_bounds_the_output(tmp_path: Path, record: Record) -> None:
    seen: list[object] = []

    def reply(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        seen.append((info.model_settings or {}).get("max_tokens"))
        return said("Seen.")

    capped = node(account=account(Budget(per_run_max_tokens=188)))
    assert asyncio.run(performer(tmp_path, reply, record).perform(capped, granted=granted())).done
    assert seen == [100]


def test_a_cap_in_dollars_holds_and_what_was_spent_is_settled(tmp_path: Path, record: Record) -> None:
    def reply(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        usage = RequestUsage(input_tokens=30, output_tokens=10)
        return ModelResponse(parts=said("Seen.").parts, usage=usage)

    done_by = performer(tmp_path, reply, record)
    done_by.seam = dataclasses.replace(done_by.seam, prices=tenth_of_a_cent)
    budget = account(Budget(daily_max_cost_usd=Decimal("0.00013")))
    paid = dataclasses.replace(node(account=budget), model=dataclasses.replace(node().model, provider="acme"))
    outcomes = [
        asyncio.run(done_by.perform(dataclasses.replace(paid, path=f"look.{number}"), granted=granted()))
        for number in range(3)
    ]
    assert [outcome.reason for outcome in outcomes] == ["done", "cost", "cost"]
    assert outcomes[1].error == "this may take $0.000104 and scout today has $0.00009 left"
    held = record.database.run(lambda transaction: ledger.balance(transaction, budget.caps[0], record.day))
    assert (held.committed.usd_nanos, held.reserved.usd_nanos) == (40_000, 0)
    (spent,) = record.database.run(lambda transaction: ledger.spending(transaction))
    assert (spent.persona, spent.model, spent.usd_nanos, spent.requests) == ("scout", "acme:scripted", 40_000, 1)


def test_without_a_known_price_a_cap_in_dollars_refuses(tmp_path: Path, record: Record) -> None:
    reply, asked = calls_then_says()
    done_by = performer(tmp_path, reply, record)
    done_by.seam = dataclasses.replace(done_by.seam, prices=lambda provider, model: None)
    capped = node(account=account(Budget(per_run_max_cost_usd=Decimal(1))))
    outcome = asyncio.run(done_by.perform(capped, granted=granted()))
    assert (outcome.reason, asked) == ("cost", [])
    assert outcome.error == "nobody knows what function:scripted costs, so a cap in dollars cannot be held"


def test_a_call_that_was_paid_and_lost_is_still_counted(tmp_path: Path, record: Record) -> None:
    lost = [True]

    def reply(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        if lost[0]:
            raise Killed
        return ModelResponse(parts=said("Seen.").parts, usage=RequestUsage(input_tokens=30, output_tokens=10))

    budget = account(Budget(daily_max_cost_usd=Decimal(1)))
    paid = dataclasses.replace(node(account=budget), model=dataclasses.replace(node().model, provider="acme"))
    done_by = performer(tmp_path, reply, record)
    done_by.seam = dataclasses.replace(done_by.seam, prices=tenth_of_a_cent)
    with pytest.raises(Killed):
        asyncio.run(done_by.perform(paid, granted=granted()))
    lost[0] = False
    assert asyncio.run(done_by.perform(paid, granted=granted())).done
    held = record.database.run(lambda transaction: ledger.balance(transaction, budget.caps[0], record.day))
    assert (held.committed.usd_nanos, held.reserved.usd_nanos) == (8_280_000 + 40_000, 0)


def test_what_a_provider_refused_costs_nothing(tmp_path: Path, record: Record) -> None:
    def reply(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        raise ModelHTTPError(429, "scripted")

    budget = account(Budget(per_run_max_tokens=100_000))
    outcome = asyncio.run(performer(tmp_path, reply, record).perform(node(account=budget), granted=granted()))
    assert (outcome.reason, outcome.error) == ("error", "scripted answered with HTTP status 429")
    held = record.database.run(lambda transaction: ledger.balance(transaction, budget.caps[1], record.day))
    assert held.committed.tokens == 0


def test_the_record_is_plain_json_and_readable_by_its_owner_alone(tmp_path: Path, record: Record) -> None:
    reply, _ = calls_then_says(ToolCallPart("look", {}))
    asyncio.run(performer(tmp_path, reply, record).perform(node(), granted=granted(look=lambda: {"pump": 1})))
    for entry in record.database.run(lambda transaction: journal.entries(transaction, "run-1")):
        json.dumps(entry.body)
    for file in tmp_path.glob("record.db*"):
        assert file.stat().st_mode & 0o777 == 0o600


def test_what_the_library_notes_for_itself_in_a_conversation_is_no_part_of_a_question(
    tmp_path: Path, record: Record
) -> None:
    """A request under a cap has settings of its own, of which a live conversation keeps a note and a replay none."""
    alive = [False]

    def reply(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        turn = sum(isinstance(message, ModelResponse) for message in messages)
        if turn == 2 and not alive[0]:
            raise Killed
        return said("Seen.") if turn == 2 else ModelResponse(parts=[ToolCallPart("look", {"turn": turn})])

    capped = node(account=account(Budget(per_run_max_tokens=1_000_000)))
    tools = granted(look=lambda turn: "the pump")
    with pytest.raises(Killed):
        asyncio.run(performer(tmp_path, reply, record).perform(capped, granted=tools))
    alive[0] = True
    outcome = asyncio.run(performer(tmp_path, reply, record).perform(capped, granted=tools))
    assert (outcome.text, outcome.error) == ("Seen.", "")
