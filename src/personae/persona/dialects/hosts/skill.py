"""Agent Skills: `<name>/SKILL.md`, read by most hosts; the standard's own six keys."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from personae.persona.dialects.table import HostTable, Key

__all__ = ["SKILL", "SKILL_MOST"]

SKILL_MOST: Mapping[str, int] = MappingProxyType({"name": 64, "description": 1024, "compatibility": 500})
"""Characters."""

SKILL = HostTable(
    id="skill",
    title="Agent Skills",
    version="agentskills.io of 2026-10",
    verified=date(2026, 10, 17),
    evidence="documented",
    source="agentskills.io/specification; skills-ref 0.1.1",
    folders=(".agents/skills", ".claude/skills", ".github/skills"),
    suffix="SKILL.md",
    keys=(
        Key(
            name="name",
            kind="text",
            required=True,
            blank=False,
            pattern=r"[^\W_A-Z]+(?:-[^\W_A-Z]+)*",
            pattern_says="lower-case letters and digits with single hyphens between",
        ),
        Key(name="description", kind="text", required=True, blank=False),
        Key(name="license", kind="text", breaks=False),
        Key(name="compatibility", kind="text", breaks=False),
        Key(name="metadata", kind="map", breaks=False),
        Key(name="allowed-tools", kind="names", breaks=False),
    ),
    fault="skipped",
    fault_says="a host that keeps to the standard does not offer this skill",
    tools_key="allowed-tools",
    unset={"allowed-tools": "the session's"},
)
