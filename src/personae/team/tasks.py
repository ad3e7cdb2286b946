"""The body of a plan: its title, its status line and its tasks. Code fences, comments and links are no tasks.

A task is a numbered heading under `## Tasks` (ticked by the box or word of its `Status:` line, else by the boxes below
it), or a list item with a box there. A plan without a `Tasks` heading has its tasks wherever list items have boxes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from personae.team.plans import Task, phase_of

__all__ = ["Body", "read_body"]

_HEADING = re.compile(r" {0,3}(?P<marks>#{1,6})(?:[ \t]+(?P<title>.*?))?[ \t]*#*[ \t]*")
_FENCE = re.compile(r"[ \t]*(?:>[ \t]*)*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(?P<fence>`{3,}|~{3,})(?P<info>.*)")
_ITEM = re.compile(r"(?P<indent>[ \t]*)(?:>[ \t]*)*(?:[-*+]|\d{1,9}[.)])[ \t]+(?P<text>.*)")
# `[x](url)` is a link and `[x]: url` is its definition: a box is followed by a space or by nothing.
_BOX = re.compile(r"\[(?P<mark>[ xX✓✔/~-])\](?:[ \t]+(?P<title>.*)|)")
_STATUS = re.compile(r"\s*[*_]*status[*_]*\s*:\s*[*_]*\s*(?P<value>.*)", re.IGNORECASE)
_FIELD = re.compile(r"\s*[*_]*(?P<name>created|status)[*_]*\s*:\s*[*_]*\s*(?P<value>.*)", re.IGNORECASE)
_TASK_HEADINGS = frozenset(["tasks", "task list", "task", "todo", "to do", "to-do", "todos"])
_NUMBERED = re.compile(r"(?:task\s+)?\d+(?:\.\d+)*[.:)]?(?:\s+|$)(?P<title>.*)", re.IGNORECASE)
_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_DONE_MARKS = "xX✓✔"
_DROPPED = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What a plan says below its frontmatter."""

    title: str = ""
    status: str | None = None
    created_on: str = ""
    """As YYYYMMDD; empty when not stated."""
    tasks: tuple[Task, ...] = ()


@dataclass(slots=True)
class _Draft:
    """A task heading whose section is being read."""

    title: str
    line: int
    level: int
    status: str | None = None
    boxes: list[tuple[str, Task]] = field(default_factory=list)


@dataclass(slots=True)
class _Reader:
    title: str = ""
    status: str | None = None
    created_on: str = ""
    section_level: int = 0
    """Level of the `Tasks` heading we are under; 0 outside."""
    has_section: bool = False
    draft: _Draft | None = None
    tasks: list[Task] = field(default_factory=list)
    loose: list[Task] = field(default_factory=list)

    def heading(self, level: int, text: str, line: int) -> None:
        if self.draft and level <= self.draft.level:
            self.close_draft()
        if self.section_level and level <= self.section_level:
            self.section_level = 0
        if level == 1 and not self.title:
            self.title = re.sub(r"^plan\s*:\s*", "", text, flags=re.IGNORECASE)
        if text.rstrip(":").strip().casefold() in _TASK_HEADINGS:
            self.section_level, self.has_section = level, True
        elif self.section_level and self.draft is None and (numbered := _NUMBERED.fullmatch(text)):
            self.draft = _Draft(title=numbered["title"].strip() or text, line=line, level=level)

    def item(self, text: str, line: int) -> None:
        if (status := _STATUS.fullmatch(text)) and self.draft:
            self.draft.status = self.draft.status or status["value"].strip()
        elif box := _BOX.fullmatch(text):
            mark = box["mark"]
            task = Task(title=(box["title"] or "").strip(), done=mark in _DONE_MARKS, line=line)
            if self.draft:
                self.draft.boxes.append((mark, task))
            elif mark != _DROPPED:
                (self.tasks if self.section_level else self.loose).append(task)

    def paragraph(self, text: str) -> None:
        found = _FIELD.fullmatch(text)
        if found is None:
            return
        value = found["value"].strip().strip("*_`").strip()
        if found["name"].casefold() == "status":
            if self.draft:
                self.draft.status = self.draft.status or value
            elif self.status is None:
                self.status = value
        elif not self.created_on and (date := _DATE.search(value)):
            self.created_on = "".join(date.groups())

    def close_draft(self) -> None:
        draft, self.draft = self.draft, None
        if draft is None:
            return
        if draft.status is not None:
            box = _BOX.match(draft.status)
            if box and box["mark"] == _DROPPED:
                return
            done = box["mark"] in _DONE_MARKS if box else phase_of(draft.status) in ("done", "merged")
            self.tasks.append(Task(title=draft.title, done=done, line=draft.line))
        elif draft.boxes:
            self.tasks.extend(task for mark, task in draft.boxes if mark != _DROPPED)
        else:
            self.tasks.append(Task(title=draft.title, done=False, line=draft.line))


def read_body(text: str, *, first_line: int = 1) -> Body:
    """Return what `text` says; `first_line` is its line in the file."""
    reader = _Reader()
    for line, content in _prose(text, first_line):
        if content.lstrip(" ").startswith("#") and (heading := _HEADING.fullmatch(content)):
            reader.heading(len(heading["marks"]), (heading["title"] or "").strip(), line)
        elif item := _ITEM.fullmatch(content):
            reader.item(item["text"].rstrip(), line)
        else:
            reader.paragraph(content)
    reader.close_draft()
    tasks = reader.tasks if reader.has_section else reader.loose
    return Body(title=reader.title, status=reader.status, created_on=reader.created_on, tasks=tuple(tasks))


def _prose(text: str, first_line: int) -> Iterator[tuple[int, str]]:
    """Yield the numbered lines outside of code blocks and HTML comments."""
    fence, in_list, blank_before = "", False, True
    for number, line in enumerate(_without_comments(text).split("\n"), first_line):
        if fence:
            closing = line.strip().lstrip("> \t")
            if closing.startswith(fence) and not closing.strip(fence[0]):
                fence = ""
            continue
        if ("```" in line or "~~~" in line) and (opening := _FENCE.fullmatch(line)) and _opens(opening):
            fence = opening["fence"]
            continue
        if not line.strip():
            blank_before = True
            continue
        indented = line.startswith(("    ", "\t"))
        if not indented or in_list:
            yield number, line
        if not indented:
            is_item = _ITEM.fullmatch(line) is not None
            in_list = is_item or (in_list and (not blank_before or line.startswith("  ")))
        blank_before = False


def _opens(fence: re.Match[str]) -> bool:
    # CommonMark 4.5: the info string of a backtick fence holds no backtick, or it is inline code.
    return fence["fence"].startswith("~") or "`" not in fence["info"]


def _without_comments(text: str) -> str:
    """Return `text` with HTML comments blanked and the line ends kept. A comment inside a fence is code and stays."""
    if "<!--" not in text:
        return text
    parts: list[str] = []
    fence, in_comment = "", False
    for line in text.split("\n"):
        kept = ""
        rest = line
        if not in_comment:
            fence = _fence_after(line, fence)
        while rest:
            if in_comment:
                _, mark, rest = rest.partition("-->")
                in_comment = not mark
            elif fence:
                kept, rest = kept + rest, ""
            else:
                before, mark, rest = rest.partition("<!--")
                kept, in_comment = kept + before, bool(mark)
        parts.append(kept)
    return "\n".join(parts)


def _fence_after(line: str, fence: str) -> str:
    if fence:
        closing = line.strip().lstrip("> \t")
        return "" if closing.startswith(fence) and not closing.strip(fence[0]) else fence
    opening = _FENCE.fullmatch(line)
    return opening["fence"] if opening and _opens(opening) else ""
