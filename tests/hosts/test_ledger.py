"""What a host would lose of a limit is an error, with the reason and the option that would allow it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from personae.errors import UnknownNameError
from personae.hosts.compile import COMPILERS, Compilation, compile_persona
from personae.hosts.ledger import Outcome
from personae.persona.model import Budget, Persona


def _persona(**fields: Any) -> Persona:
    return Persona(**{"name": "scout", "description": "Looks.", "system_prompt": "You look.", **fields})


def _outcome(made: Compilation, field: str) -> Outcome:
    return next(entry.outcome for entry in made.ledger.entries if entry.field == field)


def _refused(made: Compilation) -> list[tuple[str, str]]:
    return [(entry.field, entry.reason) for entry in made.refused]


def test_an_unknown_host_is_refused_with_the_one_that_was_meant() -> None:
    with pytest.raises(UnknownNameError, match="unknown host 'claud'") as caught:
        compile_persona(_persona(), "claud")
    assert caught.value.help == "Did you mean 'claude'?"


@pytest.mark.parametrize("host", ["cursor", "goose"])
def test_a_host_without_lists_gets_nobody_who_has_one(host: str) -> None:
    made = compile_persona(_persona(tools=["read", "edit"]), host)
    assert made.artifacts == ()
    assert [field for field, _ in _refused(made)] == ["tools"]


def test_what_is_allowed_all_the_same_is_stamped_into_the_file() -> None:
    made = compile_persona(_persona(tools=["read", "glob", "grep"]), "cursor", allow=["tools"])
    assert made.refused == ()
    assert "\n# WIDER than its persona in tools: allowed by --allow-widening.\n" in made.artifacts[0].text
    assert "\nreadonly: true\n" in made.artifacts[0].text  # as narrow as it can be even so


def test_an_allowance_for_another_field_allows_nothing() -> None:
    made = compile_persona(_persona(tools=["read"], max_steps=3), "goose", allow=["maxSteps"])
    assert [field for field, _ in _refused(made)] == ["tools"]


def test_a_host_tool_that_does_more_than_is_granted_is_left_out() -> None:
    made = compile_persona(_persona(tools=["read", "fetch"], modes=["sub-agent"]), "copilot")
    assert 'tools: ["read"]\n' in made.artifacts[0].text
    tools = next(entry for entry in made.ledger.entries if entry.field == "tools")
    assert (tools.outcome, tools.reason) == ("narrowed", "left out: fetch (its web does web_search too)")


def test_the_same_tool_is_written_where_that_is_allowed() -> None:
    made = compile_persona(_persona(tools=["read", "fetch"], modes=["sub-agent"]), "copilot", allow=["tools"])
    assert 'tools: ["read", "web"]\n' in made.artifacts[0].text
    assert _outcome(made, "tools") == "widened"


def test_whoever_may_run_commands_may_use_every_tool_for_files() -> None:
    made = compile_persona(_persona(tools=["read", "shell"]), "kiro")
    assert 'tools: ["read", "shell"]\n' in made.artifacts[0].text
    assert _outcome(made, "tools") == "exact"


@pytest.mark.parametrize(("host", "key"), [("claude", "maxTurns"), ("opencode", "steps"), ("gemini", "max_turns")])
def test_a_limit_of_rounds_is_a_key_where_the_host_has_one(host: str, key: str) -> None:
    made = compile_persona(_persona(max_steps=7, modes=["sub-agent"]), host)
    assert f"\n{key}: 7\n" in made.artifacts[0].text


def test_a_limit_of_rounds_is_an_error_where_the_host_has_none() -> None:
    made = compile_persona(_persona(max_steps=7), "copilot")
    assert _refused(made) == [("maxSteps", "GitHub Copilot has no limit of rounds, and the persona has 7")]


def test_the_default_of_rounds_is_no_limit_that_anybody_set() -> None:
    assert _outcome(compile_persona(_persona(), "copilot"), "maxSteps") == "dropped"


def test_a_cap_in_dollars_is_held_by_a_launcher_of_claude_code_and_by_no_file() -> None:
    budget = Budget(per_run_max_cost_usd=Decimal("1.50"))
    persona = _persona(tools=["read", "glob", "grep"], modes=["sub-agent"], budget=budget)
    made = compile_persona(persona, "claude")
    assert [artifact.path.as_posix() for artifact in made.artifacts] == [".claude/personae/scout.sh"]
    assert made.artifacts[0].executable
    assert "--print --max-turns 20 --max-budget-usd 1.50" in made.artifacts[0].text
    for host in COMPILERS:
        if host not in ("claude", "skill", "agents-md", "mcp-prompt", "a2a"):
            assert "budget.perRun" in dict(_refused(compile_persona(persona, host))), host


def test_a_cap_in_tokens_or_over_a_day_is_an_error_on_every_host() -> None:
    for budget in (Budget(per_run_max_tokens=1000), Budget(daily_max_cost_usd=Decimal(1))):
        persona = _persona(budget=budget)
        for host in COMPILERS:
            if host != "a2a":
                assert compile_persona(persona, host).artifacts == (), (host, budget)


@pytest.mark.parametrize("host", ["claude", "codex"])
def test_an_empty_folder_is_made_by_a_launcher(host: str) -> None:
    persona = _persona(tools=["list", "read", "glob", "grep", "shell"], modes=["sub-agent"], needs_temp_workspace=True)
    made = compile_persona(persona, host)
    assert _outcome(made, "needsTempWorkspace") == "exact"
    text = made.artifacts[0].text
    assert text.index("folder=$(mktemp -d)") < text.index('cd "$folder"') < text.index(f"\n{host} ")


def test_an_empty_folder_is_an_error_where_there_is_no_launcher() -> None:
    made = compile_persona(_persona(needs_temp_workspace=True), "opencode")
    assert _refused(made) == [("needsTempWorkspace", "OpenCode lets it work in the project, not in an empty folder")]


def test_visibility_of_its_own_folder_is_an_error_for_whoever_has_tools_for_files() -> None:
    made = compile_persona(_persona(visibility="folder", tools=["read"], modes=["sub-agent"]), "gemini")
    assert _refused(made) == [("visibility", "Gemini CLI cannot keep it to .agents/scout/")]
    made = compile_persona(_persona(visibility="folder", tools=["fetch"], modes=["sub-agent"]), "gemini")
    assert _outcome(made, "visibility") == "exact"


def test_nobody_becomes_a_sub_agent_who_does_not_declare_it() -> None:
    persona = _persona(modes=["interactive"])
    for host in ("codex", "cursor", "gemini", "qwen", "kiro", "factory", "goose", "a2a"):
        made = compile_persona(persona, host)
        assert (made.artifacts, made.is_refused) == ((), False), host
        assert _outcome(made, "modes") == "narrowed"
    assert [item.path.as_posix() for item in compile_persona(persona, "claude").artifacts] == [
        ".claude/output-styles/scout.md"
    ]
    assert [item.path.as_posix() for item in compile_persona(persona, "grok").artifacts] == [
        ".grok/personas/scout.toml"
    ]
    assert '\nmode: "primary"\n' in compile_persona(persona, "opencode").artifacts[0].text
    assert (
        "\ndisable-model-invocation: true\nuser-invocable: true\n"
        in compile_persona(persona, "copilot").artifacts[0].text
    )
    assert "\nmainAgent: true\nsubagent: false\n" in compile_persona(persona, "antigravity").artifacts[0].text


def test_a_persona_of_loops_and_goals_is_written_for_nobody() -> None:
    for host in COMPILERS:
        made = compile_persona(_persona(modes=["loop", "goal"]), host, url="https://agents.example")
        assert (made.artifacts, made.is_refused) == ((), False), host
        assert made.ledger.entries[0].reason == "nothing is written; loop and goal only with personae"


def test_an_output_style_carries_nobody_who_has_limits() -> None:
    made = compile_persona(_persona(tools=["read"], modes=["interactive"]), "claude")
    assert [artifact.path.as_posix() for artifact in made.artifacts] == [".claude/personae/scout.sh"]
    made = compile_persona(_persona(tools=["read"], modes=["interactive"]), "claude", allow=["tools"])
    assert [artifact.path.as_posix() for artifact in made.artifacts] == [".claude/output-styles/scout.md"]
    assert "WIDER than its persona in tools" in made.artifacts[0].text


@pytest.mark.parametrize("host", ["skill", "agents-md", "mcp-prompt"])
def test_prose_keeps_no_limit(host: str) -> None:
    made = compile_persona(_persona(tools=["read"]), host)
    assert [(entry.field, entry.outcome) for entry in made.refused] == [("tools", "advisory")]
    assert compile_persona(_persona(), host).artifacts


@pytest.mark.parametrize("host", ["grok", "qwen", "kiro", "factory"])
def test_no_tools_at_all_is_refused_where_an_empty_list_means_all(host: str) -> None:
    made = compile_persona(_persona(tools=[]), host)
    assert made.artifacts == ()
    assert made.faults[0].startswith("no tool is left, and ")


@pytest.mark.parametrize(
    ("host", "says"), [("copilot", "tools: []"), ("gemini", "tools: []"), ("claude", "--tools ''")]
)
def test_no_tools_at_all_is_said_where_that_can_be_said(host: str, says: str) -> None:
    made = compile_persona(_persona(tools=[], modes=["sub-agent"]), host)
    assert says in made.artifacts[0].text


def test_a_read_only_persona_is_a_sandbox_of_codex_and_never_a_role() -> None:
    made = compile_persona(_persona(tools=["list", "read", "glob", "grep"]), "codex")
    assert [artifact.path.as_posix() for artifact in made.artifacts] == [".codex/personae/scout.sh"]
    assert "-c sandbox_mode=read-only " in made.artifacts[0].text
    assert "-c sandbox_mode=workspace-write " in compile_persona(_persona(tools=["shell"]), "codex").artifacts[0].text


def test_whoever_may_not_search_gets_no_sandbox_of_codex_either() -> None:
    made = compile_persona(_persona(tools=["read"]), "codex")
    assert _refused(made) == [("tools", "even sandbox_mode read-only can list, glob, grep all files, and it may not")]


def test_a_required_tool_that_the_host_lacks_cannot_be_allowed_away() -> None:
    persona = _persona(requires=["team_status", "read"], tools=["read", "team_status"])
    made = compile_persona(persona, "gemini", allow=["tools"])
    assert made.faults == ("it requires team_status, which Gemini CLI does not have",)
    assert made.artifacts == ()


def test_names_of_the_hosts_own_agents_are_left_to_them() -> None:
    made = compile_persona(_persona(name="plan"), "opencode")
    assert made.artifacts[0].path.as_posix() == ".opencode/agents/plan-persona.md"
    name = next(entry for entry in made.ledger.entries if entry.field == "name")
    assert name.reason == "plan-persona, since OpenCode has an agent plan of its own"


def test_a_stance_that_is_too_long_is_refused_and_never_cut() -> None:
    made = compile_persona(_persona(system_prompt="x" * 30_001), "copilot")
    assert made.faults == ("the prompt has 30,001 characters, and GitHub Copilot takes 30,000",)
    assert made.artifacts == ()


def test_sub_agents_are_named_one_by_one_where_that_can_be_said() -> None:
    made = compile_persona(_persona(tools=["agent(ranger, plan)"], modes=["sub-agent"]), "opencode")
    assert '  task:\n    "*": "deny"\n    ranger: "allow"\n    plan-persona: "allow"\n' in made.artifacts[0].text
    made = compile_persona(_persona(tools=["agent(ranger)", "read"], modes=["sub-agent"]), "claude")
    assert 'tools: "Read"\n' in made.artifacts[0].text


def test_another_host_that_reads_the_folder_by_looser_rules_is_named() -> None:
    made = compile_persona(_persona(tools=["read"], modes=["sub-agent"]), "claude")
    tools = next(entry for entry in made.ledger.entries if entry.field == "tools")
    assert tools.reason == (
        "its own list of tools, enforced by the host; Cursor reads this folder too, and would not keep it"
    )


def test_in_the_users_scope_the_files_go_where_the_host_reads_the_users_agents() -> None:
    places = {
        host: compile_persona(_persona(modes=["sub-agent"]), host, scope="user").artifacts[0].path.as_posix()
        for host in ("claude", "opencode", "copilot", "antigravity")
    }
    assert places == {
        "claude": ".claude/agents/scout.md",
        "opencode": ".config/opencode/agents/scout.md",
        "copilot": ".copilot/agents/scout.agent.md",
        "antigravity": ".gemini/config/agents/scout.md",
    }


@pytest.mark.parametrize(
    ("host", "model", "written"),
    [
        ("claude", "claude-opus-5", 'model: "claude-opus-5"'),
        ("claude", "opus", 'model: "opus"'),
        ("opencode", "claude-opus-5", 'model: "anthropic/claude-opus-5"'),
        ("opencode", "ollama/llama3.3:70b", 'model: "ollama/llama3.3:70b"'),
        ("codex", "gpt-6-sol", 'model = "gpt-6-sol"'),
        ("gemini", "gemini-4-argon", 'model: "gemini-4-argon"'),
    ],
)
def test_a_named_model_is_spelled_as_the_host_does(host: str, model: str, written: str) -> None:
    made = compile_persona(_persona(model=model, modes=["sub-agent"]), host)
    assert f"\n{written}\n" in made.artifacts[0].text
    assert _outcome(made, "model") == "exact"


def test_a_model_of_another_provider_leaves_it_to_the_session() -> None:
    made = compile_persona(_persona(model="gpt-6-sol", modes=["sub-agent"]), "claude")
    assert '\nmodel: "inherit"\n' in made.artifacts[0].text
    assert _outcome(made, "model") == "dropped"
