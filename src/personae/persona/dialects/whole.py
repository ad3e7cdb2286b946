"""What concerns a file as a whole, once its keys are read: its length, its folder, what only some readers need."""

from __future__ import annotations

from collections.abc import Mapping

from personae.persona.dialects.assemble import Naming
from personae.persona.dialects.cuts import Cut
from personae.persona.dialects.hosts.skill import SKILL_MOST
from personae.persona.dialects.report import Report
from personae.persona.dialects.values import Value

__all__ = ["check_whole"]


def check_whole(values: Mapping[str, Value], seen: Cut, naming: Naming, report: Report) -> None:
    """Report what is wrong with a file as a whole."""
    table = report.table
    if table.body_most is not None and len(seen.body) > table.body_most:
        message = f"the prompt has {len(seen.body):,} characters, {table.title} takes {table.body_most:,}"
        report.add(
            "prompt-too-long",
            message,
            severity="warning",
            at=(seen.body_line, 1),
            help="Move long material into a file that the agent can read.",
        )
    if table.id == "copilot" and not {"description", "target"} & values.keys():
        message = "'description' is missing; GitHub and the Copilot CLI do not offer this agent, VS Code does"
        report.add("missing-key", message, severity="warning", path="description", help="Add a line description: …")
    if table.id == "skill":
        _check_skill(values, naming, report)


def _check_skill(values: Mapping[str, Value], naming: Naming, report: Report) -> None:
    name = values.get("name")
    if name is not None and naming.folder not in ("", name.text):
        message = f"the folder is called {naming.folder!r} and the skill {name.text[:64]!r}"
        report.add(
            "name-not-folder",
            message,
            severity="warning",
            at=name.at,
            path="name",
            help="Give both one name; hosts that keep to the standard refuse two.",
        )
    for key, limit in SKILL_MOST.items():
        value = values.get(key)
        if value is not None and len(value.text) > limit:
            message = f"{len(value.text):,} characters, the standard allows {limit:,}"
            report.add("text-too-long", message, severity="warning", path=key, at=value.at)
