"""OpenAI Codex, roles: `.codex/agents/**/*.toml`. The keys of config.toml, each with the type that 0.169 asks for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from personae.persona.dialects.table import HostTable, Key, Kind, names

__all__ = ["CODEX"]

_INHERITED = "since CLI 0.149 a role runs under its parent's settings (openai/codex 39299, 40130)"
_EFFORTS = ("low", "medium", "high", "xhigh", "max")


def _keys(kind: Kind, names: str) -> Iterable[Key]:
    return (Key(name=name, kind=kind) for name in names.split())


CODEX = HostTable(
    id="codex",
    title="Codex",
    version="0.169.0",
    verified=date(2026, 11, 20),
    evidence="measured",
    source="codex doctor --json over each key with each type; openai/codex 39299, 40130, 45482",
    layout="toml",
    folders=(".codex/agents",),
    user_folders=("~/.codex/agents",),
    suffix=".toml",
    keys=(
        Key(name="name", kind="text", required=True, blank=False),
        Key(name="description", kind="text", required=True, blank=False),
        Key(name="developer_instructions", kind="text", required=True, blank=False),
        Key(
            name="nickname_candidates",
            kind="text-list",
            pattern=r"[A-Za-z0-9 _-]*[A-Za-z0-9_-][A-Za-z0-9 _-]*",
            pattern_says="ASCII letters, digits, spaces, hyphens and underscores",
        ),
        Key(name="model_reasoning_effort", kind="text", blank=False),
        Key(name="plan_mode_reasoning_effort", kind="text", blank=False),
        Key(
            name="sandbox_mode",
            kind="word",
            values=("read-only", "workspace-write", "danger-full-access"),
            inert=_INHERITED,
        ),
        Key(name="approval_policy", kind="any", inert=_INHERITED),
        Key(name="default_permissions", kind="text", inert=_INHERITED),
        Key(name="mcp_servers", kind="map", inert=_INHERITED),
        Key(name="approvals_reviewer", kind="word", values=("user", "auto_review", "guardian_subagent")),
        Key(name="model_auto_compact_token_limit_scope", kind="word", values=("total", "body_after_prefix")),
        Key(name="forced_login_method", kind="word", values=("chatgpt", "api")),
        Key(name="cli_auth_credentials_store", kind="word", values=("file", "keyring", "auto", "ephemeral")),
        Key(name="mcp_oauth_credentials_store", kind="word", values=("auto", "file", "keyring")),
        Key(name="file_opener", kind="word", values=("vscode", "vscode-insiders", "windsurf", "cursor", "none")),
        Key(name="model_reasoning_summary", kind="word", values=("auto", "concise", "detailed", "none")),
        Key(name="model_verbosity", kind="word", values=("low", "medium", "high")),
        Key(name="personality", kind="word", values=("none", "friendly", "pragmatic")),
        Key(name="web_search", kind="word", values=("disabled", "cached", "indexed", "live")),
        *_keys(
            "text",
            """model review_model model_provider instructions model_instructions_file compact_prompt
            forced_chatgpt_workspace_id mcp_oauth_callback_url js_repl_node_path profile sqlite_home log_dir
            model_catalog_json service_tier chatgpt_base_url apps_mcp_product_sku openai_base_url
            experimental_realtime_ws_base_url experimental_realtime_webrtc_call_base_url experimental_realtime_ws_model
            experimental_realtime_ws_backend_prompt experimental_realtime_ws_startup_context
            experimental_realtime_start_instructions experimental_thread_store_endpoint experimental_compact_prompt_file
            oss_provider""",
        ),
        *_keys(
            "integer",
            """model_context_window model_auto_compact_token_limit model_post_turn_compact_threshold_percent
            mcp_oauth_callback_port mcp_optional_startup_grace_ms project_doc_max_bytes tool_output_token_limit
            background_terminal_max_timeout thread_unload_delay_secs""",
        ),
        *_keys(
            "true-false",
            """allow_login_shell allow_symlinked_codex_home include_permissions_instructions include_apps_instructions
            include_collaboration_mode_instructions include_environment_context hide_agent_reasoning
            show_raw_agent_reasoning suppress_unstable_features_warning check_for_update_on_startup disable_paste_burst
            experimental_use_unified_exec_tool""",
        ),
        *_keys("text-list", "notify project_doc_fallback_filenames js_repl_node_module_dirs project_root_markers"),
        *_keys("switches", "features"),
        *_keys(
            "map",
            """auto_review shell_environment_policy sandbox_workspace_write permissions mcp_enterprise_managed_auth
            model_providers profiles history tui responses_api_metadata orchestrator cloud audio realtime
            experimental_thread_store projects tools tool_suggest agents memories skills hooks plugins marketplaces
            ghost_snapshot analytics feedback apps desktop otel windows notice goals computer_use""",
        ),
        *_keys("any", "token_budget model_max_output_tokens"),
    ),
    unknown="breaks",
    fault="rejected",
    fault_says="Codex ignores this role and warns at its start",
    effort_key="model_reasoning_effort",
    efforts=_EFFORTS,
    models={"small": "gpt-6-luna", "medium": "gpt-6.1-sol", "large": "gpt-6-astra", "inherit": ""},
    providers={"openai": "{model}"},
    read_by=("cursor",),
    reserved=names("default worker explorer"),
    unset={"tools": "the parent's", "sandbox_mode": "the parent's, whatever the role says", "model": "the parent's"},
)
