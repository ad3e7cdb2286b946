"""Whose file is it? By path first, by content only when asked."""

from __future__ import annotations

from pathlib import PurePath

import pytest

from personae.persona.dialects import detect, sniff
from personae.persona.dialects.detect import naming_of


@pytest.mark.parametrize(
    ("path", "dialect"),
    [
        (".claude/agents/reviewer.md", "claude"),
        ("a/b/.claude/agents/team/reviewer.md", "claude"),
        (".codex/agents/reviewer.toml", "codex"),
        (".opencode/agents/reviewer.md", "opencode"),
        (".opencode/agent/sub/reviewer.md", "opencode"),
        (".config/opencode/agents/reviewer.md", "opencode"),
        (".github/agents/reviewer.agent.md", "copilot"),
        (".github/agents/reviewer.md", "copilot"),
        ("agents/reviewer.agent.md", "copilot"),
        (".cursor/agents/reviewer.md", "cursor"),
        (".gemini/agents/reviewer.md", "gemini"),
        (".agents/agents/reviewer.md", "antigravity"),
        (".agents/agents/reviewer/agent.md", "antigravity"),
        (".grok/agents/reviewer.md", "grok"),
        (".qwen/agents/reviewer.md", "qwen"),
        (".kiro/agents/team/reviewer.md", "kiro"),
        (".factory/droids/reviewer.md", "factory"),
        (".goose/agents/reviewer.md", "goose"),
        ("src/crew/config/agents.yaml", "crewai"),
        (".agents/skills/review/SKILL.md", "skill"),
        ("anywhere/review/SKILL.md", "skill"),
    ],
)
def test_a_path_tells_the_host(path: str, dialect: str) -> None:
    found = detect(PurePath(path))
    assert found is not None
    assert found.id == dialect


@pytest.mark.parametrize(
    "path",
    [
        ".agents/reviewer/persona.md",
        ".agents/agents/persona.md",  # a persona of ours whose slug is "agents"
        "personas/reviewer.md",
        "agents/reviewer.md",
        "docs/agents.md",
        "README.md",
        ".claude/agents/notes.txt",
        ".claude/commands/x.md",
        ".codex/agents/reviewer.md",
        ".claude/agents/reviewer.toml",
        "k8s/agents.yaml",
        ".claude/agents",
    ],
)
def test_other_paths_are_nobodys(path: str) -> None:
    assert detect(PurePath(path)) is None


def test_a_folder_that_several_hosts_read_names_all_of_them() -> None:
    found = detect(PurePath(".agents/agents/reviewer.md"))
    assert found is not None
    assert found.hosts == ("antigravity", "goose")


@pytest.mark.parametrize(
    ("name", "data", "dialect"),
    [
        ("x.md", b"---\nname: a\ndescription: d\ntools: Read\n---\n", "claude"),
        ("x.md", b"---\nname: a\ndescription: d\ncapabilityMode: read-only\n---\n", "grok"),
        ("x.md", b"---\nname: a\ndescription: d\npermission:\n  edit: deny\n---\n", "opencode"),
        ("x.md", b"---\nname: a\ndescription: d\nmax_turns: 3\n---\n", "gemini"),
        ("x.toml", b'developer_instructions = "x"\n', "codex"),
        ("x.yaml", b"a:\n  role: r\n  goal: g\n  backstory: b\n", "crewai"),
        ("x.md", b"---\ntitle: A page\n---\n", None),
        ("x.md", b"# A page\n", None),
        ("x.toml", b"[project]\n", None),
        ("x.yaml", b"on: push\n", None),
        ("x.bin", b"\xff\xfe", None),
    ],
)
def test_content_tells_where_the_path_does_not(name: str, data: bytes, dialect: str | None) -> None:
    found = sniff(PurePath(name), data)
    assert (found.id if found else None) == dialect


def test_a_nested_file_is_not_read_by_hosts_that_read_the_top_only() -> None:
    assert not naming_of(PurePath(".grok/agents/team/x.md"), "grok").is_read
    assert not naming_of(PurePath(".gemini/agents/_x.md"), "gemini").is_read
    assert naming_of(PurePath(".opencode/agents/team/x.md"), "opencode").below == "team/x"
    assert naming_of(PurePath(".github/agents/x.agent.md"), "copilot").stem == "x"
