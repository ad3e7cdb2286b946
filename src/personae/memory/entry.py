"""One remembered thing as a value: an entry that stands in a memory, and the draft of one that may."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from personae.errors import UsageError

__all__ = [
    "DEFAULT_IMPORTANCE",
    "MAX_IMPORTANCE",
    "MAX_TEXT_CHARACTERS",
    "PERSON",
    "REFLECTION",
    "Draft",
    "Entry",
    "tidy",
]

PERSON = "person"
"""The source of what people write, by hand or with `personae memory --add`."""
REFLECTION = "reflection"
"""The source of what a run proposed at its end."""

DEFAULT_IMPORTANCE = 3
MAX_IMPORTANCE = 5
"""Entries of this importance are recalled whatever the question."""
MAX_TEXT_CHARACTERS = 4000
"""Longer text is a document and belongs into a file of its own."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:@+-]{0,127}")
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_ID_CHARACTERS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing in a memory, with where it stands and where it came from."""

    id: str
    """From its origin; of a line written by hand, from its text."""
    text: str
    date: datetime | None = None
    """With a time zone. None where a line written by hand says none."""
    run: str | None = None
    source: str = PERSON
    importance: int = DEFAULT_IMPORTANCE
    """1 to 5."""
    replaces: str | None = None
    """The id of an older entry that this one corrects."""
    line: int = 1
    """From 1, where it begins."""
    start: int = 0
    """Where it begins in the text of the file, in characters."""
    end: int = 0
    """Where what is not its own begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Something to remember that stands nowhere yet. A draft that exists can be written: `UsageError` if it cannot."""

    text: str
    date: datetime
    """With a time zone."""
    source: str
    run: str | None = None
    importance: int = DEFAULT_IMPORTANCE
    replaces: str | None = None

    def __post_init__(self) -> None:
        """Bring the text into its one form and the date to UTC, then refuse what the file cannot hold."""
        object.__setattr__(self, "text", tidy(self.text))
        if not self.text:
            raise UsageError("there is nothing to remember: the text is empty")
        if len(self.text) > MAX_TEXT_CHARACTERS:
            raise UsageError(
                f"the text has {len(self.text):,} characters, an entry has at most {MAX_TEXT_CHARACTERS:,}",
                help="Keep it in a file and remember where that is.",
            )
        if not 1 <= self.importance <= MAX_IMPORTANCE:
            raise UsageError(f"importance {self.importance} is not one of 1 to {MAX_IMPORTANCE}")
        if self.date.utcoffset() is None:
            raise UsageError(f"the time {self.date.isoformat()} has no offset")
        object.__setattr__(self, "date", self.date.astimezone(UTC).replace(microsecond=0))
        for kind, name in (("source", self.source), ("run", self.run), ("replaced id", self.replaces)):
            if name is not None and not _NAME.fullmatch(name):
                raise UsageError(f"{kind} {name!r} is not a plain name", help="Letters, digits and . _ / : @ + -")

    @property
    def id(self) -> str:
        """The same for the same text in the same run, so that a replayed run remembers nothing twice."""
        digest = hashlib.sha256(f"{self.run or self.date.isoformat()}\0{self.text}".encode()).digest()
        return base64.b32encode(digest).decode().lower()[:_ID_CHARACTERS]


def tidy(text: str) -> str:
    """Return `text` with plain line ends, nothing around it or behind its lines, and no control character."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _UNWRITABLE.sub(lambda found: "\ufffd" if found.group() >= "\ud800" else "", text)
    return "\n".join(line.rstrip() for line in text.strip().split("\n"))
