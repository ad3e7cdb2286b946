"""The gate of an adoption: what must hold of a head before its stance is read. All violations in one go."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from typing import TypeAlias

from personae.errors import Diagnostic, close_matches
from personae.library.heads import Head
from personae.library.substrate import outside_substrate

__all__ = ["Gate", "gate"]

Gate: TypeAlias = Callable[[Head, frozenset[str], Set[str]], tuple[Diagnostic, ...]]
"""Is given a head that its own rules have passed, the substrate, and every slug; does not raise."""


def gate(head: Head, substrate: frozenset[str], slugs: Set[str]) -> tuple[Diagnostic, ...]:
    """Return what keeps `head` from being put on: `requires` inside the substrate, and nothing on another persona."""
    return (*_requires(head, substrate, slugs), *_personas(head, substrate, slugs))


def _requires(head: Head, substrate: frozenset[str], slugs: Set[str]) -> Iterator[Diagnostic]:
    for name in outside_substrate(tuple(head.requires), substrate):
        if name in slugs:
            continue  # said below, and better
        near = close_matches(name, substrate)
        help = f"Did you mean {near[0]!r}?" if near else "Move it to enhances if it may be absent."
        yield Diagnostic(
            rule="not-in-substrate",
            message=f"{name!r} is not in the substrate",
            file=head.place,
            field=f"requires[{head.requires.index(name)}]",
            found=name,
            help=help,
        )


def _personas(head: Head, substrate: frozenset[str], slugs: Set[str]) -> Iterator[Diagnostic]:
    for field, names in (("requires", head.requires), ("enhances", head.enhances)):
        for index, name in enumerate(names):
            if name not in slugs or (field == "requires" and name in substrate):
                continue
            yield Diagnostic(
                rule="depends-on-persona",
                message=f"{name!r} is a persona, and nothing may depend on one",
                file=head.place,
                field=f"{field}[{index}]",
                found=name,
                help=f'Remove it. To hand work to it, list the tool "agent({name})".',
            )
