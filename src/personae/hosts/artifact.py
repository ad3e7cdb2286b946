"""One file that is written for a host: where, what, and whose. A value; nothing here writes it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

__all__ = ["Artifact"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """A file of a host, ready to be written."""

    path: PurePosixPath
    """Relative to the root of the project, or to the home folder for the user's scope."""
    text: str
    """`\\n` line ends; written as UTF-8."""
    executable: bool = False
    owner_slug: str
    """The persona it was compiled from; empty for a file that serves all of them."""
