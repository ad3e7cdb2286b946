"""What each host makes of a file, in the words that users see."""

from __future__ import annotations

from pathlib import PurePath
from textwrap import dedent

import pytest

from personae.persona.dialects import ReadAgent, detect, read_agent


def _read(path: str, text: str | bytes) -> ReadAgent:
    dialect = detect(PurePath(path))
    assert dialect is not None
    return read_agent(text if isinstance(text, bytes) else dedent(text).encode(), file=path, dialect=dialect)


def _said(read: ReadAgent) -> list[tuple[str, int, int, str, str]]:
    return [(item.rule, item.line, item.column, item.field, item.message) for item in read.diagnostics]


_REVIEWER = """\
    ---
    name: reviewer
    description: "Reviews diffs."
    {rest}
    ---
    You review.
    """


def _reviewer(path: str, rest: str = "model: inherit") -> ReadAgent:
    return _read(path, dedent(_REVIEWER).replace("{rest}", rest))


def test_claude_reads_an_agent_with_all_its_limits() -> None:
    rest = "tools: Read, Grep, Agent(a, b)\ndisallowedTools: [Bash]\nmodel: opus\neffort: high\nmaxTurns: 12"
    read = _reviewer(".claude/agents/x.md", rest)
    assert read.fate == "loads"
    assert read.diagnostics == ()
    agent = read.agent
    assert agent is not None
    assert (agent.host, agent.name, agent.description, agent.prompt) == (
        "claude",
        "reviewer",
        "Reviews diffs.",
        "You review.",
    )
    assert agent.tools == ("Read", "Grep", "Agent(a, b)")
    assert agent.denied_tools == ("Bash",)
    assert (agent.model, agent.effort) == ("opus", "high")
    assert dict(agent.extra) == {"maxTurns": 12}
    assert read.places["tools"] == (4, 8)
    assert read.body == "You review.\n"
    assert read.body_line == 10


def test_claude_skips_a_file_without_description_silently() -> None:
    read = _read(".claude/agents/x.md", "---\nname: x\n---\nYou review.\n")
    assert read.fate == "skipped"
    assert read.agent is not None  # what it says can still be imported
    assert read.agent.description == ""
    assert _said(read) == [
        (
            "claude-missing-key",
            1,
            1,
            "description",
            "'description' is missing; Claude Code skips this file, and only its debug log says so",
        )
    ]


def test_claude_repairs_a_colon_and_not_with_crlf() -> None:
    text = "---\nname: x\ndescription: Use it: now\n---\nYou review.\n"
    read = _read(".claude/agents/x.md", text)
    assert read.fate == "loads-tolerantly"
    assert read.agent is not None
    assert read.agent.description == "Use it: now"
    assert _said(read) == [
        (
            "claude-tolerant-frontmatter",
            3,
            20,
            "",
            'invalid YAML: a second ": " in an unquoted value; Claude Code repairs this, and other tools skip the '
            "file or stop",
        )
    ]
    crlf = _read(".claude/agents/x.md", text.replace("\n", "\r\n"))
    assert crlf.fate == "skipped"
    assert crlf.diagnostics[0].rule == "claude-broken-frontmatter"


def test_claude_says_what_a_wrong_limit_loses() -> None:
    read = _reviewer(".claude/agents/x.md", "permissionMode: readonly\ndisallowed_tools: Bash\ncolor: teal")
    assert read.fate == "loads"
    assert [(item.rule, item.severity) for item in read.diagnostics] == [
        ("claude-invalid-value", "warning"),
        ("claude-misspelled-key", "warning"),
        ("claude-invalid-value", "note"),
    ]
    assert read.diagnostics[1].message == "Claude Code ignores 'disallowed_tools': the key is spelled disallowedTools"
    assert read.diagnostics[1].help == "Write disallowedTools."


def test_claude_has_no_tools_of_other_hosts() -> None:
    read = _reviewer(".claude/agents/x.md", "tools: read_file, bash\ndisallowedTools: Bash(rm *), Write")
    assert _said(read) == [
        ("claude-unknown-tool", 4, 8, "tools", "Claude Code has no tool 'read_file': the name grants nothing"),
        ("claude-unknown-tool", 4, 8, "tools", "Claude Code has no tool 'bash': the name grants nothing"),
        (
            "claude-no-tool-left",
            4,
            8,
            "tools",
            "no name here is a tool of Claude Code, which refuses to launch an agent without tools",
        ),
        (
            "claude-whole-tool-denied",
            5,
            18,
            "disallowedTools",
            "Bash(rm *) forbids all of Bash: Claude Code drops what is in brackets",
        ),
    ]
    assert [item.help for item in read.diagnostics[:2]] == ["The tool for that is Read there.", "Write Bash."]


@pytest.mark.parametrize("tools", ["Read, mcp__github__list", "TeamCreate, TeamDelete", "MyPluginTool", "'*'", "[]"])
def test_a_tool_that_may_be_anybodys_is_no_finding(tools: str) -> None:
    assert _reviewer(".claude/agents/x.md", f"tools: {tools}").diagnostics == ()


def test_a_document_beside_agents_is_left_alone() -> None:
    for path in (".claude/agents/README.md", ".grok/agents/README.md", ".cursor/agents/README.md"):
        for text in ("# Agents\n", "---\ntitle: Agents\n---\n# Agents\n"):
            read = _read(path, text)
            assert (read.agent, read.diagnostics, read.fate) == (None, (), "skipped"), path


def test_opencode_is_stopped_by_tools_that_are_no_map() -> None:
    read = _reviewer(".opencode/agents/x.md", "tools: Read, Grep")
    assert read.fate == "stops-host"
    assert _said(read) == [
        (
            "opencode-tools-not-a-map",
            4,
            8,
            "tools",
            "a map of names to true or false is expected, found text; this stops OpenCode from starting",
        )
    ]
    assert read.diagnostics[0].help == "Write one line per tool, such as write: false, or use permission."


@pytest.mark.parametrize(
    ("rest", "field", "message"),
    [
        ("color: cyan", "color", "#rrggbb in quotes, or one of primary, secondary, accent, success, warning, error, "
         "info is expected, found 'cyan'"),
        ("color: #d73a4a", "color", "a color is expected, found nothing"),
        ("mode: agent", "mode", "one of subagent, primary, all is expected, found 'agent'"),
        ("steps: 0", "steps", "at least 1 is expected, found 0"),
        ("permission: {edit: never}", "permission.edit", "one of ask, allow, deny is expected, found 'never'"),
        ("permission: {edit: false}", "permission.edit",
         "ask, allow or deny, or a map of patterns to them is expected, found true or false"),
        ("permission: {webfetch: {x: deny}}", "permission.webfetch", "ask, allow or deny is expected, found a map"),
        ("model:", "model", "text is expected, found nothing"),
    ],
)  # fmt: skip
def test_opencode_is_stopped_by(rest: str, field: str, message: str) -> None:
    read = _reviewer(".opencode/agents/x.md", rest)
    assert read.fate == "stops-host"
    assert [(item.field, item.message) for item in read.diagnostics] == [
        (field, f"{message}; this stops OpenCode from starting")
    ]


def test_opencode_drops_frontmatter_that_it_cannot_read_and_loads_the_agent_without_limits() -> None:
    text = "---\nname: x\nmode: subagent\nname: y\n---\nYou review.\n"
    read = _read(".opencode/agents/team/x.md", text)
    assert read.fate == "loads-tolerantly"
    assert read.agent is not None
    assert read.agent.name == "team/x"
    assert read.agent.prompt == text.strip()
    assert _said(read) == [
        (
            "opencode-lost-frontmatter",
            4,
            1,
            "",
            "invalid YAML: the key 'name' stands twice in one map; OpenCode drops the frontmatter and loads 'team/x' "
            "without any limit",
        )
    ]
    assert read.diagnostics[0].severity == "error"


def test_a_fault_behind_a_repaired_line_keeps_its_place() -> None:
    text = "---\ndescription: Use it: now\nnote: see: there\ncolor: cyan\n---\nYou review.\n"
    read = _read(".opencode/agents/x.md", text)
    assert read.fate == "stops-host"
    assert [(item.rule, item.line, item.column) for item in read.diagnostics] == [
        ("opencode-tolerant-frontmatter", 2, 20),
        ("opencode-invalid-value", 4, 8),
    ]


def test_opencode_runs_javascript_in_frontmatter() -> None:
    read = _read(".opencode/agents/x.md", "---js\n{description: 'x'}\n---\nYou review.\n")
    assert _said(read) == [
        (
            "opencode-runs-code",
            1,
            1,
            "",
            "OpenCode runs this frontmatter as a program, with all rights of its user, when it starts",
        )
    ]


def test_opencode_makes_an_agent_of_a_readme() -> None:
    read = _read(".opencode/agents/README.md", "# Agents\n")
    assert read.fate == "loads"
    assert [(item.rule, item.severity, item.message) for item in read.diagnostics] == [
        (
            "opencode-no-frontmatter",
            "warning",
            "without frontmatter OpenCode makes it an agent 'README' that may do everything",
        )
    ]


def test_opencode_says_that_limits_of_other_hosts_limit_nothing() -> None:
    read = _reviewer(".opencode/agents/x.md", "disallowedTools: Bash")
    assert read.diagnostics[0].message == (
        "disallowedTools limits nothing here: OpenCode passes it to the model's provider, "
        "and nothing is forbidden by it"
    )
    assert read.diagnostics[0].help == "OpenCode limits an agent by tools, steps, maxSteps, permission."


def test_gemini_refuses_unknown_keys_names_and_tools() -> None:
    read = _read(
        ".gemini/agents/x.md",
        "---\nname: My Agent\ndescription: d\ncolor: red\ntools: [read_file, Bash]\n---\nYou review.\n",
    )
    says = "Gemini CLI refuses this file and says so at its start"
    assert read.fate == "rejected"
    assert _said(read) == [
        (
            "gemini-invalid-value",
            2,
            7,
            "name",
            f"'My Agent' is not allowed: it takes lower-case letters, digits, - and _; {says}",
        ),
        ("gemini-unknown-key", 4, 8, "color", f"Gemini CLI knows no key 'color'; {says}"),
        ("gemini-unknown-tool", 5, 20, "tools[1]", f"Gemini CLI has no tool 'Bash'; {says}"),
    ]
    assert [item.help for item in read.diagnostics] == [
        "Write my-agent.",
        "Gemini CLI takes no other keys than kind, name, description, display_name, tools, mcp_servers, model, "
        "temperature …; remove it.",
        "The tool for that is run_shell_command there.",
    ]


def test_gemini_takes_remote_agents_alone_and_in_a_list() -> None:
    one = "name: far\nkind: remote\nagent_card_url: https://example.com/card.json"
    read = _read(".gemini/agents/x.md", f"---\n{one}\n---\n")
    assert (read.fate, read.diagnostics) == ("loads", ())
    listed = "- " + one.replace("\n", "\n  ")
    read = _read(".gemini/agents/x.md", f"---\n{listed}\n---\n")
    assert (read.fate, read.diagnostics) == ("loads", ())
    read = _read(".gemini/agents/x.md", "---\nname: far\nkind: remote\n---\n")
    assert read.diagnostics[0].message.startswith(
        "a remote agent has one of agent_card_url and agent_card_json, and this one has none; Gemini CLI refuses"
    )


def test_grok_skips_a_file_silently() -> None:
    read = _reviewer(".grok/agents/x.md", "effort: ultra\nskills: a, b")
    assert read.fate == "skipped"
    assert _said(read) == [
        (
            "grok-invalid-value",
            4,
            9,
            "effort",
            "one of low, medium, high, xhigh, max is expected, found 'ultra'; Grok skips this file silently",
        ),
        ("grok-wrong-type", 5, 9, "skills", "a list of names is expected, found text; Grok skips this file silently"),
    ]
    assert read.diagnostics[1].help == "Write it as a list: skills: [a, b]."


def test_grok_reads_no_folder_below_its_own() -> None:
    read = _reviewer(".grok/agents/team/x.md")
    assert read.fate == "skipped"
    assert _said(read) == [("grok-not-read-here", 1, 1, "", "Grok Build does not read files at this place")]


_ROLE = 'name = "reviewer"\ndescription = "Reviews diffs."\ndeveloper_instructions = """\nYou review.\n"""\n'


def test_codex_reads_a_role() -> None:
    read = _read(".codex/agents/x.toml", _ROLE + 'model = "gpt-6.1-sol"\nmodel_reasoning_effort = "high"\n')
    assert (read.fate, read.diagnostics) == ("loads", ())
    assert read.agent is not None
    assert (read.agent.name, read.agent.prompt, read.agent.model, read.agent.effort) == (
        "reviewer",
        "You review.",
        "gpt-6.1-sol",
        "high",
    )
    assert read.agent.tools is None
    assert read.places["model"] == (6, 9)


def test_codex_keeps_no_sandbox_in_a_role() -> None:
    read = _read(".codex/agents/x.toml", _ROLE + 'sandbox_mode = "read-only"\n')
    assert read.fate == "loads"
    assert [(item.rule, item.severity, item.line, item.column) for item in read.diagnostics] == [
        ("codex-limit-ignored", "warning", 6, 16)
    ]
    assert read.diagnostics[0].message == (
        "sandbox_mode has no effect: since CLI 0.149 a role runs under its parent's settings "
        "(openai/codex 39299, 40130)"
    )


def test_codex_ignores_a_role_with_an_unknown_key_and_warns() -> None:
    read = _read(".codex/agents/x.toml", _ROLE + 'modle = "x"\ntools = ["read"]\n')
    assert read.fate == "rejected"
    assert _said(read) == [
        (
            "codex-unknown-key",
            6,
            9,
            "modle",
            "Codex knows no key 'modle'; Codex ignores this role and warns at its start",
        ),
        (
            "codex-wrong-type",
            7,
            9,
            "tools",
            "a map is expected, found a list; Codex ignores this role and warns at its start",
        ),
    ]
    assert read.diagnostics[0].help == "Did you mean model?"


def test_codex_takes_toml_1_1() -> None:
    extra = 'model = "\\x67pt"\nshell_environment_policy = {\n  inherit = "core", # comment\n}\n'
    read = _read(".codex/agents/x.toml", _ROLE + extra)
    assert (read.fate, read.diagnostics) == ("loads", ())
    assert read.agent is not None
    assert read.agent.model == "gpt"


def test_broken_toml_has_its_place() -> None:
    read = _read(".codex/agents/x.toml", 'name = "x"\nmodel = gpt\n')
    assert _said(read) == [
        (
            "codex-broken-frontmatter",
            2,
            9,
            "",
            "invalid TOML: invalid value; Codex ignores this role and warns at its start",
        )
    ]


def test_cursor_has_no_limit_but_readonly() -> None:
    read = _reviewer(".cursor/agents/x.md", 'tools: Read\nreadonly: "true"')
    assert [(item.rule, item.severity, item.message) for item in read.diagnostics] == [
        (
            "cursor-limit-ignored",
            "warning",
            "tools limits nothing here: Cursor ignores it, and every tool stays allowed",
        ),
        (
            "cursor-wrong-type",
            "warning",
            "true or false is expected, found text; Cursor ignores this key",
        ),
    ]
    assert read.diagnostics[0].help == "Cursor limits an agent by readonly."


def test_a_shared_folder_is_checked_by_each_of_its_readers() -> None:
    read = _reviewer(".agents/agents/x.md", "tools: view_file, grep_search\nmodel: sonnet")
    assert read.fate == "skipped"
    assert [item.rule for item in read.diagnostics] == [
        "antigravity-wrong-type",
        "antigravity-invalid-value",
        "goose-limit-ignored",
    ]
    assert read.diagnostics[1].message == (
        "one of inherit, flash, pro is expected, found 'sonnet'; Antigravity drops this agent silently"
    )


def test_kiro_tags_are_lower_case() -> None:
    read = _reviewer(".kiro/agents/x.md", "tools: [Read, shell, '@github']")
    assert [(item.rule, item.field, item.help) for item in read.diagnostics] == [
        ("kiro-unknown-tool", "tools[0]", "Write read.")
    ]


def test_copilot_cuts_nothing_and_says_when_a_prompt_is_too_long() -> None:
    read = _read(".github/agents/x.agent.md", f"---\ndescription: d\n---\n{'word ' * 7000}")
    assert _said(read) == [
        ("copilot-prompt-too-long", 4, 1, "", "the prompt has 35,000 characters, GitHub Copilot takes 30,000")
    ]
    assert read.agent is not None
    assert read.agent.name == "x"


def test_a_skill_has_the_name_of_its_folder() -> None:
    read = _read(".agents/skills/review/SKILL.md", "---\nname: Review_Code\ndescription: d\n---\nSteps.\n")
    assert [item.rule for item in read.diagnostics] == ["skill-invalid-value", "skill-name-not-folder"]
    fine = _read(".agents/skills/review/SKILL.md", "---\nname: review\ndescription: d\n---\nSteps.\n")
    assert fine.diagnostics == ()


def test_a_crew_has_many_agents() -> None:
    text = """\
    researcher:
      role: Researcher
      goal: Find {topic}
      backstory: >
        You read a lot.
    writer:
      role: Writer
      goal: Write
    """
    read = _read("src/crew/config/agents.yaml", text)
    assert [agent.name for agent in read.agents] == ["researcher", "writer"]
    assert read.agent is not None
    assert read.agent.prompt == "Researcher\n\nFind {topic}\n\nYou read a lot."
    assert _said(read) == [
        (
            "crewai-missing-key",
            7,
            3,
            "writer.backstory",
            "'backstory' is missing; CrewAI fails when the crew is made",
        )
    ]


def test_a_byte_order_mark_hides_the_frontmatter_from_gemini_and_grok() -> None:
    text = b"\xef\xbb\xbf---\nname: x\ndescription: d\n---\nYou review.\n"
    for path, fate in ((".gemini/agents/x.md", "rejected"), (".grok/agents/x.md", "skipped")):
        read = _read(path, text)
        assert (read.fate, read.diagnostics[0].severity) == (fate, "error")
    assert _read(".opencode/agents/x.md", text).diagnostics == ()
    assert [item.severity for item in _read(".claude/agents/x.md", text).diagnostics] == ["warning"]
