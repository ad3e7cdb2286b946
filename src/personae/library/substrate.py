"""The substrate: names that `requires` may hold because every installation has them. It reads nothing."""

from __future__ import annotations

from personae.library.project import Project

__all__ = ["BUILT_IN_TOOLS", "SHIPPED", "TEAM_ANSWERS", "declared_substrate"]

BUILT_IN_TOOLS = ("list", "read", "glob", "grep", "write", "edit", "shell", "fetch", "agent", "delegate")

TEAM_ANSWERS = ("team_status", "team_standup", "team_ready", "team_merge_order", "team_graph")

SHIPPED = frozenset([*BUILT_IN_TOOLS, *TEAM_ANSWERS])
"""Here on every machine; a project adds to it under `[substrate]`, and nothing takes away from it."""


def declared_substrate(project: Project) -> frozenset[str]:
    """Return what ships and what the project names; the scripts in its `[substrate] paths` are found by the store."""
    return SHIPPED | frozenset(project.substrate_names)
