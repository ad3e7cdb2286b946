"""Why a key of another tool has no place in a persona: one sentence each, for the report."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["why_dropped"]

_SERVERS = "servers are set up once for the project, in [mcp] of personae.toml"
_RIGHTS = "no file gives permissions away here: each tool asks by itself"
_SAMPLING = "how a model samples is left to its provider here"
_CATALOG = "it serves a catalog, and no agent reads it"
_TIME = "a task is limited in rounds, money and tokens here: maxSteps, budget"

_BECAUSE: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("mcpServers", "mcp-servers", "mcp_servers", "mcpInheritance", "inheritMcp"), _SERVERS),
        **dict.fromkeys(
            ("permissionMode", "approvalMode", "capabilityMode", "approval_policy", "sandbox_mode"), _RIGHTS
        ),
        **dict.fromkeys(("permission", "permissions", "allowedTools", "toolsSettings", "default_permissions"), _RIGHTS),
        **dict.fromkeys(("readonly", "commandExecutionPolicy", "includeMcpJson"), "it takes nothing away"),
        **dict.fromkeys(("temperature", "top_p", "variant", "model_verbosity", "max_rpm"), _SAMPLING),
        **dict.fromkeys(
            ("vibe", "author", "services", "version", "category", "tags", "license", "metadata", "target", "hidden"),
            _CATALOG,
        ),
        **dict.fromkeys(("timeout_mins", "max_execution_time", "runConfig"), _TIME),
        "hooks": "a persona runs no commands of its own",
        "memory": "every persona keeps a memory of its own here, and at the host this key lets it write files too",
        "background": "whoever starts a persona decides whether to wait for it",
        "is_background": "whoever starts a persona decides whether to wait for it",
        "handoffs": "buttons of an editor have no place in a persona",
        "argument-hint": "a hint of an editor has no place in a persona",
        "compatibility": "what it needs stands under requires and enhances here",
        "allow_delegation": "name whom it may hand work to: tools: [delegate(SLUG)]",
        "initialPrompt": "a task comes from whoever asks, not from the persona",
        "promptMode": "the stance is always the whole prompt here",
    }
)


def why_dropped(key: str) -> str:
    """Return why nothing is left of `key`."""
    return _BECAUSE.get(key, "a persona has nothing of the kind")
