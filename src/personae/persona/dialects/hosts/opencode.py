"""OpenCode 1.x, agents: `.opencode/agents/**/*.md`. The one host here that a single bad file stops."""

from __future__ import annotations

from datetime import date

from personae.persona.dialects.table import HostTable, Key, Tools, frozen, names

__all__ = ["FLAT_PERMISSIONS", "OPENCODE", "PERMISSION_WORDS"]

PERMISSION_WORDS = ("ask", "allow", "deny")
FLAT_PERMISSIONS = frozenset(["todowrite", "question", "webfetch", "websearch", "doom_loop"])
"""These take a word and no map of patterns."""

OPENCODE = HostTable(
    id="opencode",
    title="OpenCode",
    version="1.18.33",
    verified=date(2026, 11, 20),
    evidence="measured",
    source="opencode serve, one project per file; opencode.ai/docs/agents",
    flavor="js-yaml-3",
    folders=(".opencode/agents", ".opencode/agent"),
    user_folders=("~/.config/opencode/agents",),
    keys=(
        Key(name="name", kind="text", null=True),
        Key(name="description", kind="text"),
        Key(name="mode", kind="word", values=("subagent", "primary", "all")),
        Key(name="model", kind="text"),
        Key(name="variant", kind="text"),
        Key(name="temperature", kind="number"),
        Key(name="top_p", kind="number"),
        Key(name="prompt", kind="any"),
        Key(name="tools", kind="switches"),
        Key(name="disable", kind="true-false"),
        Key(name="hidden", kind="true-false"),
        Key(name="options", kind="map"),
        Key(
            name="color",
            kind="color",
            values=("primary", "secondary", "accent", "success", "warning", "error", "info"),
        ),
        Key(name="steps", kind="integer", least=1),
        Key(name="maxSteps", kind="integer", least=1),
        Key(name="permission", kind="permission"),
    ),
    unknown="provider",
    null_is_unset=False,
    fault="stops-host",
    fault_says="this stops OpenCode from starting",
    frontmatter_required=False,
    name_from="path",
    tools=Tools(
        known=names(
            """read edit write patch glob grep list bash task skill lsp question webfetch websearch todowrite
            external_directory doom_loop"""
        ),
        pattern=r".*_.*|\*",
        by_capability=frozen(
            read=("read",),
            find=("glob", "list"),
            search=("grep",),
            edit=("edit",),
            shell=("bash",),
            fetch=("webfetch",),
            web=("websearch",),
            delegate=("task",),
            todo=("todowrite",),
        ),
        by_word=frozen(list=("list",), glob=("glob",)),
        server="{}_*",
        empty="none",
    ),
    effort_key="",
    providers={
        "anthropic": "anthropic/{model}",
        "openai": "openai/{model}",
        "google": "google/{model}",
        "ollama": "ollama/{model}",
        "xai": "xai/{model}",
    },
    turns_key="steps",
    reserved=names("build plan general explore title summary compaction"),
    unset={
        "permission": "everything allowed, but .env files and paths outside the project are asked for",
        "mode": "all",
        "model": "the session's",
    },
)
