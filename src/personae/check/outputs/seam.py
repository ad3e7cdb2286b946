"""What every output format is: the seam between findings and their text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias

from personae.errors import Diagnostic

__all__ = ["Output", "Sources"]

Sources: TypeAlias = Callable[[str], Sequence[str] | None]
"""Name of a file, as diagnostics have it, to its lines without line breaks; None when it cannot be read."""


class Output(Protocol):
    """Makes the text of one format; no findings give the format's own way to say so."""

    def __call__(self, findings: Sequence[Diagnostic], *, sources: Sources) -> str: ...
