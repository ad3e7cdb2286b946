"""GitHub Copilot (cloud and CLI) and VS Code, custom agents: `.github/agents/*.agent.md`."""

from __future__ import annotations

from datetime import date

from personae.persona.dialects.table import HostTable, Key, Tools, frozen, names

__all__ = ["COPILOT"]

COPILOT = HostTable(
    id="copilot",
    title="GitHub Copilot",
    version="docs of 2026-10",
    verified=date(2026, 10, 14),
    evidence="documented",
    source="docs.github.com custom-agents-configuration; code.visualstudio.com custom-agent-file-reference",
    folders=(".github/agents", "agents"),
    user_folders=("~/.copilot/agents",),
    suffix=".agent.md",
    nested=False,
    keys=(
        Key(name="name", kind="text", breaks=False),
        Key(name="description", kind="text", breaks=False),
        Key(name="target", kind="word", values=("vscode", "github-copilot"), breaks=False),
        Key(name="tools", kind="names", breaks=False),
        Key(name="model", kind="names", breaks=False),
        Key(name="disable-model-invocation", kind="true-false", breaks=False),
        Key(name="user-invocable", kind="true-false", breaks=False),
        Key(name="user-invokable", kind="true-false", breaks=False),
        Key(name="infer", kind="any", breaks=False),
        Key(name="mcp-servers", kind="map", breaks=False),
        Key(name="metadata", kind="map", breaks=False),
        Key(name="reasoning-effort", kind="text", breaks=False),
        Key(name="argument-hint", kind="text", breaks=False),
        Key(name="agents", kind="names", breaks=False),
        Key(name="handoffs", kind="list", breaks=False),
        Key(name="hooks", kind="any", breaks=False),
    ),
    fault="skipped",
    fault_says="Copilot does not offer this agent",
    name_from="stem",
    tools=Tools(
        exact_case=False,
        by_capability=frozen(
            read=("read",),
            find=("search",),
            search=("search",),
            edit=("edit",),
            shell=("execute",),
            fetch=("web",),
            web=("web",),
            delegate=("agent",),
            todo=("todo",),
        ),
        server="{}/*",
        empty="none",
    ),
    effort_key="reasoning-effort",
    efforts=("low", "medium", "high", "xhigh", "max"),
    providers={"anthropic": "{model}", "openai": "{model}", "google": "{model}"},
    reserved=names("code-review explore general-purpose research task"),
    unset={"tools": "all", "model": "the user's choice"},
    body_most=30_000,
)
