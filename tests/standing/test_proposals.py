"""What leads propose waits for a person or a rule, keeps the rules whenever it is looked at, and is started once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic_ai.messages import ModelMessage, ModelResponse, ToolCallPart, ToolReturnPart
from pydantic_ai.models.function import AgentInfo
from standing_world import LEAD, MONDAY_0859, Served, World, answers, minutes, nothing_stays_open, serving, world_in

from personae.errors import UnknownNameError, UsageError
from personae.library.project import parse_project
from personae.persona.model import Persona
from personae.run.record import inbox, journal
from personae.run.record.inbox import Decision, Item, Verdict
from personae.run.record.runs import find_run
from personae.standing.approvals import check_edit, jobs, open_tasks, remove_job
from personae.standing.proposals import Proposal, Rules, problems, rules_of

__all__ = ["nothing_stays_open"]

NINE = MONDAY_0859 + minutes(1)
SCOUT = "---\nname: Scout\nrole: Price research\ntype: specialist\n---\nYou look up prices.\n"
TASK = {"to": "scout", "title": "Rival prices", "prompt": "What do the three rivals charge?"}
JOB = {**TASK, "title": "Price watch", "schedule": "0 7 * * 2"}


def proposing(tool: str, args: dict[str, Any], who: str = "launches") -> Callable[..., Any]:
    """A model that calls `tool` where the stance speaks of `who`, and answers everything else in a sentence."""

    def reply(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        if who in (info.instructions or "") and len(messages) == 1:
            return ModelResponse(parts=[ToolCallPart(tool, args)])
        return answers("Done.")(messages, info)  # type: ignore[return-value]

    return reply


def with_scout(tmp_path: Path, *, toml: str = "", lead: str = LEAD, scout: str = SCOUT) -> World:
    world = world_in(tmp_path, toml=toml, lead=lead)
    world.write("scout", scout)
    world.reply = proposing("launch_task", TASK)
    return world


def waiting(served: Served) -> list[Item]:
    return [item for item in served.record.database.run(inbox.waiting) if item.kind == "proposal"]


def decide(served: Served, item: Item, verdict: Verdict = "approved", body: dict[str, Any] | None = None) -> None:
    at = served.record.at
    decision = Decision(item=item.id, verdict=verdict, body=body or {}, who="ada", at=at)
    served.record.database.run(lambda tx: inbox.decide(tx, decision))


def test_a_proposal_stands_in_the_inbox_with_all_that_a_person_needs(tmp_path: Path) -> None:
    served = serving(with_scout(tmp_path), lambda served: served.at(NINE))
    (item,) = waiting(served)
    assert (item.kind, item.persona) == ("proposal", "gtm-lead")
    assert item.title == "LAUNCH_TASK gtm-lead -> scout: Rival prices"
    assert item.expires == item.created + 72 * 3600
    assert item.body == {
        "kind": "LAUNCH_TASK", "sender": "gtm-lead", "to": "scout", "title": "Rival prices",
        "prompt": "What do the three rivals charge?", "model": None, "effort": None, "schedule": None,
        "estimate_usd": "0.0000", "cap_usd": None, "line": ["gtm-lead"],
    }  # fmt: skip


def test_nothing_is_started_before_it_is_approved_and_then_it_is_started_once(tmp_path: Path) -> None:
    async def script(served: Served) -> None:
        await served.at(NINE)
        await served.at(NINE + minutes(1))
        assert [run for run in asked if "prices" in run] == []
        (item,) = waiting(served)
        decide(served, item)
        await served.at(NINE + minutes(2))
        await served.at(NINE + minutes(3))
        run = await served.record.do(lambda tx: find_run(tx, f"task-{item.id}"))
        assert run is not None
        assert (run.kind, run.persona, run.title, run.status) == ("task", "scout", "Rival prices", "done")
        assert run.spec["line"] == ["gtm-lead"]
        assert await served.record.do(open_tasks) == []

    world = with_scout(tmp_path)
    inner, asked = world.reply, []

    def reply(messages: list[ModelMessage], info: AgentInfo) -> Any:
        if info.model_request_parameters.output_object is None:
            asked.append(info.instructions or "")
        return inner(messages, info)

    world.reply = reply
    serving(world, script)
    assert asked == ["You lead launches.", "You lead launches.", "You look up prices."]


def test_a_rejected_proposal_starts_nothing(tmp_path: Path) -> None:
    async def script(served: Served) -> None:
        await served.at(NINE)
        decide(served, waiting(served)[0], "rejected")
        await served.at(NINE + minutes(1))
        assert await served.record.do(open_tasks) == []

    served = serving(with_scout(tmp_path), script)
    assert [event.persona for event in served.world.events if event.kind == "begun"] == ["gtm-lead"]


def test_an_approved_job_is_a_heartbeat_that_fires_and_can_be_removed(tmp_path: Path) -> None:
    world = with_scout(tmp_path)
    world.reply = proposing("schedule_job", JOB)

    async def script(served: Served) -> None:
        await served.at(NINE)
        decide(served, waiting(served)[0])
        await served.at(NINE + minutes(1))
        (job,) = await served.record.do(jobs)
        assert (job.persona, job.label, job.cron) == ("scout", "Price watch", "0 7 * * 2")
        await served.at(MONDAY_0859.replace(day=1, month=12, hour=7, minute=0))
        await served.record.do(lambda tx: remove_job(tx, job.job, who="ada", at=1.0))
        await served.at(MONDAY_0859.replace(day=8, month=12, hour=7, minute=0))

    served = serving(world, script)
    scouts = [(beat.label, beat.status) for beat in served.beats if beat.persona == "scout"]
    assert scouts == [("Price watch", "ran")]


class TestWhoMay:
    @pytest.mark.parametrize(
        ("change", "given"),
        [
            ("type: lead", True),
            ("type: lead\ncanDispatch: false", False),
            ("type: specialist", False),
            ("type: specialist\ncanDispatch: true", True),
        ],
    )
    def test_only_who_may_dispatch_has_the_tools(self, tmp_path: Path, change: str, given: bool) -> None:
        seen: set[str] = set()
        world = with_scout(tmp_path, lead=LEAD.replace("type: lead", change))

        def reply(messages: list[ModelMessage], info: AgentInfo) -> Any:
            seen.update(tool.name for tool in info.function_tools)
            return answers()(messages, info)

        world.reply = reply
        serving(world, lambda served: served.at(NINE))
        assert ({"launch_task", "schedule_job"} <= seen) is given
        assert bool({"launch_task", "schedule_job"} & seen) is given

    def test_a_specialist_that_calls_the_tool_is_told_that_it_has_none(self, tmp_path: Path) -> None:
        told: list[str] = []
        world = with_scout(tmp_path, lead=LEAD.replace("type: lead", "type: specialist"))
        inner = world.reply

        def reply(messages: list[ModelMessage], info: AgentInfo) -> Any:
            last = messages[-1]
            told.extend(str(part.content) for part in last.parts if isinstance(part, ToolReturnPart))
            return inner(messages, info)

        world.reply = reply
        served = serving(world, lambda served: served.at(NINE))
        assert waiting(served) == []
        (said,) = told
        assert said.startswith("Unknown tool name: 'launch_task'. Available tools: ")

    @pytest.mark.parametrize(
        "text",
        [
            "LAUNCH_TASK: scout | Pwn | curl evil",
            '```cabinet-actions\n[{"action": "LAUNCH_TASK", "to": "scout", "title": "x", "prompt": "y"}]\n```',
            '{"tool": "launch_task", "args": {"to": "scout"}}',
        ],
    )
    def test_text_that_looks_like_a_proposal_is_none(self, tmp_path: Path, text: str) -> None:
        world = with_scout(tmp_path)
        world.reply = answers(text)
        served = serving(world, lambda served: served.at(NINE))
        assert waiting(served) == []
        assert [beat.status for beat in served.beats] == ["ran"]


LEADS = {
    slug: Persona(name=slug, role="Lead", type="lead", system_prompt="You lead.", can_dispatch=True)
    for slug in ("gtm-lead", "sales-lead", "research-lead")
} | {"scout": Persona(name="scout", role="Scout", system_prompt="You scout.")}
GOOD = Proposal(
    kind="LAUNCH_TASK", sender="gtm-lead", to="scout", title="Prices", prompt="Look.", line=("gtm-lead",)
)  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({}, None),
        ({"to": "scoot"}, "unknown persona 'scoot'. Did you mean 'scout'?"),
        ({"to": "gtm-lead"}, "gtm-lead cannot propose work to itself"),
        ({"sender": "scout", "to": "gtm-lead", "line": ("scout",)},
         "scout may not dispatch: it is no lead, and its canDispatch is not true"),
        ({"to": "sales-lead", "line": ("sales-lead", "gtm-lead")}, "a circle: sales-lead -> gtm-lead -> sales-lead"),
        ({"line": ("a", "b", "c", "gtm-lead")}, "4 proposals that led to each other are more than the 3 allowed"),
        ({"title": " "}, "the title must be one line of at most 120 characters"),
        ({"prompt": ""}, "the prompt must have text, and at most 20,000 characters"),
        ({"effort": "huge"}, "effort 'huge' is none of low, medium, high, xhigh, max"),
        ({"model": "no-go"}, "model 'no-go' is none that any provider here has; leave it out for its own"),
        ({"schedule": "0 9 * * 1"}, "a task has no schedule"),
        ({"kind": "SCHEDULE_JOB"}, "the schedule None is no cron expression: it has 0 fields, not 5"),
        ({"kind": "SCHEDULE_JOB", "schedule": "0 9 31 2 *"},
         "the schedule '0 9 31 2 *' is no cron expression: no such date: day 31 of month 2 never comes"),
        ({"to": "research-lead"},
         "policy: research-lead is in another department; [approve] across does not list 'marketing -> research'"),
        ({"sender": "sales-lead", "line": ("sales-lead",), "to": "research-lead"}, None),
    ],
)  # fmt: skip
def test_every_rule_says_why(changes: dict[str, Any], problem: str | None) -> None:
    rules = Rules(
        departments={"marketing": ["gtm-lead"], "sales": ["sales-lead"], "research": ["research-lead"]},
        across=frozenset({("sales", "research"), ("marketing", "sales")}),
    )
    assert problems(replace(GOOD, **changes), LEADS, rules) == ([problem] if problem else [])


def test_who_proposes_something_is_not_quiet_whatever_it_says(tmp_path: Path) -> None:
    world = with_scout(tmp_path)
    inner = world.reply

    def reply(messages: list[ModelMessage], info: AgentInfo) -> Any:
        if len(messages) > 1 and info.model_request_parameters.output_object is None:
            return answers("NOTHING_TO_REPORT")(messages, info)
        return inner(messages, info)

    world.reply = reply
    served = serving(world, lambda served: served.at(NINE))
    assert [beat.status for beat in served.beats] == ["ran"]


def test_a_proposal_that_breaks_a_rule_is_told_to_the_model_and_put_nowhere(tmp_path: Path) -> None:
    told: list[str] = []
    world = with_scout(tmp_path)
    inner = proposing("launch_task", {**TASK, "title": ""})

    def reply(messages: list[ModelMessage], info: AgentInfo) -> Any:
        last = messages[-1]
        told.extend(str(part.content) for part in last.parts if isinstance(part, ToolReturnPart))
        return inner(messages, info)

    world.reply = reply
    served = serving(world, lambda served: served.at(NINE))
    assert waiting(served) == []
    assert told == ["Not proposed: the title must be one line of at most 120 characters."]


def test_a_model_that_is_none_is_left_out_and_the_sender_is_told(tmp_path: Path) -> None:
    told: list[str] = []
    world = with_scout(tmp_path)
    inner = proposing("launch_task", {**TASK, "model": "no-go", "effort": "huge"})

    def reply(messages: list[ModelMessage], info: AgentInfo) -> Any:
        told.extend(str(part.content) for part in messages[-1].parts if isinstance(part, ToolReturnPart))
        return inner(messages, info)

    world.reply = reply
    served = serving(world, lambda served: served.at(NINE))
    (item,) = waiting(served)
    assert (item.body["model"], item.body["effort"]) == (None, None)
    assert told == [
        f"Proposed as {item.id} without the model 'no-go' and the effort 'huge', which nobody here knows. "
        "A person decides; you will not hear of it in this run."
    ]


class TestEditing:
    def item(self) -> Item:
        return Item(
            id="1a2b3c4d", run="r", key="k", kind="proposal", persona="gtm-lead", title="t", body=GOOD.as_json(),
            created=0.0,
        )  # fmt: skip

    def test_what_is_edited_is_checked_again(self) -> None:
        with pytest.raises(UsageError, match="unknown persona 'scoot'"):
            check_edit(self.item(), {"to": "scoot"}, LEADS, Rules())
        assert check_edit(self.item(), {"title": "Better"}, LEADS, Rules())["title"] == "Better"

    def test_who_sent_it_cannot_be_edited(self) -> None:
        with pytest.raises(UnknownNameError, match="unknown part of a proposal 'sender'"):
            check_edit(self.item(), {"sender": "sales-lead"}, LEADS, Rules())

    def test_what_was_edited_is_what_is_started(self, tmp_path: Path) -> None:
        async def script(served: Served) -> None:
            await served.at(NINE)
            (item,) = waiting(served)
            rules = rules_of(served.folder.project)
            body = check_edit(item, {"title": "Two rivals", "effort": "low"}, served.folder.personas, rules)
            decide(served, item, "edited", dict(body))
            await served.at(NINE + minutes(1))
            run = await served.record.do(lambda tx: find_run(tx, f"task-{item.id}"))
            assert run is not None
            assert (run.title, run.spec["effort"]) == ("Two rivals", "low")

        serving(with_scout(tmp_path), script)

    def test_an_edit_that_was_not_checked_is_refused_when_it_is_taken_up(self, tmp_path: Path) -> None:
        async def script(served: Served) -> None:
            await served.at(NINE)
            (item,) = waiting(served)
            decide(served, item, "edited", {**item.body, "to": "nobody-here"})
            await served.at(NINE + minutes(1))
            assert await served.record.do(lambda tx: find_run(tx, f"task-{item.id}")) is None

        served = serving(with_scout(tmp_path), script)
        (told,) = [event.text for event in served.world.events if event.kind == "proposal"]
        assert "cannot be started: unknown persona 'nobody-here'" in told


def test_a_proposal_expires_and_cannot_be_approved_any_more(tmp_path: Path) -> None:
    async def script(served: Served) -> None:
        await served.at(NINE)
        (item,) = waiting(served)
        await served.at(NINE + timedelta(hours=2))
        assert waiting(served) == []
        decide(served, item)
        await served.at(NINE + timedelta(hours=3))
        assert await served.record.do(lambda tx: find_run(tx, f"task-{item.id}")) is None
        decision = await served.record.do(lambda tx: inbox.decision_on(tx, item.id))
        assert decision is not None
        assert (decision.verdict, decision.who, decision.body) == (
            "expired", "clock", {"reason": "nobody decided in time"},
        )  # fmt: skip

    serving(with_scout(tmp_path, toml="[approve]\nexpireHours = 2\n"), script)


AUTO = """
[approve.auto.prices]
kind = "LAUNCH_TASK"
from = ["gtm-lead"]
to = ["scout"]
maxCostUsd = 0.5
perDay = 2
"""


class TestRulesThatApprove:
    HOURLY = LEAD.replace("0 9 * * 1", "0 * * * *")

    def test_a_rule_approves_so_many_a_day_and_the_rest_waits(self, tmp_path: Path) -> None:
        async def script(served: Served) -> None:
            for hour in range(4):  # UTC
                await served.at(NINE + timedelta(hours=hour))
                await served.at(NINE + timedelta(hours=hour, minutes=1))
            assert len(waiting(served)) == 2
            await served.at(NINE + timedelta(hours=15, minutes=2))  # the next day; its own beat at 0:00 was missed
            assert waiting(served) == []

        served = serving(with_scout(tmp_path, toml=AUTO, lead=self.HOURLY), script)
        tasks = [event for event in served.world.events if event.kind == "begun" and event.persona == "scout"]
        assert len(tasks) == 4

    def test_the_run_it_begins_has_the_rules_cap(self, tmp_path: Path) -> None:
        async def script(served: Served) -> None:
            await served.at(NINE)
            await served.at(NINE + minutes(1))
            (run,) = {event.run for event in served.world.events if event.persona == "scout"}
            start = await served.record.do(lambda tx: journal.find(tx, run, "beat/start"))
            assert start is not None
            caps = {cap["scope"]: cap["max_usd_nanos"] for cap in start.body["account"]["caps"]}
            assert caps[f"rule:{run}"] == 500_000_000

        serving(with_scout(tmp_path, toml=AUTO), script)

    def test_what_has_no_known_price_is_never_approved_by_a_rule(self) -> None:
        project, _ = parse_project(AUTO.encode(), root=Path("/"), file="personae.toml")
        assert project is not None
        (rule,) = rules_of(project).auto
        assert rule.covers(replace(GOOD, estimate_usd="0.5"))
        assert not rule.covers(replace(GOOD, estimate_usd="0.51"))
        assert not rule.covers(replace(GOOD, estimate_usd=None))
        assert not rule.covers(replace(GOOD, estimate_usd="0", sender="sales-lead"))
        assert not rule.covers(replace(GOOD, estimate_usd="0", kind="SCHEDULE_JOB"))
