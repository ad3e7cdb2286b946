"""Agent files in the form of each host, all of them the same careful reviewer; and how to import one."""

from __future__ import annotations

from pathlib import PurePosixPath

from personae.hosts.imports.account import Change, Imported
from personae.hosts.imports.batch import Options, Source, import_one
from personae.persona.model import Home, Persona

REVIEWERS = {
    "claude": (
        ".claude/agents/code-reviewer.md",
        "---\nname: code-reviewer\ndescription: Reviews changes.\ntools: Read, Grep, Glob\nmodel: sonnet\n"
        "effort: high\nmaxTurns: 12\n---\nYou review.\n",
    ),
    "codex": (
        ".codex/agents/code-reviewer.toml",
        'name = "code-reviewer"\ndescription = "Reviews changes."\nsandbox_mode = "read-only"\n'
        'model_reasoning_effort = "high"\ndeveloper_instructions = """\nYou review.\n"""\n',
    ),
    "opencode": (
        ".opencode/agents/code-reviewer.md",
        "---\ndescription: Reviews changes.\nmode: subagent\nsteps: 12\n"
        "permission:\n  edit: deny\n  bash: deny\n  webfetch: ask\n  task: deny\n  websearch: deny\n  todowrite: deny\n"
        "---\nYou review.\n",
    ),
    "copilot": (
        ".github/agents/code-reviewer.agent.md",
        "---\ndescription: Reviews changes.\ntools: [read, search]\n---\nYou review.\n",
    ),
    "cursor": (
        ".cursor/agents/code-reviewer.md",
        "---\nname: code-reviewer\ndescription: Reviews changes.\nreadonly: true\n---\nYou review.\n",
    ),
    "gemini": (
        ".gemini/agents/code-reviewer.md",
        "---\nname: code-reviewer\ndescription: Reviews changes.\nmax_turns: 12\n"
        "tools: [read_file, glob, list_directory, grep_search]\n---\nYou review.\n",
    ),
    "antigravity": (
        ".agents/agents/code-reviewer.md",
        "---\nname: code-reviewer\ndescription: Reviews changes.\n"
        'tools: [view_file, list_dir, find_by_name, grep_search]\ncommandExecutionPolicy: "off"\n---\nYou review.\n',
    ),
    "grok": (
        ".grok/agents/code-reviewer.md",
        "---\nname: code-reviewer\ndescription: Reviews changes.\ntools: Read, Glob, Grep, Bash\n"
        "capabilityMode: read-only\nmaxTurns: 12\n---\nYou review.\n",
    ),
    "qwen": (
        ".qwen/agents/code-reviewer.md",
        "---\nname: code-reviewer\ndescription: Reviews changes.\napprovalMode: plan\n"
        "tools: [read_file, grep_search, glob, list_directory, write_file]\n---\nYou review.\n",
    ),
    "kiro": (
        ".kiro/agents/code-reviewer.md",
        "---\ndescription: Reviews changes.\ntools: [read, shell]\npermissions:\n"
        '  - {capability: shell, effect: deny, match: ["*"]}\n---\nYou review.\n',
    ),
    "factory": (
        ".factory/droids/code-reviewer.md",
        "---\nname: code-reviewer\ndescription: Reviews changes.\ntools: read-only\n---\nYou review.\n",
    ),
    "goose": (
        ".goose/agents/code-reviewer.md",
        "---\nname: code-reviewer\ndescription: Reviews changes.\n---\nYou review.\n",
    ),
    "skill": (
        ".agents/skills/code-reviewer/SKILL.md",
        "---\nname: code-reviewer\ndescription: Reviews changes.\nallowed-tools: Read Grep Glob\n---\nYou review.\n",
    ),
    "crewai": (
        "src/crew/config/agents.yaml",
        "code_reviewer:\n  role: >\n    Reviewer of changes\n  goal: Find what is wrong in {topic}\n"
        "  backstory: You read slowly.\n",
    ),
    "cabinet": (
        ".agents/code-reviewer/persona.md",
        "---\nname: Code Reviewer\nrole: Reviews changes\nprovider: claude-code\nheartbeat: ''\nbudget: 100\n"
        "active: true\n---\nYou review.\n",
    ),
    "persona": (
        "personas/code-reviewer.md",
        "---\nkind: persona\nname: code-reviewer\ndescription: Reviews changes.\nrequires: [read, queue_status]\n"
        "enhances: [research]\ntier: T2\ntools: [read, grep]\n---\nYou review.\n",
    ),
}
"""By dialect: where the file lies, and what it says."""


def imported(path: str, text: str | bytes, *, host: str | None = None, home: Home | None = None) -> Imported:
    """Return what becomes of the only agent of a file."""
    data = text.encode() if isinstance(text, str) else text
    source = Source(path=PurePosixPath("/project", path), file=path, data=data)
    (only,) = import_one(source, Options(host=host, home=home))
    return only


def persona_of(path: str, text: str | bytes, *, host: str | None = None) -> Persona:
    """Return the persona that a file becomes."""
    item = imported(path, text, host=host)
    assert item.persona is not None, item.reason
    return item.persona


def said(item: Imported, field: str) -> list[Change]:
    """Return what the report says of one field."""
    return [change for change in item.changes if change.field == field]
