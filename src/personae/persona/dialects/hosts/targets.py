"""What personas are compiled to beside the agent files of a host. Nobody reads an agent back from these."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from personae.persona.dialects.table import HostTable

__all__ = ["TARGETS"]

_NO_READER = "nobody reads an agent here"

TARGETS: Mapping[str, HostTable] = MappingProxyType(
    {
        table.id: table
        for table in (
            HostTable(
                id="agents-md",
                title="AGENTS.md",
                version="agents.md of 2026-10",
                verified=date(2026, 10, 17),
                evidence="documented",
                source="agents.md; 32 KiB is what Codex reads of all such files together",
                folders=(".",),
                keys=(),
                fault_says=_NO_READER,
                unset={"tools": "the session's", "model": "the session's"},
                body_most=32_000,
            ),
            HostTable(
                id="a2a",
                title="A2A",
                version="1.0",
                verified=date(2026, 10, 17),
                evidence="documented",
                source="a2a-protocol.org, AgentCard 1.0; a2a-sdk 1.3.0",
                folders=("a2a",),
                suffix=".json",
                keys=(),
                fault_says=_NO_READER,
            ),
            HostTable(
                id="mcp-prompt",
                title="MCP prompt",
                version="2026-07-28",
                verified=date(2026, 10, 17),
                evidence="documented",
                source="modelcontextprotocol.io, prompts",
                folders=("mcp/prompts",),
                suffix=".json",
                keys=(),
                fault_says=_NO_READER,
                unset={"tools": "the client's", "model": "the client's"},
            ),
        )
    }
)
