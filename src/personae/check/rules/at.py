"""A diagnostic at a field of a subject: what every rule about one value yields."""

from __future__ import annotations

from personae.check.subject import Subject
from personae.errors import Diagnostic, Severity

__all__ = ["at_field"]


def at_field(
    subject: Subject,
    field: str,
    rule: str,
    message: str,
    *,
    severity: Severity = "error",
    found: str,
    help: str,
    place: tuple[int, int] | None = None,
) -> Diagnostic:
    """Return the diagnostic where `field` stands, or the nearest one around it; `place` beats both."""
    line, column = place or subject.place(field)
    return Diagnostic(
        rule=rule,
        severity=severity,
        message=message,
        file=subject.file,
        line=line,
        column=column,
        field=field,
        found=found,
        help=help,
    )
