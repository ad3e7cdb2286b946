"""A bound on what one rule says of one file: nobody reads the hundredth, and finding its line takes time."""

from __future__ import annotations

from collections.abc import Iterator
from functools import wraps
from itertools import islice

from personae.check.context import Context, FileRule
from personae.check.subject import Subject
from personae.errors import Diagnostic

__all__ = ["MOST", "at_most"]

MOST = 50


def at_most(rule: FileRule) -> FileRule:
    """Return `rule`, which stops after `MOST` diagnostics of one file."""

    @wraps(rule)
    def bounded(subject: Subject, context: Context) -> Iterator[Diagnostic]:
        return islice(rule(subject, context), MOST)

    return bounded
