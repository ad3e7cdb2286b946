from __future__ import annotations

import pytest
from rule_driver import Agent, check_agent

from personae.check.rules.tool_names import is_one_slip

READERS = ("Read", "Grep", "Glob")


def _claims(text: str, *tools: str, description: str | None = None) -> list[str]:
    agent = Agent(prompt=text, tools=tools, description=description)
    return [item.message for item in check_agent(agent) if item.rule == "claim-against-tools"]


def _orders(text: str, *tools: str) -> list[str]:
    return [item.message for item in check_agent(Agent(prompt=text, tools=tools)) if item.rule == "task-without-tool"]


@pytest.mark.parametrize(
    "text",
    [
        "You are read-only.",
        "You are a read-only reviewer who looks for bugs.",
        "You are strictly read-only and report what you find.",
        "- **Read-only** — only report.",
        "Stay read-only.",
        "Never edit files.",
        "You must never modify any files.",
        "2. Do not edit or delete any files; list what you would change.",
        "You don't change anything.",
        "You don’t change anything.",
        "Look at the change. You make no changes.",
    ],
)
def test_a_promise_to_edit_nothing_is_held_against_an_editing_tool(text: str) -> None:
    assert len(_claims(text, *READERS, "Edit")) == 1
    assert _claims(text, *READERS) == []


@pytest.mark.parametrize(
    "text",
    [
        "You are read-only outside of docs/.",
        "Never edit files unless the user asks.",
        "Never edit files outside src/.",
        "Never edit generated files.",
        "Never modify any other files.",
        "If you are read-only, say so.",
        "When you are read-only, say so and stop.",
        "Explain read-only and read-write mounts.",
        "Open the database read-only.",
        "Set `readonly: true` on read-only pages.",
        "You review code that must not change anything at run time.",
        "Keep the reference decks read-only.",
        "Never edit files via the terminal; use the edit tool.",
        "Do not modify files directly; propose a patch first.",
        "> You are read-only.",
        "```\nYou are read-only.\n```",
        "You are read-only.\n\nWrite the report to `out/report.md`.",
        "You do not write production code.",
        "Choose between a read-only agent and a full one.",
    ],
)
def test_a_promise_with_an_exception_or_about_something_else_is_none(text: str) -> None:
    assert _claims(text, *READERS, "Edit", "Write") == []


def test_a_shell_is_not_held_against_read_only_since_tests_need_one() -> None:
    assert _claims("You are read-only.", *READERS, "Bash") == []


def test_a_promise_to_run_nothing_is_held_against_a_shell() -> None:
    assert _claims("Never run any commands.", "Read", "Bash") == [
        '"never run any commands" says that it runs nothing, and its tools list Bash'
    ]
    assert _claims("Never run any commands.", "Read", "Bash(git diff *)") == []


@pytest.mark.parametrize("text", ["You have no network access.", "Never use the internet.", "You work offline."])
def test_a_promise_to_stay_off_the_network_is_held_against_a_web_tool(text: str) -> None:
    assert len(_claims(text, "Read", "WebFetch")) == 1


def test_a_description_promises_too() -> None:
    assert _claims("List faults.", "Read", "Write", description="Read-only code reviewer. Use when work is done.") == [
        '"read-only code reviewer" says that it is read-only, and its tools list Write'
    ]
    assert _claims("List faults.", "Read", "Write", description="Reviews code; edits and runs nothing.") == [
        '"edits and runs nothing" says that it edits nothing, and its tools list Write'
    ]
    assert _claims("List faults.", "Read", "Write", description="Never edits files unless asked. Use when due.") == []


def test_a_denied_tool_is_not_held_against_a_promise() -> None:
    agent = Agent(prompt="You are read-only.", tools=("Read", "Edit"), denied_tools=("Edit",))

    assert check_agent(agent) == []


def test_each_promise_is_told_once() -> None:
    assert len(_claims("You are read-only.\n\nNever edit files.", "Edit")) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1. Run the test suite.", "run the test suite"),
        ("- Run `npm test` and read the output.", "run `npm test`"),
        ("Save the report to `out/report.md`.", "save the report to `out/report.md`"),
        ("Search the web for newer versions.", "search the web"),
    ],
)
def test_an_order_that_no_tool_can_carry_out_is_reported(text: str, said: str) -> None:
    (message,) = _orders(text, *READERS)

    assert message.startswith(f'"{said}" ')
    assert message.endswith("and no tool of it can (tools: Read, Grep, Glob)")
    assert _orders(text, *READERS, "Bash") == []


@pytest.mark.parametrize(
    "text",
    [
        "Ask the user to run the test suite.",
        "- Run `npm test` yourself? No: ask the user.",
        "Never run the test suite.",
        "```\nRun the test suite.\n```",
        "Run through the checklist.",
        "Write to the point.",
        "Save time.",
        "Create a plan with three steps.",
        "Write the answer in two paragraphs.",
        "Search the code for callers.",
        "Write what you learned to memory/notes.md.",
    ],
)
def test_what_is_no_order_to_itself_needs_no_tool(text: str) -> None:
    assert _orders(text, *READERS) == []


def test_an_unknown_tool_may_do_anything() -> None:
    assert _orders("1. Run the test suite.", "Read", "mcp__ci__run") == []
    assert _orders("1. Run the test suite.", "Read", "Agent") == []


def test_a_promise_that_nothing_holds_is_a_note() -> None:
    (item,) = check_agent(Agent(prompt="You are read-only. List what is wrong."))

    assert (item.rule, item.severity) == ("claim-against-tools", "note")
    assert item.message == '"you are read-only" says that it is read-only, and nothing limits its tools'
    assert check_agent(Agent(prompt="You are read-only. List what is wrong.", host="opencode")) == []
    assert check_agent(Agent(prompt="You are read-only. List what is wrong.", denied_tools=("Edit",))) == []


@pytest.mark.parametrize(
    ("one", "other", "is_slip"),
    [
        ("raed", "read", True),
        ("rad", "read", True),
        ("reead", "read", True),
        ("resd", "read", True),
        ("read", "read", False),
        ("reads", "read", True),
        ("reed", "raed", True),
        ("grip", "glob", False),
        ("ab", "abcd", False),
    ],
)
def test_a_slip_is_one_letter_wrong_missing_too_many_or_swapped(one: str, other: str, is_slip: bool) -> None:
    assert is_one_slip(one, other) is is_slip


def test_a_tool_that_nobody_knows_may_be_a_plugins() -> None:
    found = check_agent(
        Agent(prompt="List what is wrong.", tools=("Raed", "Grepp", "computer-use", "TeamCreate", "LSP"))
    )

    assert [(item.rule, item.found, item.help) for item in found] == [
        ("misspelled-tool", "Raed", "Did you mean Read?"),
        ("misspelled-tool", "Grepp", "Did you mean Grep?"),
    ]


def test_a_slip_in_a_short_name_of_a_model_is_reported() -> None:
    found = check_agent(Agent(prompt="List what is wrong.", model="sonet"))

    assert [item.message for item in found] == ["Claude Code knows no model 'sonet'"]
    assert check_agent(Agent(prompt="List what is wrong.", model="opusplan")) == []
