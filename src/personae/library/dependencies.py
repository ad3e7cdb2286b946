"""What a persona may lean on: `requires` inside the substrate, and nothing on another persona.

The gate of an adoption and `check` ask the same question here, so that they never disagree.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from typing import Protocol

from personae.errors import Diagnostic, close_matches

__all__ = ["Leaning", "dependency_faults"]


class Leaning(Protocol):
    """Who leans: a persona, or the head of one."""

    @property
    def requires(self) -> Sequence[str]:
        """Hard dependencies."""
        ...

    @property
    def enhances(self) -> Sequence[str]:
        """Soft ones."""
        ...


def dependency_faults(
    leaning: Leaning, slug: str, *, substrate: Set[str], slugs: Set[str], capabilities: Set[str] = frozenset()
) -> Iterator[Diagnostic]:
    """Yield each entry that is not in `substrate`, or that names one of `slugs`; fields are named, places are not."""
    for index, name in enumerate(leaning.requires):
        if name not in substrate and name not in slugs:
            yield Diagnostic(
                rule="not-in-substrate",
                message=f"{name!r} is not in the substrate",
                field=f"requires[{index}]",
                found=name,
                help=_hint(name, substrate, capabilities),
            )
    for field, names in (("requires", leaning.requires), ("enhances", leaning.enhances)):
        for index, name in enumerate(names):
            if name not in slugs or (field == "requires" and name in substrate):
                continue
            itself = name == slug
            yield Diagnostic(
                rule="depends-on-persona",
                message=f"{name!r} is a persona, and nothing may depend on one",
                field=f"{field}[{index}]",
                found=name,
                help="Remove it: it names the persona itself."
                if itself
                else f'Remove it. To hand work to it, list the tool "agent({name})".',
            )


def _hint(name: str, substrate: Set[str], capabilities: Set[str]) -> str:
    near = close_matches(name, substrate)
    if near:
        return f"Did you mean {near[0]!r}?"
    if name in capabilities:
        return "It is a capability: move it to enhances, since it may be absent."
    return "Move it to enhances if it may be absent, else declare it under [substrate] in personae.toml."
