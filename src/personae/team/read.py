"""A plan folder becomes values and diagnostics. Every file is opened for reading, once, and never written."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from pathlib import Path

from personae.errors import Diagnostic, Severity
from personae.team.frontmatter import read_head
from personae.team.locate import ARCHIVE_FOLDERS, STAGED_FOLDER, list_names
from personae.team.plans import PlanFolder, Progress, Stage, WorkerPlan
from personae.team.progress import Log, read_log
from personae.team.slugs import is_conflict_copy, plan_name, printable, progress_slug
from personae.team.tasks import Body, read_body
from personae.team.twins import merge_twins

__all__ = ["MAX_FILE_BYTES", "read_plans"]

MAX_FILE_BYTES = 32 << 20
"""A plan is prose; beyond this the rest is not read, and the plan counts as not readable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    path: Path
    name: str
    """Relative to the plan folder, printable."""
    slug: str
    stage: Stage
    archived_on: str = ""


def read_plans(folder: Path, *, now: datetime, zone: tzinfo) -> PlanFolder:
    """Read all plans of `folder`. `now` must be aware; log entries after it do not count."""
    diagnostics: list[Diagnostic] = []
    plans = [_read_plan(found, diagnostics) for found in _plan_files(folder, diagnostics)]
    merged, notes = merge_twins(plans)
    logs = _read_logs(folder, now, zone, diagnostics)
    complete = tuple(replace(plan, progress=logs.get(plan.slug, plan.progress)) for plan in merged)
    diagnostics.extend(notes)
    ordered = sorted(diagnostics, key=lambda item: (item.file, item.line, item.column, item.rule))
    return PlanFolder(path=str(folder), plans=complete, diagnostics=tuple(ordered))


def _plan_files(folder: Path, diagnostics: list[Diagnostic]) -> Iterator[_Found]:
    for place in ("", STAGED_FOLDER, *ARCHIVE_FOLDERS):
        for name in list_names(folder / place):
            known = plan_name(name)
            if known is None:
                continue
            shown = printable(f"{place}/{name}" if place else name)
            if is_conflict_copy(name):
                message = "a second copy left by a synchronizing program is not read"
                help = "Compare and delete it."
                diagnostics.append(_say("plan-conflict-copy", message, shown, severity="note", help=help))
                continue
            stage = Stage.ARCHIVED if known.archived or place in ARCHIVE_FOLDERS else _STAGES[place]
            yield _Found(
                path=folder / place / name, name=shown, slug=known.slug, stage=stage, archived_on=known.archived_on
            )


_STAGES = {"": Stage.ACTIVE, STAGED_FOLDER: Stage.STAGED}


def _read_plan(found: _Found, diagnostics: list[Diagnostic]) -> WorkerPlan:
    text, whole = _read_text(found.path, found.name, diagnostics)
    head, wrong = read_head(text, file=found.name)
    diagnostics.extend(wrong)
    body = read_body(head.body, first_line=head.body_line)
    plan = WorkerPlan(
        slug=found.slug,
        files=(found.name,),
        stage=found.stage,
        title=printable(body.title),
        status=printable(status) if (status := body.status or head.status) else None,
        tasks=body.tasks,
        depends_on=head.depends_on or (),
        touches=head.touches,
        branch=head.branch,
        created_on=body.created_on,
        archived_on=found.archived_on,
        readable=whole and head.readable,
    )
    if found.stage is not Stage.ARCHIVED:
        diagnostics.extend(_contradictions(plan, body))
    return plan


def _contradictions(plan: WorkerPlan, body: Body) -> Iterator[Diagnostic]:
    still_open = [task for task in body.tasks if not task.done]
    if plan.phase in ("done", "merged") and still_open:
        message = f"the status says {plan.status!r}, and {len(still_open)} of {len(body.tasks)} tasks are open"
        help = "Tick them, or drop them with [-]; until then the plan counts as not finished."
        yield _say("plan-status", message, plan.files[0], line=still_open[0].line, severity="warning", help=help)


def _read_logs(folder: Path, now: datetime, zone: tzinfo, diagnostics: list[Diagnostic]) -> dict[str, Progress]:
    logs: dict[str, Progress] = {}
    for place in ("", STAGED_FOLDER):
        for name in list_names(folder / place):
            slug = progress_slug(name)
            if slug is None or is_conflict_copy(name):
                continue
            shown = printable(f"{place}/{name}" if place else name)
            text, _ = _read_text(folder / place / name, shown, diagnostics)
            log = read_log(text, now=now, zone=zone)
            diagnostics.extend(_in_future(log, shown, zone))
            known = logs.get(slug)
            if known is None or _later(log.progress, known):
                logs[slug] = log.progress
    return logs


def _in_future(log: Log, name: str, zone: tzinfo) -> Iterator[Diagnostic]:
    if log.in_future is not None:
        moment = log.in_future.astimezone(zone).strftime("%Y-%m-%d %H:%M")
        message = f"the entry of {moment} is in the future and does not count"
        help = "Check the clock and the time zone: [project] timezone in personae.toml."
        yield _say("progress-in-future", message, name, line=log.in_future_line, severity="warning", help=help)


def _later(one: Progress, other: Progress) -> bool:
    if one.last_entry is None or other.last_entry is None:
        return other.last_entry is None
    return one.last_entry > other.last_entry


def _read_text(path: Path, name: str, diagnostics: list[Diagnostic]) -> tuple[str, bool]:
    """Return the text with `\\n` line ends, and whether it is all of it."""
    try:
        data = _read_bytes(path)
    except OSError as error:
        reason = error.strerror or str(error)
        message = f"cannot be read: {reason}"
        diagnostics.append(_say("plan-unreadable", message, name, help="Check what it is and its permissions."))
        return "", False
    whole = len(data) <= MAX_FILE_BYTES
    if not whole:
        data = data[:MAX_FILE_BYTES]
        message = f"the file has more than {MAX_FILE_BYTES >> 20} MiB; the rest is not read"
        diagnostics.append(_say("plan-too-large", message, name, help="Move logs and attachments out of the plan."))
    text, decoded = _decode(data, name, diagnostics)
    return text.replace("\r\n", "\n").replace("\r", "\n"), whole and decoded


def _read_bytes(path: Path) -> bytes:
    # Not blocking: a named pipe called PLAN-x.md must not hang the answer.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(0, "it is not a regular file")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read(MAX_FILE_BYTES + 1)
    finally:
        os.close(descriptor)


def _decode(data: bytes, name: str, diagnostics: list[Diagnostic]) -> tuple[str, bool]:
    """Return the text, and whether what it declares can be trusted: bad bytes in the prose do no harm."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", "replace")
        message, bad = "the file is UTF-16", "\N{REPLACEMENT CHARACTER}" in text
    else:
        try:
            return data.removeprefix(b"\xef\xbb\xbf").decode("utf-8"), True
        except UnicodeDecodeError as error:
            text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
            line = data.count(b"\n", 0, error.start) + 1
            head = read_head(text.replace("\r\n", "\n"), file=name)[0]
            message, bad = f"line {line} is not UTF-8", line < head.body_line
    help = "Save it as UTF-8."
    diagnostics.append(_say("plan-encoding", message, name, severity="error" if bad else "warning", help=help))
    return text, not bad


def _say(
    rule: str, message: str, file: str, *, line: int = 1, severity: Severity = "error", help: str = ""
) -> Diagnostic:
    return Diagnostic(rule=rule, message=message, file=file, line=line, severity=severity, help=help)
