"""The planner persona's tools: the computed answers about worker plans, as text. They read, and write nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from personae.team.report import QUESTIONS, Question, answer
from personae.team.survey import survey
from personae.team.words import to_text

__all__ = ["team_tools"]

_WHAT = {
    "status": "Overview of all worker plans: state and tasks done.",
    "standup": "How each worker stands: building, mergeable, blocked, idle or merged, with the evidence.",
    "ready": "Which plans can start, which can run together, and what holds the others back.",
    "merge-order": "In which order finished plans should be merged, and why.",
    "graph": "Which plan waits for which.",
}


def team_tools(root: Path, *, zone: str, now: Callable[[], datetime]) -> dict[str, Callable[[], str]]:
    """Return the tools by name, for the project at `root`; `zone` is that of times in progress logs."""
    return {f"team_{question.replace('-', '_')}": _tool(question, root, zone, now) for question in QUESTIONS}


def _tool(question: Question, root: Path, zone: str, now: Callable[[], datetime]) -> Callable[[], str]:
    def ask() -> str:
        return to_text(answer(question, survey(root, now=now(), zone=ZoneInfo(zone))))

    ask.__name__ = f"team_{question.replace('-', '_')}"
    ask.__doc__ = _WHAT[question]
    return ask
