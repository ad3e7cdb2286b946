"""Exit codes, and which failure means which. Source: DESIGN.md, section 3."""

from __future__ import annotations

from personae.errors import InvalidFileError, PersonaeError, StoppedError, UsageError

__all__ = ["DONE", "FAILED", "INTERRUPTED", "INVALID_FILE", "STOPPED", "WRONG_USE", "code_of"]

DONE = 0
FAILED = 1
WRONG_USE = 2
STOPPED = 3
INVALID_FILE = 6
INTERRUPTED = 130

_CODES: tuple[tuple[type[PersonaeError], int], ...] = (
    (UsageError, WRONG_USE),
    (InvalidFileError, INVALID_FILE),
    (StoppedError, STOPPED),
    (PersonaeError, FAILED),
)


def code_of(error: PersonaeError) -> int:
    """Return the exit code for `error`."""
    return next(code for kind, code in _CODES if isinstance(error, kind))
