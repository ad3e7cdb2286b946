"""The largest set of things of which no two conflict. Exact within a stated amount of work, and the same on every run.

Sets are bits of an int: bit i is the i-th thing. Of equally large sets the one with the earlier things wins.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

__all__ = ["MOST_BRANCHES", "Choice", "largest_set"]

MOST_BRANCHES = 5_000
"""Choices tried per connected part, counted and not timed, so that a slow machine gives the same answer."""
_DEEPEST = 150
"""Three frames each; Python's limit must not decide, as it depends on who calls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The things chosen, by number."""

    chosen: tuple[int, ...]
    exact: bool = True
    """False when a part was too tangled to prove that no larger set exists."""


class _TooTangledError(Exception):
    """The allowed work is used up."""


@dataclass(slots=True)
class _Part:
    conflicts: Sequence[int]
    branches: int = 0
    known: dict[int, int] = field(default_factory=dict)

    def size(self, among: int, *, depth: int = 0) -> int:
        """Return how many of `among` can be chosen at most."""
        taken, left, before = 0, among, 0
        while left != before:
            before = left
            for number in _bits(before):
                if left >> number & 1 and self.is_simple(number, left):
                    taken += 1
                    left &= ~(self.conflicts[number] | 1 << number)
        return taken + sum(self._branch(piece, depth) for piece in _connected(left, self.conflicts))

    def is_simple(self, number: int, among: int) -> bool:
        """Say whether all that conflicts with a thing conflicts with each other: then some largest set holds it."""
        near = self.conflicts[number] & among
        return all(not near & ~(self.conflicts[one] | 1 << one) for one in _bits(near))

    def _branch(self, piece: int, depth: int) -> int:
        if piece in self.known:
            return self.known[piece]
        self.branches += 1
        if self.branches > MOST_BRANCHES or depth > _DEEPEST:
            raise _TooTangledError
        pivot = max(_bits(piece), key=lambda number: ((self.conflicts[number] & piece).bit_count(), -number))
        without = piece & ~(1 << pivot)
        with_pivot = 1 + self.size(without & ~self.conflicts[pivot], depth=depth + 1)
        answer = max(with_pivot, self.size(without, depth=depth + 1))
        self.known[piece] = answer
        return answer


def largest_set(conflicts: Sequence[int]) -> Choice:
    """Choose among `len(conflicts)` things; `conflicts[i]` has the bit of each thing that conflicts with thing i."""
    chosen = 0
    exact = True
    for piece in _connected((1 << len(conflicts)) - 1, conflicts):
        try:
            chosen |= _earliest(piece, _Part(conflicts))
        except _TooTangledError:
            exact = False
            chosen |= _greedy(piece, conflicts)
    return Choice(chosen=tuple(_bits(chosen)), exact=exact)


def _earliest(piece: int, part: _Part) -> int:
    """Return the largest set with the earliest things: take each thing that some largest set of the rest has."""
    left, missing, chosen = piece, part.size(piece), 0
    while missing:
        number = (left & -left).bit_length() - 1
        rest = left & ~(1 << number) & ~part.conflicts[number]
        if part.is_simple(number, left) or part.size(rest) == missing - 1:
            chosen, left, missing = chosen | 1 << number, rest, missing - 1
        else:
            left &= ~(1 << number)
    return chosen


def _greedy(piece: int, conflicts: Sequence[int]) -> int:
    """Take the thing with the fewest conflicts left, the earlier of equals, until nothing is left."""
    left, chosen = piece, 0
    while left:
        number = min(_bits(left), key=lambda one: ((conflicts[one] & left).bit_count(), one))
        chosen |= 1 << number
        left &= ~(1 << number) & ~conflicts[number]
    return chosen


def _connected(among: int, conflicts: Sequence[int]) -> Iterator[int]:
    while among:
        piece = front = among & -among
        while front:
            number = front.bit_length() - 1
            front &= ~(1 << number)
            new = conflicts[number] & among & ~piece
            piece |= new
            front |= new
        yield piece
        among &= ~piece


def _bits(value: int) -> Iterator[int]:
    while value:
        lowest = value & -value
        yield lowest.bit_length() - 1
        value ^= lowest
