"""What the project file says about standing personas: `[standing]`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from zoneinfo import ZoneInfo

from personae.library.project import Project

__all__ = ["Standing", "standing_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """`[standing]` and the time zone."""

    zone: ZoneInfo
    enabled: bool = True
    missed: Literal["skip", "once"] = "skip"
    window_s: int = 3_600
    """How late a missed beat may still be run, where `missed` is `once`."""
    at_once: int = 4
    """Beats and tasks that run at once, at most."""


def standing_of(project: Project) -> Standing:
    """Return what `project` says, checked when its file was read."""
    table: Mapping[str, Any] = project.tables.get("standing", {})
    return Standing(
        zone=ZoneInfo(project.timezone),
        enabled=table.get("enabled", True),
        missed=table.get("missed", "skip"),
        window_s=60 * table.get("windowMinutes", 60),
        at_once=table.get("atOnce", 4),
    )
