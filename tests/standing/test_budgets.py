"""Caps hold: nothing is begun where nothing is left, a word is said in time, the day turns where the project is."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo
from pydantic_ai.usage import RequestUsage
from standing_world import LEAD, MONDAY_0859, Served, World, answers, minutes, nothing_stays_open, serving, world_in

from personae.run.prices import Cost
from personae.run.record.ledger import nanos, usd
from personae.standing.budget import PROJECT, Line, lines

__all__ = ["nothing_stays_open"]

NINE = MONDAY_0859 + minutes(1)
PAID = LEAD.replace("0 9 * * 1", "0 * * * *").replace("type: lead", "type: lead\nmodel: anthropic:claude-x")


def price(provider: str, model: str) -> Cost:
    """A dollar for ten thousand tokens of either kind."""
    return lambda usage: 100_000 * (usage.input_tokens + usage.output_tokens)


def paid_world(tmp_path: Path, budget: str, *, toml: str = "", each_tokens: int = 3_000) -> World:
    """A lead whose every request takes `each_tokens`; a model with a price answers."""
    world = world_in(tmp_path, lead=PAID.replace("type: lead\n", f"type: lead\n{budget}"), toml=toml)

    def reply(messages: list[ModelMessage], info: AgentInfo) -> Any:
        text = answers()(messages, info).parts[0]  # type: ignore[union-attr]
        assert isinstance(text, TextPart)
        usage = RequestUsage(input_tokens=each_tokens - 500, output_tokens=500)
        return ModelResponse(parts=[text], usage=usage)

    world.reply, world.prices, world.has_key = reply, price, True
    return world


def hours(served: Served, number: int) -> Awaitable[None]:
    async def play() -> None:
        for hour in range(number):
            await served.at(NINE + timedelta(hours=hour))

    return play()


DAILY_1 = "budget:\n  daily:\n    maxCostUsd: 1\n"


def test_a_beat_is_not_begun_where_nothing_is_left(tmp_path: Path) -> None:
    served = serving(paid_world(tmp_path, DAILY_1, each_tokens=5_000), lambda served: hours(served, 3))
    first, *others = served.became
    assert first == ("Mon 09:00", "ran", "")
    assert others == [
        (when, "skipped", "budget: gtm-lead today has nothing left of $1") for when in ("Mon 10:00", "Mon 11:00")
    ]
    assert [bool(beat.run) for beat in served.beats] == [True, False, False]


def test_the_cap_of_the_project_holds_over_all(tmp_path: Path) -> None:
    toml = "[project.budget.daily]\nmaxCostUsd = 1\n"
    served = serving(paid_world(tmp_path, "", toml=toml, each_tokens=5_000), lambda served: hours(served, 2))
    assert served.became[1] == ("Mon 10:00", "skipped", "budget: the project today has nothing left of $1")


def test_where_too_little_is_left_for_a_request_the_beat_was_skipped_too(tmp_path: Path) -> None:
    served = serving(paid_world(tmp_path, DAILY_1, each_tokens=4_990), lambda served: hours(served, 2))
    (_, status, reason) = served.became[1]
    assert status == "skipped"
    assert reason.startswith("budget: this may take $")
    assert "and gtm-lead today has $0.002 left" in reason


def test_a_run_that_reaches_its_cap_stops_with_the_reason(tmp_path: Path) -> None:
    budget = "budget:\n  perRun:\n    maxTokens: 20000\n"
    world = paid_world(tmp_path, budget, each_tokens=19_900)
    calls = [0]
    inner = world.reply

    def reply(messages: list[ModelMessage], info: AgentInfo) -> Any:
        calls[0] += 1
        response = inner(messages, info)
        if calls[0] == 1:
            return ModelResponse(parts=[ToolCallPart("list", {})], usage=response.usage)  # type: ignore[union-attr]
        return response

    world.reply = reply
    ((_, status, reason),) = serving(world, lambda served: hours(served, 1)).became
    assert status == "failed"
    assert reason.startswith("tokens: this may take ")
    assert calls == [1]


def test_the_day_turns_where_the_project_is(tmp_path: Path) -> None:
    toml = '[project]\ntimezone = "America/New_York"\n'
    world = paid_world(tmp_path, DAILY_1, toml=toml, each_tokens=5_000)

    async def script(served: Served) -> None:
        for hour in (3, 4, 5):  # UTC; midnight in New York is 05:00
            await served.at(datetime(2026, 12, 1, hour, tzinfo=UTC))

    world.clock.moment = datetime(2026, 12, 1, 2, 59, tzinfo=UTC)
    served = serving(world, script)
    assert [(when, status) for when, status, _ in served.became] == [
        ("Tue 03:00", "ran"), ("Tue 04:00", "skipped"), ("Tue 05:00", "ran"),
    ]  # fmt: skip


def test_a_word_is_said_at_eighty_percent_once_a_day(tmp_path: Path) -> None:
    budget = "budget:\n  daily:\n    maxCostUsd: 2\n"
    world = paid_world(tmp_path, budget, each_tokens=4_000)

    async def script(served: Served) -> None:
        await hours(served, 3)
        await served.at(NINE + timedelta(days=1))

    serving(world, script)
    assert [event.text for event in world.events if event.kind == "budget"] == [
        "gtm-lead today has spent 80 % of its cap",
    ]


def test_budget_shows_spent_reserved_and_left_by_persona_and_day(tmp_path: Path) -> None:
    world = paid_world(tmp_path, "budget:\n  daily:\n    maxCostUsd: 2\n", each_tokens=4_000)
    served = serving(world, lambda served: hours(served, 1))
    folder = served.folder
    found = served.record.database.run(
        lambda tx: lines(tx, folder.project, folder.personas.values(), today="2026-11-30", since="2026-11-30")
    )
    assert found == [
        Line(day="2026-11-30", who=PROJECT, spent_nanos=nanos(usd(800_000_000)), tokens=8_000),
        Line(
            day="2026-11-30", who="gtm-lead", spent_nanos=800_000_000, cap_nanos=2_000_000_000, tokens=8_000, near=False
        ),
    ]
    assert found[1].left_nanos == 1_200_000_000
