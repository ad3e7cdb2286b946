"""Answers that are computed, never guessed: tables stand verbatim in an answer, and the model writes the prose.

A model copies a table almost right, which is worse than wrong. So the tables are put in by code, and a line of prose
with a number that no table has is left out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from personae.library.substrate import TEAM_ANSWERS

__all__ = ["asked_for", "quoted"]

_NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*")
_CUES = (
    ("team_standup", r"stand-?up|worker|who|idle|block|progress|doing"),
    ("team_ready", r"ready|start|next|together|parallel"),
    ("team_merge_order", r"merge|order|land"),
    ("team_graph", r"graph|depend|wait"),
)
_LEFT_OUT = "({} of the prose left out: a number in it is in no table.)"


def asked_for(task: str) -> tuple[str, ...]:
    """Return the computed answers that `task` calls for by its words; the overview when it names none."""
    found = tuple(name for name, cue in _CUES if re.search(rf"\b(?:{cue})", task, re.IGNORECASE))
    assert all(name in TEAM_ANSWERS for name in found)
    return found or ("team_status",)


def quoted(text: str, tables: Sequence[str]) -> str:
    """Return an answer that holds every one of `tables` verbatim and then what of `text` they bear out."""
    tables = [table.strip() for table in dict.fromkeys(tables) if table.strip()]
    known = set(_NUMBER.findall("\n".join(tables)))
    rows = {line.strip() for table in tables for line in table.splitlines()}
    kept: list[str] = []
    dropped = 0
    for line in text.splitlines():
        if line.strip() in rows or line.strip().startswith("```"):
            continue  # the tables stand above already
        if set(_NUMBER.findall(_without_numbering(line))) <= known:
            kept.append(line)
        else:
            dropped += 1
    prose = re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()
    note = _LEFT_OUT.format(f"{dropped} line{'s' if dropped != 1 else ''}") if dropped else ""
    return "\n\n".join(part for part in (*tables, prose, note) if part)


def _without_numbering(line: str) -> str:
    """The number of a list item says nothing."""
    return re.sub(r"^\s*\d+[.)]\s", "", line)
