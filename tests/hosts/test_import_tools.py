"""Tools: each name by what it reaches at its host. What is unknown stays out, and what is denied stays denied."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from import_samples import imported, persona_of, said

from personae.hosts.compile import COMPILERS
from personae.hosts.imports.tools import counterpart
from personae.hosts.words import WORDS, names_of
from personae.persona.dialects import HOSTS


def claude(**keys: str) -> str:
    lines = {"name": "x", "description": "X.", **keys}
    return "---\n" + "".join(f"{key}: {value}\n" for key, value in lines.items()) + "---\nYou are X.\n"


def tools_of(**keys: str) -> tuple[str, ...] | None:
    tools = persona_of(".claude/agents/x.md", claude(**keys)).tools
    return None if tools is None else tuple(tools)


@pytest.mark.parametrize("host", [host for host in COMPILERS if host in HOSTS])
def test_what_compile_writes_for_a_tool_is_read_as_no_more_than_what_that_name_does(host: str) -> None:
    tools = HOSTS[host].tools
    for word in WORDS:
        for name in names_of(tools, word):
            ours = counterpart(name, host).ours
            assert word in ours
            assert all(name in names_of(tools, other) for other in ours)


def test_each_name_gets_only_its_own_part_of_a_capability() -> None:
    assert tools_of(tools="Edit") == ("edit",)
    assert tools_of(tools="Write") == ("write",)
    assert tools_of(tools="Read, MultiEdit, LS, NotebookRead") == ("list", "read", "edit")


def test_servers_tools_keep_their_names() -> None:
    assert tools_of(tools="mcp__github__search, mcp__git__*, mcp__docs") == (
        "mcp__docs",
        "mcp__git",
        "mcp__github__search",
    )
    assert persona_of("a.agent.md", "---\ndescription: X.\ntools: ['git/*', 'docs/search']\n---\nYou.\n").tools == (
        "mcp__docs__search",
        "mcp__git",
    )


@pytest.mark.parametrize(
    ("name", "because"),
    [
        ("read_file", "it is no tool of Claude Code that is known, so nobody can say how far it reaches"),
        ("bash", "Claude Code has no tool of that name, only Bash, so it grants nothing there"),
        ("AskUserQuestion", "there is no such tool here"),
        ("Bash(git diff:*)", "here a tool is granted as a whole, and what is in brackets would be lost"),
        ("Agent(*)", "it names nobody"),
    ],
)
def test_what_has_no_counterpart_stays_out_with_the_reason(name: str, because: str) -> None:
    item = imported(".claude/agents/x.md", claude(tools=f'["{name}"]'))
    assert item.persona is not None
    assert item.persona.tools == ()
    (_, change) = said(item, "tools")
    assert (change.fate, change.was, change.because) == ("narrowed", name, because)


@given(st.text(min_size=1, max_size=30))
def test_a_name_that_nobody_knows_never_grants_anything_of_ours(name: str) -> None:
    for host in HOSTS:
        found = counterpart(name, host)
        if found.ours and not found.ours[0].startswith(("mcp__", "agent(")):
            bare = name.strip().partition("(")[0].strip()
            known = {other for word in WORDS for other in names_of(HOSTS[host].tools, word)}
            assert bare in known or host in ("copilot", "skill") or bare in HOSTS[host].tools.known


def test_denied_tools_are_taken_out_of_everything_and_everything_is_written_out() -> None:
    assert tools_of(disallowedTools="Bash, Write") == (
        *("list", "read", "glob", "grep", "edit", "fetch", "agent", "web_search", "todo"),
    )
    assert tools_of(tools="Read, Bash", disallowedTools="Bash(rm *)") == ("read",)


def test_plan_mode_leaves_what_reads() -> None:
    assert tools_of(tools="Read, Edit, Bash, WebFetch", permissionMode="plan") == ("read", "fetch")
    assert tools_of(tools="Read, Edit", permissionMode="bypassPermissions") == ("read", "edit")


def test_an_empty_list_is_none_and_a_star_is_the_project_s_defaults() -> None:
    assert tools_of(tools="[]") == ()
    assert tools_of(tools='"*"') is None


def test_agents_in_brackets_become_slugs() -> None:
    assert tools_of(tools="Agent(Code Writer, tester)") == ("agent(code-writer, tester)",)


def opencode(keys: str) -> tuple[str, ...] | None:
    tools = persona_of(".opencode/agents/x.md", f"---\ndescription: X.\n{keys}\n---\nYou are X.\n").tools
    return None if tools is None else tuple(tools)


def test_of_opencode_s_rules_the_last_one_that_matches_counts() -> None:
    assert opencode('permission:\n  edit: allow\n  "*": deny\n  grep: allow') == ("grep",)
    assert opencode('permission:\n  "*": allow') is None
    assert opencode("permission: deny") == ()


def test_what_opencode_asks_for_or_allows_by_pattern_is_not_granted() -> None:
    tools = opencode('permission:\n  "*": deny\n  read: allow\n  bash: {"*": ask, "git *": allow}\n  edit: ask')
    assert tools == ("read",)


def test_what_nobody_may_write_here_takes_nothing_away() -> None:
    assert opencode('permission:\n  "*": deny\n  edit: {"*": allow, ".git/**": deny}') == ("write", "edit")
    assert opencode('permission:\n  "*": deny\n  edit: {"*": allow, "src/**": deny}') == ()


def test_opencode_s_switches_are_no_list_of_what_is_allowed() -> None:
    tools = opencode("tools:\n  write: false\n  bash: false")
    assert tools is not None
    assert "read" in tools
    assert not {"write", "shell"} & set(tools)
    assert opencode('tools:\n  "*": false\n  read: true') == ("read",)


def test_opencode_names_whom_an_agent_may_call() -> None:
    assert opencode('permission:\n  "*": deny\n  task: {"*": deny, tester: allow}') == ("agent(tester)",)


def test_copilot_s_agents_narrow_its_agent_tool() -> None:
    text = "---\ndescription: X.\ntools: [agent, read]\nagents: [Tester]\n---\nYou.\n"
    assert persona_of("a.agent.md", text).tools == ("read", "agent(tester)")
    assert persona_of("a.agent.md", text.replace("[Tester]", "[]")).tools == ("read",)


def test_a_worktree_is_no_reason_to_write_into_the_project() -> None:
    item = imported(".claude/agents/x.md", claude(isolation="worktree"))
    assert item.persona is not None
    assert item.persona.needs_temp_workspace
    (change,) = said(item, "isolation")
    assert change.fate == "narrowed"


def test_copilot_s_agents_limit_whom_it_calls_where_no_tools_are_listed_too() -> None:
    tools = persona_of("a.agent.md", "---\ndescription: X.\nagents: [tester]\n---\nYou.\n").tools
    assert tools is not None
    assert "agent(tester)" in tools
    assert "agent" not in tools
