"""A `Persona` built in Python keeps the rules that a file keeps."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from personae.errors import InvalidPersonaError
from personae.persona.model import Budget, Heartbeat, Memory, Persona


def test_both_spellings_of_identity_make_a_persona() -> None:
    by_role = Persona(
        name="counsel", role="Corporate counsel", goal="Find the risks.", backstory="Ten years at the bar."
    )
    by_prompt = Persona(
        name="digger", description="Digs.", system_prompt="You dig.", tools=["read"], personas=["a", "b"]
    )
    assert by_role.system_prompt is None
    assert by_prompt.tools == ("read", "agent(a, b)")


def test_equal_personas_are_equal_and_may_be_keys() -> None:
    one = Persona(
        name="a", system_prompt="\n\nYou are.\n", skills=["x"], tools=["read", "read"], modes=["goal", "loop"]
    )
    other = Persona(name="a", system_prompt="You are.", skills=("x",), tools=("read",), modes=("loop", "goal", "loop"))
    assert one == other
    assert {one: 1}[other] == 1


def test_a_display_name_that_only_repeats_the_slug_is_none() -> None:
    assert Persona(name="a", display_name=" a ", system_prompt="x") == Persona(name="a", system_prompt="x")


def test_a_stance_loses_blank_lines_around_it_and_keeps_all_else() -> None:
    stance = Persona(name="a", system_prompt="\n \t\n    indented\r\n\r\n  more  \n\n").system_prompt
    assert stance == "    indented\n\n  more"


def test_only_leads_may_dispatch_unless_it_is_said() -> None:
    assert Persona(name="a", type="lead", system_prompt="x").may_dispatch
    assert not Persona(name="a", system_prompt="x").may_dispatch
    assert Persona(name="a", system_prompt="x", can_dispatch=True).may_dispatch
    assert not Persona(name="a", type="lead", system_prompt="x", can_dispatch=False).may_dispatch


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(InvalidPersonaError) as caught:
        Persona(name="Big Boss", role="r", goal="g", system_prompt="x", max_steps=0, color="#12")
    assert str(caught.value) == (
        "persona 'Big Boss' is not valid: "
        "name: 'Big Boss' is not a slug: only a-z, 0-9, `-` and `_` are allowed, starting with a letter or digit; "
        "goal: there is a body, so goal would never be sent; "
        "maxSteps: 0 is too small; "
        "color: '#12' is neither hex nor a color name"
    )
    assert caught.value.help == "Call it 'big-boss'."
    assert [item.rule for item in caught.value.diagnostics] == [
        "invalid-slug",
        "two-identities",
        "too-small",
        "invalid-color",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": 5}, "name: expected text, found int"),
        ({"role": 5}, "role: expected text or None, found int"),
        ({"tools": "read"}, "tools: expected a list of texts or None, found str"),
        ({"personas": "researcher"}, "personas: expected a list of texts, found str"),
        ({"skills": [5]}, "skills: expected a list of texts, found list"),
        ({"modes": None}, "modes: expected a list of texts, found NoneType"),
        ({"max_steps": "5"}, "maxSteps: expected a whole number, found str"),
        ({"max_steps": True}, "maxSteps: expected a whole number, found bool"),
        ({"order": 1.5}, "order: expected a whole number or None, found float"),
        ({"can_dispatch": "no"}, "canDispatch: expected True, False or None, found str"),
        ({"needs_temp_workspace": 1}, "needsTempWorkspace: expected True or False, found int"),
        ({"heartbeats": [{}]}, "heartbeats[0]: expected Heartbeat, found dict"),
        ({"heartbeats": None}, "heartbeats: expected a list of Heartbeat, found NoneType"),
        ({"heartbeats": [Heartbeat(cron=5, prompt="x")]}, "heartbeats[0].cron: expected str, found int"),  # type: ignore[arg-type]
        ({"memory": "notes.md"}, "memory: expected Memory, found str"),
        ({"memory": Memory(path=None)}, "memory.path: expected str, found NoneType"),  # type: ignore[arg-type]
        ({"budget": {"daily": 5}}, "budget: expected Budget, found dict"),
        (
            {"budget": Budget(daily_max_cost_usd=0.5)},  # type: ignore[arg-type]
            "budget.daily_max_cost_usd: expected Decimal or int or None, found float",
        ),
    ],
)
def test_a_value_of_another_type_is_named(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidPersonaError) as caught:
        Persona(**{"name": "a", "system_prompt": "x", **arguments})
    assert str(caught.value) == f"persona {arguments.get('name', 'a')!r} is not valid: {message}"


def test_an_amount_that_is_no_number_is_refused() -> None:
    with pytest.raises(InvalidPersonaError, match=r"budget\.daily\.maxCostUsd: NaN is not an amount"):
        Persona(name="a", system_prompt="x", budget=Budget(daily_max_cost_usd=Decimal("nan")))


def test_an_entry_is_named_by_the_place_it_was_written_at() -> None:
    with pytest.raises(InvalidPersonaError) as caught:
        Persona(name="a", system_prompt="x", tools=["read", "read", "no tool"], modes=["loop", "no", "goal"])  # type: ignore[list-item]
    assert [item.field for item in caught.value.diagnostics] == ["modes[1]", "tools[2]"]


def test_half_a_surrogate_pair_fits_into_no_file() -> None:
    with pytest.raises(InvalidPersonaError, match=r"description: there is a control character \(U\+D83D\)"):
        Persona(name="a", system_prompt="x", description="\ud83d")
