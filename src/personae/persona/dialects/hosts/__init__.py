"""One table per host, as plain data with its date: version, folders, keys, values, and what a fault there does."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from personae.persona.dialects.hosts.antigravity import ANTIGRAVITY
from personae.persona.dialects.hosts.claude import CLAUDE
from personae.persona.dialects.hosts.codex import CODEX
from personae.persona.dialects.hosts.copilot import COPILOT
from personae.persona.dialects.hosts.crewai import CREWAI
from personae.persona.dialects.hosts.cursor import CURSOR
from personae.persona.dialects.hosts.factory import FACTORY
from personae.persona.dialects.hosts.gemini import GEMINI
from personae.persona.dialects.hosts.goose import GOOSE
from personae.persona.dialects.hosts.grok import GROK
from personae.persona.dialects.hosts.kiro import KIRO
from personae.persona.dialects.hosts.opencode import OPENCODE
from personae.persona.dialects.hosts.qwen import QWEN
from personae.persona.dialects.hosts.skill import SKILL
from personae.persona.dialects.table import HostTable

__all__ = ["HOSTS"]

HOSTS: Mapping[str, HostTable] = MappingProxyType(
    {
        table.id: table
        for table in (
            CLAUDE,
            CODEX,
            OPENCODE,
            COPILOT,
            CURSOR,
            GEMINI,
            ANTIGRAVITY,
            GROK,
            QWEN,
            KIRO,
            FACTORY,
            GOOSE,
            CREWAI,
            SKILL,
        )
    }
)
