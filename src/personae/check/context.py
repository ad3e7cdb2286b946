"""What rules know beside the file at hand: the project, who and what is known in it, the day, the models."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

from personae.check.subject import Subject
from personae.errors import Diagnostic
from personae.library.project import Project
from personae.library.registry import Snapshot

__all__ = ["Context", "FileRule", "ModelFacts", "TreeRule"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """One model, as its provider names it."""

    provider: str
    context_tokens: int | None = None
    """What fits into one request; None is unknown."""
    retired: date | None = None
    """The day it stops answering; None is not announced."""
    replacement: str = ""
    """What its provider names instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """One folder's surroundings, frozen: what a name written there may mean."""

    project: Project
    personas: Snapshot = field(default_factory=lambda: Snapshot(()))
    """Sound personas that can be reached: the project's, the user's, the built-in ones."""
    slugs: frozenset[str] = frozenset()
    """Every slug that is taken, also by a file that is broken: naming it is no second fault."""
    substrate: frozenset[str] = frozenset()
    """What `requires` may name."""
    skills: frozenset[str] = frozenset()
    opinions: frozenset[str] = frozenset()
    capabilities: frozenset[str] = frozenset()
    today: date
    models: Mapping[str, ModelFacts] = field(default_factory=lambda: MappingProxyType({}))
    """By the provider's own id, in lower case, without a `provider:` before it."""
    exists: Callable[[Path], bool] = Path.exists
    """Whether a path exists. Rules ask here and never the disk, so that a remembered answer can be checked."""


FileRule: TypeAlias = Callable[[Subject, Context], Iterator[Diagnostic]]
TreeRule: TypeAlias = Callable[[Sequence[Subject], Context], Iterator[Diagnostic]]
"""Is given the subjects of one root at a time."""
