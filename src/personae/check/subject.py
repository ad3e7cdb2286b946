"""One file as rules see it: its text, what became of it, and where each field stands. It reads nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from personae.persona.model import Persona

if TYPE_CHECKING:
    from personae.persona.dialects import ForeignAgent

__all__ = ["PERSONA", "Subject"]

PERSONA = "persona"
"""The dialect of our own files; every other is a host's id."""

_NOWHERE: Mapping[str, tuple[int, int]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One file that could be decoded. A broken one has neither `persona` nor `agent`, and still has its text."""

    file: str
    """As diagnostics name it."""
    path: Path
    """Where it is, absolute."""
    root: Path
    """The folder that its home lies in: the parent of `.agents`, `personas`, `.claude`, …"""
    dialect: str
    text: str
    """All of it, with `\\n` line ends and without a byte-order mark."""
    body: str = ""
    """What comes after the frontmatter; in a file that is data throughout, the prompt is `agent.prompt`."""
    body_line: int = 1
    """The line of the file, from 1, on which `body` begins."""
    persona: Persona | None = None
    agent: ForeignAgent | None = None
    places: Mapping[str, tuple[int, int]] = field(default_factory=lambda: _NOWHERE)
    """Path of a field, such as `heartbeats[1].cron`, to line and column, both from 1."""

    def place(self, path: str) -> tuple[int, int]:
        """Return where the field `path` stands, or the nearest one around it; (1, 1) when nothing does."""
        while path:
            found = self.places.get(path)
            if found is not None:
                return found
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return 1, 1

    def position(self, offset: int) -> tuple[int, int]:
        """Return line and column, both from 1, of a character of `text`."""
        return self.text.count("\n", 0, offset) + 1, offset - self.text.rfind("\n", 0, offset)

    def body_position(self, offset: int) -> tuple[int, int]:
        """Return line and column in the file, both from 1, of a character of `body`."""
        return self.body.count("\n", 0, offset) + self.body_line, offset - self.body.rfind("\n", 0, offset)
