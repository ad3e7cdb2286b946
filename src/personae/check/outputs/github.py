"""Findings as workflow commands of GitHub Actions, which shows them beside the changed lines."""

from __future__ import annotations

from collections.abc import Sequence

from personae.check.outputs.columns import one_line
from personae.check.outputs.seam import Sources
from personae.check.outputs.span import end_column
from personae.errors import Diagnostic, Severity

__all__ = ["as_github"]

_COMMANDS: dict[Severity, str] = {"error": "error", "warning": "warning", "note": "notice"}


def as_github(findings: Sequence[Diagnostic], *, sources: Sources) -> str:
    """Return one command per line; empty without findings.

    Format: docs.github.com, "Workflow commands for GitHub Actions"; what must be escaped says actions/toolkit's
    `packages/core/src/command.ts`.
    """
    return "\n".join(_command(item, sources) for item in findings)


def _command(item: Diagnostic, sources: Sources) -> str:
    properties = {"file": item.file, "line": str(item.line), "col": str(item.column)}
    lines = sources(item.file) if item.file else None
    if lines and item.line <= len(lines):
        properties["endLine"] = str(max(item.end_line, item.line))
        end = item.end_column if item.end_line > item.line else end_column(item, lines[item.line - 1])
        properties["endColumn"] = str(end)
    properties["title"] = item.rule
    subject = f"{item.field}: {item.message}" if item.field else item.message
    message = ". ".join(part for part in (subject, item.help) if part)
    written = ",".join(f"{key}={_property(value)}" for key, value in properties.items() if value)
    return f"::{_COMMANDS[item.severity]} {written}::{_data(one_line(message))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
