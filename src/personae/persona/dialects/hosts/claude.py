"""Claude Code, sub-agents: `.claude/agents`."""

from __future__ import annotations

from datetime import date

from personae.persona.dialects.table import HostTable, Key, Tools, frozen, names

__all__ = ["CLAUDE"]

CLAUDE = HostTable(
    id="claude",
    title="Claude Code",
    version="2.1.26x",
    verified=date(2026, 8, 22),
    evidence="documented",
    source="code.claude.com/docs/en/sub-agents; issues anthropics/claude-code 80890, 91871",
    folders=(".claude/agents",),
    user_folders=("~/.claude/agents",),
    keys=(
        Key(
            name="name",
            kind="text",
            required=True,
            blank=False,
            pattern=r"(?!-)[^:]*",
            pattern_says="no colon, and no dash at its beginning",
        ),
        Key(name="description", kind="text", required=True, blank=False),
        Key(name="tools", kind="names", breaks=False),
        Key(name="disallowedTools", kind="names", breaks=False),
        Key(name="model", kind="text", breaks=False),
        Key(
            name="permissionMode",
            kind="word",
            values=("default", "acceptEdits", "auto", "dontAsk", "bypassPermissions", "plan", "manual"),
            breaks=False,
        ),
        Key(name="maxTurns", kind="integer", least=1, breaks=False),
        Key(name="skills", kind="names", breaks=False),
        Key(name="mcpServers", kind="servers", breaks=False),
        Key(name="hooks", kind="map", breaks=False),
        Key(name="memory", kind="word", values=("user", "project", "local"), breaks=False),
        Key(name="background", kind="true-false", breaks=False),
        Key(name="effort", kind="word", values=("low", "medium", "high", "xhigh", "max"), breaks=False),
        Key(name="isolation", kind="word", values=("worktree",), breaks=False),
        Key(
            name="color",
            kind="word",
            values=("red", "blue", "green", "yellow", "purple", "orange", "pink", "cyan"),
            breaks=False,
            cosmetic=True,
        ),
        Key(name="initialPrompt", kind="text", breaks=False),
        Key(name="autoCompactWindow", kind="any", breaks=False),
        Key(name="experimental", kind="any", breaks=False),
    ),
    fault="skipped",
    fault_says="Claude Code skips this file, and only its debug log says so",
    tools=Tools(
        known=names(
            """Agent AskUserQuestion Bash BashOutput CronCreate CronDelete CronList Edit EnterPlanMode EnterWorktree
            ExitPlanMode ExitWorktree Glob Grep KillBash KillShell LS LSP ListMcpResources ListMcpResourcesTool Monitor
            MultiEdit NotebookEdit NotebookRead PowerShell Read ReadMcpResource ReadMcpResourceTool ScheduleWakeup
            SendMessage Skill SlashCommand StructuredOutput Task TaskCreate TaskGet TaskList TaskOutput TaskStop
            TaskUpdate TeamCreate TeamDelete TodoRead TodoWrite ToolSearch WebFetch WebSearch Workflow Write"""
        ),
        pattern=r"mcp__.+|\*",
        by_capability=frozen(
            read=("Read",),
            find=("Glob",),
            search=("Grep",),
            edit=("Edit", "Write"),
            shell=("Bash",),
            fetch=("WebFetch",),
            web=("WebSearch",),
            delegate=("Agent",),
            todo=("TodoWrite",),
        ),
        by_word=frozen(edit=("Edit",), write=("Write",)),
        server="mcp__{}",
        empty="refused",
    ),
    denied_key="disallowedTools",
    effort_key="effort",
    efforts=("low", "medium", "high", "xhigh", "max"),
    models={"small": "haiku", "medium": "sonnet", "large": "opus", "inherit": "inherit"},
    providers={"anthropic": "{model}"},
    turns_key="maxTurns",
    read_by=("cursor", "grok", "copilot"),
    routing_most=15_000,
    reserved=names("general-purpose explore plan statusline-setup output-style-setup claude-code-guide"),
    unset={"tools": "all of the session's", "permissionMode": "the session's", "maxTurns": "none", "model": "inherit"},
)
