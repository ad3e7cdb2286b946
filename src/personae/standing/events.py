"""What a server tells while it works: one value a line, for whoever prints it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = ["Event", "EventKind", "Tell", "silent"]

EventKind = Literal[
    "begun",  # a beat or a task begins
    "ended",  # one ended: `status` says how
    "left",  # beats that came to nothing
    "files",  # the folder was changed; `text` holds what is wrong in it
    "proposal",  # one was approved by a rule, or is over its time
    "budget",  # a cap is nearly reached
    "note",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened."""

    kind: EventKind
    text: str
    persona: str = ""
    status: str = ""
    run: str = ""


Tell: TypeAlias = Callable[[Event], None]


def silent(event: Event) -> None:
    """Tell nobody."""
