"""Findings for `grep` and for editors' problem matchers: one line each."""

from __future__ import annotations

from collections.abc import Sequence

from personae.check.outputs.columns import one_line
from personae.check.outputs.seam import Sources
from personae.errors import Diagnostic

__all__ = ["as_concise"]


def as_concise(findings: Sequence[Diagnostic], *, sources: Sources) -> str:
    """Return `file:line:column: severity[rule] field: message`, a line per finding; empty without any."""
    return "\n".join(_line(item) for item in findings)


def _line(item: Diagnostic) -> str:
    subject = f"{item.field}: {item.message}" if item.field else item.message
    return f"{one_line(item.file)}:{item.line}:{item.column}: {item.severity}[{item.rule}] {one_line(subject)}"
