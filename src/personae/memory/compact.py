"""A memory that has grown too long: which entries may go, as a proposal to look at. Nothing goes without a yes."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from personae.errors import UsageError
from personae.memory.alike import gist
from personae.memory.book import Book
from personae.memory.entry import MAX_IMPORTANCE, PERSON, Entry
from personae.memory.markdown import LINE, shown
from personae.memory.store import change

__all__ = ["Compaction", "Removed", "apply", "propose"]

_ROOM = 0.9
"""A compaction leaves a tenth free, so that the next entry does not call for the next one."""
_DAY_S = 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """An entry that may go, and why."""

    entry: Entry
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Compaction:
    """A proposal for one state of one memory."""

    path: Path
    before: str
    after: str
    removed: tuple[Removed, ...]
    """In the order of the file."""
    max_lines: int

    @property
    def lines_before(self) -> int:
        """How many lines the file has."""
        return len(LINE.findall(self.before))

    @property
    def lines_after(self) -> int:
        """How many it would have; more than `max_lines` where the rest was written by people, which stays."""
        return len(LINE.findall(self.after))

    def diff(self, name: str) -> str:
        """Return the proposal as a unified diff of the file `name`, as `git apply` and `patch` read it."""
        old, new = LINE.findall(self.before), LINE.findall(self.after)
        lines = difflib.unified_diff(old, new, f"a/{name}", f"b/{name}")
        return shown("".join(line if line.endswith(("\n", "\r")) else f"{line}\n{_NO_END}" for line in lines))


_NO_END = "\\ No newline at end of file\n"


def propose(book: Book, *, max_lines: int, now: datetime) -> Compaction | None:
    """Return what may go so that the memory keeps within `max_lines`, or None while it does.

    First the entries that another one replaces, then all but the latest of those that say the same, then the least
    important and oldest. What a person wrote and what has importance 5 stays, and so does all that is no entry.
    """
    if book.lines <= max_lines:
        return None
    goal = int(max_lines * _ROOM)
    removed: dict[int, Removed] = {}
    left = book.lines
    current = {entry.start for entry in book.current}
    removable = _removable(book)
    for entry, because in _in_order(removable, current, now):
        if left <= goal:
            break
        if entry.start not in removed:
            removed[entry.start] = Removed(entry=entry, because=because)
            left -= len(LINE.findall(book.text[entry.start : entry.end]))
    ordered = tuple(removed[start] for start in sorted(removed))
    return Compaction(
        path=book.path, before=book.text, after=_without(book.text, ordered), removed=ordered, max_lines=max_lines
    )


def apply(compaction: Compaction) -> None:
    """Write what was proposed. Raises `UsageError` when the memory has changed since, `StorageError`."""
    before, after = (text.encode("utf-8", "surrogateescape") for text in (compaction.before, compaction.after))

    def edit(data: bytes) -> bytes:
        if data != before:
            raise UsageError(
                "the memory has changed since this was proposed", help="Nothing was written; propose it again."
            )
        return after

    change(compaction.path, edit)


def _removable(book: Book) -> list[Entry]:
    staying = {item.id for item in book.entries if item.source == PERSON or item.importance == MAX_IMPORTANCE}
    # An entry that corrects one that stays has to stay too: without it the old one would count again.
    return [item for item in book.entries if item.id not in staying and item.replaces not in staying]


def _in_order(removable: list[Entry], current: set[int], now: datetime) -> Iterator[tuple[Entry, str]]:
    """Yield the entries that may go, first those that are missed least."""
    for entry in removable:
        if entry.start not in current:
            yield entry, "another entry replaces it"
    for entry in _repeated(removable):
        yield entry, "a later entry says the same"
    for entry in sorted(removable, key=lambda entry: (entry.importance, -_age_days(entry, now), entry.start)):
        yield entry, f"importance {entry.importance}, {_age(entry, now)}"


def _repeated(entries: Iterable[Entry]) -> Iterator[Entry]:
    latest: dict[str, Entry] = {}
    for entry in entries:
        key = gist(entry.text) or entry.text
        if key in latest:
            yield latest[key]
        latest[key] = entry


def _age_days(entry: Entry, now: datetime) -> float:
    return float("inf") if entry.date is None else (now - entry.date).total_seconds() / _DAY_S


def _age(entry: Entry, now: datetime) -> str:
    return "no date" if entry.date is None else f"{max(int(_age_days(entry, now)), 0):,} days old"


def _without(text: str, removed: Iterable[Removed]) -> str:
    kept: list[str] = []
    at = 0
    for item in removed:
        kept.append(text[at : item.entry.start])
        at = item.entry.end
    return "".join([*kept, text[at:]])
