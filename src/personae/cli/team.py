"""`personae team`: what several workers are doing, from their plan files and git. It reads and prints, nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from personae.cli import out
from personae.cli.failures import FAILED
from personae.cli.here import here
from personae.errors import Diagnostic, UsageError
from personae.library.store import find_root, load_project
from personae.team.report import Question, answer, to_json
from personae.team.survey import survey
from personae.team.words import to_text

__all__ = ["command", "team"]


@click.group()
def team() -> None:
    """Say what several workers are doing, from their plan files and git.

    Plans are looked for in .harness/, _harness/ and the project root, in this order. Nothing is ever written.
    """


def _question(question: Question, help: str) -> None:
    """Add the command that answers `question` to the group."""

    @click.option("--plans", type=click.Path(path_type=Path), metavar="DIR", help="Read the plans of this folder.")
    @out.json_option
    @click.option("--no-git", is_flag=True, help="Do not ask git.")
    @click.option("--base", metavar="BRANCH", help="The branch that work is merged into, if not the default branch.")
    @click.option("--now", metavar="TIME", help="Answer as of this time (ISO 8601), not of now.")
    def ask(plans: Path | None, as_json: bool, no_git: bool, base: str | None, now: str | None) -> None:
        root = find_root(here())
        zone, complaints = _zone(root)
        moment = datetime.now(UTC) if now is None else _moment(now)
        seen = survey(root, now=moment, zone=zone, plans=plans, ask_git=not no_git, base=base)
        situation = replace(seen, diagnostics=(*complaints, *seen.diagnostics))
        found = answer(question, situation)
        out.data(to_json(found) if as_json else to_text(found))
        if not as_json:
            out.diagnostics([item for item in situation.diagnostics if item.severity != "note"])
        for error in found.errors:
            out.note(f"Error: {error}")
        if found.errors:
            raise click.exceptions.Exit(FAILED)

    team.command(question, help=help, short_help=help)(ask)


def _zone(root: Path) -> tuple[tzinfo, list[Diagnostic]]:
    """Return the project's time zone; a broken project file is reported, and UTC is used."""
    project, found = load_project(root)
    if project is None or project.timezone == "UTC":
        return UTC, found  # not ZoneInfo("UTC"): Windows has no zones of its own
    return ZoneInfo(project.timezone), found


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is no time", help="Write it as 2026-06-05T09:30+02:00.") from None
    if moment.utcoffset() is None:
        raise UsageError(f"the time {text!r} has no offset", help="Write it as 2026-06-05T09:30+02:00, or with Z.")
    return moment


_question("status", "List every plan: status, tasks, last entry.")
_question("standup", "Say who is building, mergeable, blocked, idle or merged, and why.")
_question("ready", "Say which plans may start, and which may run side by side.")
_question("merge-order", "Say in which order to merge what is finished.")
_question("graph", "Show who depends on whom; name cycles and unknown plans.")

command = team
