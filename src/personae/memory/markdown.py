"""The form of a memory file: entries out of any Markdown, and a list item out of a draft. Pure.

    - Invoices to Japan are in yen. <!-- id=k3f9a2b7cd date=2026-07-14T09:30:00Z run=r-81 source=reflection -->

The comment behind the first line is an entry's origin. Every other list item, paragraph and block of code is an entry
that a person wrote. Headings, rules, comments and frontmatter are not entries. Nothing a person left open, be it a
comment or a block of code, hides an entry that has an origin.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import NamedTuple

from personae.memory.entry import DEFAULT_IMPORTANCE, MAX_IMPORTANCE, PERSON, Draft, Entry, tidy

__all__ = ["LINE", "entries_of", "ids_in", "item_of", "shown"]

LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
"""A line with its end, as editors count lines; `splitlines` would split at form feeds too."""

_OWN = re.compile(r"[ \t]*[-*+] +(?P<text>.*?) *<!-- id=(?P<id>[a-z0-9-]{1,64})(?P<rest>(?: [^<>]*)?) -->\s*")
_ID = re.compile(r"<!-- id=([a-z0-9-]{1,64}) ")
_ITEM = re.compile(r"[ \t]*(?:[-*+]|[0-9]{1,9}[.)])[ \t]+(?=\S)")
_HEADING = re.compile(r" {0,3}#{1,6}(?:\s|\Z)")
_RULE = re.compile(r"(?:[-*_] *){3,}|=+")
_FENCE = re.compile(r"(`{3,}|~{3,})")
_DATE = re.compile(r"\b([0-9]{4}-[0-9]{2}-[0-9]{2})\b")
_LEADING_DATE = re.compile(r"[\W_]{0,4}([0-9]{4}-[0-9]{2}-[0-9]{2})\b")
_OPENS_COMMENT = re.compile(r"&((?:amp;)*lt;!--)|<!--")
_OPENED_COMMENT = re.compile(r"&(?:amp;((?:amp;)*)lt;|lt;)!--")
_INDENT = "  "
_ID_CHARACTERS = 10


def entries_of(text: str) -> Iterator[Entry]:
    """Yield the entries in `text`, in its order. Total: whatever stands there is an entry or is left alone."""
    seen: dict[str, int] = {}
    for entry in _Scan(LINE.findall(text)).entries():
        if not entry.text:
            continue
        count = seen[entry.id] = seen.get(entry.id, 0) + 1
        yield entry if count == 1 else replace(entry, id=f"{entry.id}-{count}")


def ids_in(text: str) -> set[str]:
    """Return the ids of all entries in `text` that have an origin, without reading the rest."""
    return set(_ID.findall(text))


def item_of(draft: Draft, *, line_end: str = "\n") -> str:
    """Return `draft` as a list item with its origin. `entries_of` gives back exactly its text."""
    first, *others = _OPENS_COMMENT.sub(_close, draft.text).split("\n")
    origin = [f"id={draft.id}", f"date={draft.date:%Y-%m-%dT%H:%M:%SZ}"]
    origin += [f"run={draft.run}"] if draft.run else []
    origin += [f"source={draft.source}"]
    origin += [f"importance={draft.importance}"] if draft.importance != DEFAULT_IMPORTANCE else []
    origin += [f"replaces={draft.replaces}"] if draft.replaces else []
    lines = [f"- {first} <!-- {' '.join(origin)} -->", *(f"{_INDENT}{line}" if line else "" for line in others)]
    return "".join(f"{line}{line_end}" for line in lines)


def shown(text: str) -> str:
    """Return `text` with the bytes that are not UTF-8 as replacement characters."""
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


@dataclass(slots=True)
class _Scan:
    """Walks over the lines of a file once; `at` is the next line, `offset` where it begins."""

    ended: list[str]
    """The lines with their ends."""
    lines: list[str] = field(init=False)
    at: int = 0
    offset: int = 0
    heading_date: datetime | None = None
    hopeless: dict[str, int] = field(default_factory=dict)
    """Up to which line nothing closes a block of code with this mark, so that thousands of opened ones cost as one."""

    def __post_init__(self) -> None:
        self.lines = [line.rstrip("\r\n") for line in self.ended]
        if self.lines:
            self.lines[0] = self.lines[0].removeprefix("\ufeff")

    def entries(self) -> Iterator[Entry]:
        if self.lines and self.lines[0].rstrip() == "---":
            self.skip_to(self.after(lambda line: line.rstrip() == "---"))
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if (own := _OWN.fullmatch(line)) is not None:
                yield self.take(self.end_of_item(lazy=False), own)
            elif not line.strip() or _RULE.fullmatch(line.strip()):
                self.skip_to(self.at + 1)
            elif _HEADING.match(line):
                self.heading_date = _moment(found.group(1)) if (found := _DATE.search(line)) else None
                self.skip_to(self.at + 1)
            elif line.lstrip().startswith("<!--") and (end := self.end_of_comment()) > self.at:
                self.skip_to(end)
            else:
                yield self.take(self.end_of_block(), None)

    def skip_to(self, line: int) -> None:
        for ended in self.ended[self.at : line]:
            self.offset += len(ended)
        self.at = max(line, self.at)

    def take(self, end: int, own: re.Match[str] | None) -> Entry:
        at, start, lines = self.at + 1, self.offset, self.lines[self.at : end]
        self.skip_to(end)
        span = _Span(at, start, self.offset)
        return _own_entry(own, lines, span) if own else _hand_entry(lines, span, self.heading_date)

    def end_of_block(self) -> int:
        line = self.lines[self.at]
        if _ITEM.match(line):
            return self.end_of_item(lazy=True)
        if fence := _FENCE.match(line.lstrip()):
            end = self.end_of_fence(fence.group(1))
            if end > self.at:
                return end
        end = self.at + 1
        while end < len(self.lines) and not self.begins_something(end):
            end += 1
        return end

    def end_of_item(self, *, lazy: bool) -> int:
        """Indented lines belong to an item, over blank ones too; with `lazy`, so do plain lines right below it."""
        end, look = self.at + 1, self.at + 1
        while look < len(self.lines):
            line = self.lines[look]
            if not line.strip():
                look += 1
                continue
            indented = line.startswith((_INDENT, "\t")) and not _OWN.fullmatch(line)
            if not indented and not (lazy and look == end and not self.begins_something(look)):
                break
            end = look = look + 1
        return end

    def end_of_comment(self) -> int:
        """Return the line after the comment that begins here, or this line when it is no comment of its own."""
        for index in range(self.at, len(self.lines)):
            line = self.lines[index].strip()
            inner = line[4:] if index == self.at else line
            before, closes, after = inner.partition("-->")
            if "<!--" in before or (index > self.at and _OWN.fullmatch(self.lines[index])):
                return self.at
            if closes:
                return self.at if after.strip() else index + 1
        return self.at

    def end_of_fence(self, mark: str) -> int:
        """Return the line after the block of code that `mark` opens here, or this line when nothing closes it."""
        if self.at < self.hopeless.get(mark, 0):
            return self.at
        end = self.after(lambda line: line.startswith(mark) and not line.strip(mark[0] + " \t"))
        if end == self.at:
            own = self.after(lambda line: _OWN.fullmatch(line) is not None, over_own=True)
            self.hopeless[mark] = own if own > self.at else len(self.lines)
        return end

    def after(self, closes: Callable[[str], bool], *, over_own: bool = False) -> int:
        """Return the line after the next one that `closes`, or this line when there is none before an origin."""
        for index in range(self.at + 1, len(self.lines)):
            if not over_own and _OWN.fullmatch(self.lines[index]):
                break
            if closes(self.lines[index]):
                return index + 1
        return self.at

    def begins_something(self, index: int) -> bool:
        line = self.lines[index]
        bare = line.strip()
        return (
            not bare
            or bare.startswith(("<!--", "```", "~~~"))
            or _HEADING.match(line) is not None
            or _ITEM.match(line) is not None
            or _RULE.fullmatch(bare) is not None
        )


class _Span(NamedTuple):
    line: int
    start: int
    end: int


def _own_entry(own: re.Match[str], lines: list[str], span: _Span) -> Entry:
    origin = dict(part.partition("=")[::2] for part in own["rest"].split())
    others = (line.removeprefix(_INDENT) if line.startswith(_INDENT) else line.removeprefix("\t") for line in lines[1:])
    text = "\n".join([own["text"], *others])
    importance = origin.get("importance", "")
    return Entry(
        id=own["id"],
        text=tidy(shown(_OPENED_COMMENT.sub(_open, text))),
        date=_moment(origin.get("date", "")),
        run=origin.get("run") or None,
        source=origin.get("source") or PERSON,
        importance=int(importance) if importance in _IMPORTANCES else DEFAULT_IMPORTANCE,
        replaces=origin.get("replaces") or None,
        line=span.line,
        start=span.start,
        end=span.end,
    )


def _hand_entry(lines: list[str], span: _Span, heading_date: datetime | None) -> Entry:
    marker = _ITEM.match(lines[0])
    first = lines[0][marker.end() :] if marker else lines[0]
    others = [line.removeprefix(_INDENT) if marker else line for line in lines[1:]]
    text = tidy(shown("\n".join([first, *others])))
    if not any(map(str.isalnum, text)):
        text = ""  # what is drawn, not said: the line of a table, an arrow
    date = _moment(found.group(1)) if (found := _LEADING_DATE.match(text)) else None
    id = base64.b32encode(hashlib.sha256(text.encode()).digest()).decode().lower()[:_ID_CHARACTERS]
    return Entry(id=id, text=text, date=date or heading_date, line=span.line, start=span.start, end=span.end)


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _close(found: re.Match[str]) -> str:
    """Write `<!--` as `&lt;!--`, and what already reads so with one `amp;` more."""
    return f"&amp;{found.group(1)}" if found.group(1) else "&lt;!--"


def _open(found: re.Match[str]) -> str:
    return "<!--" if found.group(1) is None else f"&{found.group(1)}lt;!--"


_IMPORTANCES = frozenset(str(number) for number in range(1, MAX_IMPORTANCE + 1))
