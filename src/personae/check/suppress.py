"""Findings that somebody has looked at and accepts: comments in the file, and entries of the project file.

    role: "Everything"   # personae: ignore[hollow-stance] it is a demo
    <!-- personae: ignore[secret] the key of the public sandbox -->
    # personae: ignore-file[lookalike-description] both exist on purpose

A comment alone on its line speaks of the next line, another of its own. Without a reason nothing is suppressed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from personae.check.settings import Settings, matches, unknown_rule
from personae.check.subject import Subject
from personae.errors import Diagnostic
from personae.persona.patterns import lazy

__all__ = ["Comment", "apply_comments", "apply_settings", "find_comments"]

_MARK = "personae: ignore"
_COMMENT = lazy(
    r"^(?P<before>[^\n]*?)(?P<sign>\#|<!--)[ \t]*personae: ignore(?P<file>-file)?"
    r"(?:\[(?P<rules>[^\]\n]*)\])?(?P<reason>[^\n]*)$",
    re.MULTILINE,
)


@dataclass(slots=True)
class Comment:
    """One suppression written in a file."""

    rules: tuple[str, ...]
    reason: str
    at: tuple[int, int]
    line: int | None
    """The line it speaks of; None is the whole file."""
    used: set[str] = field(default_factory=set)


def find_comments(subject: Subject) -> list[Comment]:
    """Return the suppressions in a file's comments."""
    if _MARK not in subject.text:
        return []
    return [_comment(match, subject) for match in _COMMENT.finditer(subject.text) if _is_comment(match, subject)]


def _is_comment(match: re.Match[str], subject: Subject) -> bool:
    """Below the frontmatter of Markdown a # begins a heading; above it `<!--` is just text."""
    in_body = subject.path.suffix == ".md" and subject.position(match.start())[0] >= subject.body_line
    return in_body == (match["sign"] == "<!--")


def _comment(match: re.Match[str], subject: Subject) -> Comment:
    line, column = subject.position(match.start("sign"))
    rules = tuple(rule.strip() for rule in (match["rules"] or "").split(",") if rule.strip())
    reason = match["reason"].partition("-->")[0].strip(" \t:-–—")
    speaks_of = None if match["file"] else line if match["before"].strip() else line + 1
    return Comment(rules=rules, reason=reason, at=(line, column), line=speaks_of)


def apply_comments(
    found: Iterable[Diagnostic], subject: Subject, comments: Sequence[Comment]
) -> tuple[list[Diagnostic], int]:
    """Return what remains of `found`, with what is wrong with the comments themselves, and how many were suppressed."""
    kept, suppressed = [], 0
    for item in found:
        comment = next((comment for comment in comments if _covers(comment, item)), None)
        if comment is None:
            kept.append(item)
        else:
            comment.used.add(item.rule)
            suppressed += 1
    return [*kept, *(item for comment in comments for item in _faults(comment, subject))], suppressed


def _covers(comment: Comment, item: Diagnostic) -> bool:
    is_there = comment.line in (None, item.line)
    return is_there and bool(comment.reason) and any(matches(item.rule, rule) for rule in comment.rules)


def _faults(comment: Comment, subject: Subject) -> Iterator[Diagnostic]:
    blank = Diagnostic(
        rule="",
        message="",
        severity="warning",
        file=subject.file,
        line=comment.at[0],
        column=comment.at[1],
    )
    if not comment.rules or not comment.reason:
        what = "names no rule" if not comment.rules else "says no reason"
        help = "Write: personae: ignore[RULE] why it is fine here."
        message = f"the comment {what}, so nothing is suppressed"
        yield replace(blank, rule="suppression-without-reason", message=message, help=help)
        return
    for rule in comment.rules:
        way_out = unknown_rule(rule)
        if way_out is not None:
            yield replace(blank, rule="unknown-rule", message=f"there is no rule {rule!r}", found=rule, help=way_out)
        elif not any(matches(used, rule) for used in comment.used):
            where = "in this file" if comment.line is None else f"on line {comment.line}"
            message = f"nothing of {rule!r} is found {where}"
            yield replace(blank, rule="unused-suppression", message=message, found=rule, help="Remove it.")


def apply_settings(
    found: Iterable[Diagnostic], settings: Settings, file: str, used: set[int]
) -> tuple[list[Diagnostic], int]:
    """Return what remains of the findings of `file`, relative to the project's root, at the severity wished for.

    `used` collects the lines of the entries that covered something.
    """
    kept, suppressed = [], 0
    for item in found:
        entry = next((entry for entry in settings.ignores if entry.covers(item.rule, file)), None)
        if entry is not None:
            used.add(entry.line)
            suppressed += 1
            continue
        severity = settings.severities.get(item.rule, item.severity)
        kept.append(item if severity == item.severity else replace(item, severity=severity))
    return kept, suppressed
