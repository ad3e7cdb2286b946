"""The gate of an adoption: what must hold of a head before its stance is read. All violations in one go."""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import replace
from typing import TypeAlias

from personae.errors import Diagnostic
from personae.library.dependencies import dependency_faults
from personae.library.heads import Head

__all__ = ["Gate", "gate"]

Gate: TypeAlias = Callable[[Head, frozenset[str], Set[str]], tuple[Diagnostic, ...]]
"""Is given a head that its own rules have passed, the substrate, and every slug; does not raise."""


def gate(head: Head, substrate: frozenset[str], slugs: Set[str]) -> tuple[Diagnostic, ...]:
    """Return what keeps `head` from being put on: `requires` inside the substrate, and nothing on another persona."""
    found = dependency_faults(head, head.slug, substrate=substrate, slugs=slugs)
    return tuple(replace(item, file=head.place) for item in found)
