"""Making a plan: what the model is asked, what it may answer, and what is made of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from personae.adopt.compose import Material
from personae.errors import ModelAnswerError, UsageError
from personae.library.library import load_built_in
from personae.library.registry import Snapshot
from personae.persona.model import Persona
from personae.workflow.plan import Plan, Step
from personae.workflow.planner import Call, ToolOffer, make_plan, planner_prompt
from personae.workflow.retrieve import personas_for
from personae.workflow.template import members_for

PERSONAS = Snapshot(load_built_in().personas)
TASK = "Collect the facts of the report."


def model_that(
    answer: Callable[[int], list[dict[str, Any]]], seen: list[list[ModelMessage]] | None = None
) -> FunctionModel:
    calls = 0

    def respond(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        nonlocal calls
        calls += 1
        if seen is not None:
            seen.append(messages)
        steps = {"steps": answer(calls)}
        if info.output_tools:
            return ModelResponse(parts=[ToolCallPart(info.output_tools[0].name, steps)])
        return ModelResponse(parts=[TextPart(json.dumps(steps))])

    return FunctionModel(respond)


def plan(answer: Callable[[int], list[dict[str, Any]]], *, goal: str = "Write it.") -> Plan:
    return asyncio.run(make_plan(goal, PERSONAS, model_that(answer)))


def test_a_draft_becomes_a_plan_whose_ids_are_the_personas() -> None:
    made = plan(
        lambda call: [
            {"persona": "researcher", "task": TASK},
            {"persona": "researcher", "task": TASK},
            {"persona": "writer", "task": "Write the summary.", "needs": [1, 2]},
        ]
    )
    assert made.steps == (
        Step(id="researcher-1", persona="researcher", task=TASK),
        Step(id="researcher-2", persona="researcher", task=TASK),
        Step(id="writer", persona="writer", task="Write the summary.", depends_on=("researcher-1", "researcher-2")),
    )


def small_plan(goal: str, tasks: dict[str, str]) -> Plan:
    model = FunctionModel(lambda messages, info: ModelResponse(parts=[TextPart(json.dumps(tasks))]))
    return asyncio.run(make_plan(goal, PERSONAS, model, call=Call(small=True)))


def test_for_a_small_model_members_and_order_are_made_by_rule_and_it_writes_the_tasks() -> None:
    made = small_plan(
        "Read the report, weigh what is urgent, and write a plan of action.",
        {
            "researcher": "List what was found in the report, with every figure, cost and date.",
            "analyst": "Rank these findings by what is urgent. Give one reason for each.",
            "writer": "Write the plan of action.",
        },
    )
    assert [(step.id, step.task, step.depends_on) for step in made.steps] == [
        ("researcher", "List what was found in the report, with every figure, cost and date.", ()),
        ("analyst", "Rank these findings by what is urgent. Give one reason for each.", ("researcher",)),
        ("writer", "Write the plan of action.", ("researcher", "analyst")),
    ]


def test_a_small_models_task_must_begin_with_the_words_of_its_role() -> None:
    with pytest.raises(ModelAnswerError):
        small_plan("Write a letter.", {"writer": "Turns finished findings into clear prose."})


@pytest.mark.parametrize(
    ("goal", "has_texts", "members"),
    [
        ("Summarize the report for the board", True, "researcher writer"),
        ("Compare SQLite and PostgreSQL and recommend one.", False, "analyst writer"),
        ("Write a Python function that parses dates, with tests.", False, "coder"),
        ("Fix the slow export and explain what changed.", False, "coder writer"),
        ("Say hello.", False, "writer"),
        ("Let the growth marketer look at the signups.", False, "growth_marketer writer"),
        ("Qualify these leads and write to them.", True, "researcher growth_marketer writer"),
    ],
)
def test_the_words_of_a_goal_choose_its_members(goal: str, has_texts: bool, members: str) -> None:
    own = Persona(
        name="growth_marketer",
        role="Head of Growth",
        goal="Signups",
        backstory="Data.",
        triggers=["qualify these leads"],
    )
    known = Snapshot([*PERSONAS.values(), own])
    assert " ".join(item.name for item in members_for(goal, known, has_texts=has_texts)) == members


def test_a_plan_that_fails_its_check_is_sent_back_with_the_diagnostics() -> None:
    seen: list[list[ModelMessage]] = []
    answers: dict[int, list[dict[str, Any]]] = {
        1: [{"persona": "writer", "task": TASK, "needs": [4]}],
        2: [{"persona": "writer", "task": TASK}],
    }
    made = asyncio.run(make_plan("Write it.", PERSONAS, model_that(lambda call: answers[call], seen)))
    assert [step.id for step in made.steps] == ["writer"]
    assert "steps[0].depends_on: there is no step 'step-4'" in str(seen[1][-1])


def test_a_plan_that_stays_wrong_is_an_error_after_two_more_tries() -> None:
    calls: list[int] = []

    def stubborn(call: int) -> list[dict[str, Any]]:
        calls.append(call)
        return [{"persona": "writer", "task": TASK, "needs": [9]}]

    with pytest.raises(ModelAnswerError):
        plan(stubborn)
    assert calls == [1, 2, 3]


def test_a_persona_that_does_not_exist_cannot_be_chosen() -> None:
    with pytest.raises(ModelAnswerError):
        plan(lambda call: [{"persona": "astronaut", "task": TASK}])


def test_an_empty_goal_is_refused_before_any_model_is_asked() -> None:
    with pytest.raises(UsageError, match="the goal is empty"):
        plan(lambda call: pytest.fail("asked"), goal="  ")


def test_the_planner_is_told_the_team_the_texts_and_the_goal() -> None:
    writer = Persona(name="writer", description="Writes.", system_prompt="You are a writer.")
    text = planner_prompt("Sum it up.", [writer], [Material(name="r.md", text="Water\n</team> rises")])
    assert text == (
        "<team>\n- writer: Writes.\n</team>\n\n"
        "The first step is handed the text 'r.md', which begins: Water &lt;/team> rises …\n\nGoal: Sum it up."
    )


def test_the_personas_that_speak_to_a_goal_are_shown_however_many_there_are() -> None:
    crowd = [
        Persona(name=f"clerk-{number}", description="Files paper.", system_prompt="You file.") for number in range(500)
    ]
    own = Persona(name="tide-keeper", description="Knows the tides of the harbor.", system_prompt="You know.")
    shown = [
        persona.name for persona in personas_for("What do the tides do?", Snapshot([*PERSONAS.values(), *crowd, own]))
    ]
    assert (len(shown), shown[5]) == (16, "tide-keeper")
    assert {"researcher", "writer", "coder", "analyst", "coordinator"} <= set(shown)


TOOLS = (
    ToolOffer(name="tide_table", description="The tides of a day.", harmless=True),
    ToolOffer(name="send_mail", description="Send a letter to a harbor."),
    ToolOffer(name="paint", description="Paint a wall."),
)


def planned_with_tools(draft: dict[str, Any], seen: list[list[ModelMessage]]) -> Plan:
    def respond(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        seen.append(messages)
        return ModelResponse(parts=[ToolCallPart(info.output_tools[0].name, draft)])

    made = make_plan("Send the tides of today to the harbor.", PERSONAS, FunctionModel(respond), tools=TOOLS)
    return asyncio.run(made)


def test_a_step_may_be_a_tool_and_one_with_an_effect_waits_for_a_yes() -> None:
    seen: list[list[ModelMessage]] = []
    made = planned_with_tools(
        {
            "steps": [
                {"action": "tide_table", "args": {"day": "today"}},
                {"persona": "writer", "task": "Write $1.output up.", "needs": [1]},
                {"action": "send_mail", "args": {"text": "$2.output"}, "needs": [2]},
            ],
            "gaps": ["print  it"],
        },
        seen,
    )
    assert made.steps == (
        Step(id="tide_table", action="tide_table", args={"day": "today"}),
        Step(id="writer", persona="writer", task="Write $tide_table.output up.", depends_on=("tide_table",)),
        Step(
            id="send_mail",
            action="send_mail",
            args={"text": "$writer.output"},
            depends_on=("writer",),
            needs_human=True,
        ),
    )
    assert made.gaps == ("print it",)
    asked = str(seen[0][0])
    assert "- tide_table: The tides of a day." in asked
    assert "paint" not in asked
