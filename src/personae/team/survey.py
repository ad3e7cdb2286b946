"""One look at a project's plans and repository: finds, reads and asks, and returns the `Situation` for every answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, tzinfo
from pathlib import Path

from personae.errors import Diagnostic
from personae.team.evidence import Evidence
from personae.team.git import collect
from personae.team.locate import find_plan_folder
from personae.team.plans import PlanFolder
from personae.team.read import read_plans
from personae.team.situation import Situation, assess
from personae.team.slugs import printable

__all__ = ["survey"]


def survey(
    root: Path,
    *,
    now: datetime,
    zone: tzinfo,
    plans: Path | None = None,
    ask_git: bool = True,
    base: str | None = None,
) -> Situation:
    """Look at the project at `root`. `now` must be aware; local times in logs are read in `zone`.

    `plans` names the plan folder; `base` the branch that work is merged into, instead of the one git names. Raises
    `UsageError` when either does not exist. No git, or no repository, is no error: the evidence says so.
    """
    if now.utcoffset() is None:
        raise ValueError("now must be an aware datetime")
    folder, others = find_plan_folder(root, named=plans)
    label = _label(folder, root)
    read = read_plans(folder, now=now, zone=zone)
    found = [replace(item, file=item.file if label == "." else f"{label}/{item.file}") for item in read.diagnostics]
    found.extend(_not_read(_label(other, root), label) for other in others)
    named = PlanFolder(path=label, plans=read.plans, diagnostics=tuple(found))
    evidence = _evidence(root, folder, named, base) if ask_git else Evidence(problem="git was not asked")
    return assess(named, evidence, now=now, zone=zone)


def _evidence(root: Path, folder: Path, plans: PlanFolder, base: str | None) -> Evidence:
    evidence = collect(root, plans.plans, base=base)
    if evidence.problem.startswith("not a git repository") and not folder.is_relative_to(root):
        return collect(folder, plans.plans, base=base)
    return evidence


def _label(folder: Path, root: Path) -> str:
    path = folder.relative_to(root) if folder.is_relative_to(root) else folder
    return printable(path.as_posix())


def _not_read(other: str, chosen: str) -> Diagnostic:
    message = f"there are plans here too; they are not read, as {chosen} comes first"
    help = f"Move them, or read them with --plans {other}."
    return Diagnostic(rule="plan-other-folder", message=message, file=other, severity="note", help=help)
