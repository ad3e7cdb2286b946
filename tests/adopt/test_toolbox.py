"""Tools: what is here, narrowed by persona, project and pools, and never widened."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from personae.adopt.toolbox import resolve_tools
from personae.library.capabilities import CapabilityBinding
from personae.library.project import Defaults, Project
from personae.persona.model import MODES, Mode

HERE = ("agent", "read", "shell", "write")


def project(
    *, tools: tuple[str, ...] | None = None, parent: tuple[str, ...] | None = None, sub: tuple[str, ...] | None = None
) -> Project:
    return Project(root=Path("x"), defaults=Defaults(tools=tools), parent_pool=parent, subagent_pool=sub)


def granted(wished: tuple[str, ...] | None, at: Project, mode: Mode = "interactive") -> tuple[str, ...]:
    return resolve_tools(wished, project=at, mode=mode, offered=HERE).granted


def test_a_persona_without_a_list_gets_the_projects_defaults_and_else_all_that_is_here() -> None:
    assert granted(None, project(tools=("read",))) == ("read",)
    assert granted(None, project()) == ("read", "shell", "write")


def test_who_lists_no_tools_spawns_nobody() -> None:
    assert "agent" not in granted(None, project())
    assert granted(None, project(tools=("read", "agent"))) == ("read", "agent")


def test_an_empty_list_is_none_at_all() -> None:
    assert granted((), project(tools=("read",))) == ()


def test_a_tool_that_is_not_here_is_left_out_and_named() -> None:
    found = resolve_tools(("read", "fly"), project=project(), mode="goal", offered=HERE)
    assert (found.granted, found.left_out) == (("read",), (("fly", "it is not here"),))


def test_a_parent_gets_only_its_pool_and_a_sub_agent_both() -> None:
    pools = project(parent=("read",), sub=("shell",))
    assert granted(("read", "write", "shell"), pools) == ("read",)
    assert granted(("read", "write", "shell"), pools, "sub-agent") == ("read", "shell")


def test_what_the_project_keeps_for_sub_agents_no_parent_may_call() -> None:
    found = resolve_tools(("read", "shell"), project=project(sub=("shell",)), mode="loop", offered=HERE)
    assert found.left_out == (("shell", "[pools] subagents keeps it for sub-agents"),)


def test_the_targets_of_agent_narrow_too() -> None:
    assert granted(("agent(a, b)",), project(parent=("agent(b, c)",))) == ("agent(b)",)
    assert granted(("agent",), project(parent=("agent(b)",))) == ("agent(b)",)
    assert granted(("agent(a)",), project(parent=("agent",))) == ("agent(a)",)
    found = resolve_tools(("agent(a)",), project=project(parent=("agent(b)",)), mode="goal", offered=HERE)
    assert (found.granted, found.left_out) == ((), (("agent(a)", "[pools] allows only agent(b)"),))


def test_a_tool_that_a_capability_brings_and_nobody_lists_is_named_as_left_out() -> None:
    board = CapabilityBinding(name="board", reason="available", tools=("post",), because="x")
    found = resolve_tools(("read",), project=project(), mode="goal", offered=HERE, capabilities=[board])
    assert found.left_out == (("post", "board brings it and the persona's own list does not list it"),)


_TOOLS = st.lists(st.sampled_from([*HERE, "post", "fly"]), max_size=4, unique=True).map(tuple)


@given(
    st.none() | _TOOLS,
    st.none() | _TOOLS,
    st.none() | _TOOLS,
    st.none() | _TOOLS,
    st.sampled_from(MODES),
    st.booleans(),
)
def test_nothing_is_ever_granted_that_somebody_did_not_allow(
    wished: tuple[str, ...] | None,
    defaults: tuple[str, ...] | None,
    parent: tuple[str, ...] | None,
    sub: tuple[str, ...] | None,
    mode: str,
    present: bool,
) -> None:
    reason = "available" if present else "no-provider"
    board = CapabilityBinding(name="board", reason=reason, tools=("post",), because="x")  # type: ignore[arg-type]
    at = project(tools=defaults, parent=parent, sub=sub)
    found = resolve_tools(wished, project=at, mode=cast("Mode", mode), offered=HERE, capabilities=[board])
    limit = wished if wished is not None else defaults
    for tool in found.granted:
        assert tool in HERE or (present and tool == "post")
        assert limit is None or tool in limit
        assert parent is None or tool in parent or (mode == "sub-agent" and tool in (sub or ()))
        assert mode == "sub-agent" or tool not in (sub or ())


def test_what_comes_with_the_right_to_dispatch_comes_with_no_list() -> None:
    found = resolve_tools(["launch_task"], project=project(), mode="loop", offered=["read"])
    assert found.left_out == (("launch_task", "it comes with canDispatch, and no list gives it"),)
