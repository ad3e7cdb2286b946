"""`personae config`: each value in force and where it comes from."""

from __future__ import annotations

import os

import click

from personae.cli import out
from personae.cli.here import open_here
from personae.library.project import Project
from personae.library.store import user_folder
from personae.run.models.offer import SIZE_VARIABLE

__all__ = ["command"]


@click.command("config")
@out.json_option
def command(as_json: bool) -> None:
    """Show every setting in force and where it comes from."""
    library = open_here()
    rows = _rows(library.project)
    if as_json:
        out.as_json([{"key": key, "value": value, "from": origin} for key, value, origin in rows])
    else:
        out.data(
            out.table([[key, _shown(value), origin] for key, value, origin in rows], header=["KEY", "VALUE", "FROM"])
        )
    if library.errors:
        out.diagnostics([item for item in library.errors if item.file == "personae.toml"])


def _rows(project: Project) -> list[tuple[str, object, str]]:
    defaults, origins = project.defaults, project.origins
    values: list[tuple[str, object]] = [
        ("project.timezone", project.timezone),
        ("project.roots", project.roots),
        ("defaults.model", defaults.model),
        ("defaults.tools", defaults.tools),
        ("defaults.substitute", defaults.substitute),
        ("defaults.budget.daily.maxCostUsd", defaults.budget.daily_max_cost_usd),
        ("defaults.budget.perRun.maxCostUsd", defaults.budget.per_run_max_cost_usd),
        ("defaults.budget.perRun.maxTokens", defaults.budget.per_run_max_tokens),
        ("substrate.paths", project.substrate_paths),
        ("substrate.names", project.substrate_names),
        ("pools.parent", project.parent_pool),
        ("pools.subagents", project.subagent_pool),
        *((f"tiers.{tier}", dict(rung)) for tier, rung in project.tiers.items()),
        *((f"workflow.{step}.persona", persona) for step, persona in project.workflow.items()),
    ]
    rows: list[tuple[str, object, str]] = [("root", str(project.root), "found upward from the working folder")]
    rows += [(key, value, origins.get(key, "default")) for key, value in values]
    rows.append(
        ("user folder", str(user_folder()), "XDG_CONFIG_HOME" if os.environ.get("XDG_CONFIG_HOME") else "default")
    )
    size = os.environ.get(SIZE_VARIABLE)
    rows.append(("embedded model", size or "chosen by free memory", SIZE_VARIABLE if size else "default"))
    return rows


def _shown(value: object) -> str:
    if value is None or value == ():
        return "-"
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, dict):
        return ", ".join(f"{key} {item}" for key, item in value.items())
    return str(value)
