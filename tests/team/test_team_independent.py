from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personae.team import independent
from personae.team.independent import largest_set


def graph(count: int, pairs: list[tuple[int, int]]) -> list[int]:
    conflicts = [0] * count
    for one, other in pairs:
        if one != other:
            conflicts[one] |= 1 << other
            conflicts[other] |= 1 << one
    return conflicts


@settings(max_examples=300, deadline=None)
@given(st.integers(1, 9).flatmap(lambda n: st.tuples(st.just(n), st.lists(st.tuples(*[st.integers(0, n - 1)] * 2)))))
def test_the_set_is_the_largest_and_of_those_the_one_with_the_earliest_things(
    drawn: tuple[int, list[tuple[int, int]]],
) -> None:
    count, pairs = drawn
    conflicts = graph(count, pairs)
    best = max(
        (
            chosen
            for size in range(count + 1)
            for chosen in itertools.combinations(range(count), size)
            if not any(conflicts[one] >> other & 1 for one, other in itertools.combinations(chosen, 2))
        ),
        key=lambda chosen: (len(chosen), [-item for item in chosen]),
    )
    found = largest_set(conflicts)
    assert (found.chosen, found.exact) == (best, True)


@pytest.mark.parametrize("count", [100, 1000])
def test_long_chains_rings_and_cliques_are_exact(count: int) -> None:
    chain = graph(count, [(item, item + 1) for item in range(count - 1)])
    ring = graph(count, [(item, (item + 1) % count) for item in range(count)])
    clique = graph(count, list(itertools.combinations(range(count), 2)))
    assert largest_set(chain).chosen == tuple(range(0, count, 2))
    assert largest_set(ring).chosen == tuple(range(0, count, 2))
    assert largest_set(clique).chosen == (0,)
    assert all(largest_set(item).exact for item in (chain, ring, clique))


def test_what_is_too_tangled_is_safe_and_says_that_it_is_not_proved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(independent, "MOST_BRANCHES", 3)
    side = 8
    grid = [
        (row * side + column, other)
        for row, column in itertools.product(range(side), repeat=2)
        for other in (
            ((row + 1) % side) * side + column,
            row * side + (column + 1) % side,
            ((row + 1) % side) * side + (column + 3) % side,
        )
    ]
    conflicts = graph(side * side, grid)
    found = largest_set(conflicts)
    assert not found.exact
    assert found == largest_set(conflicts)
    assert not any(conflicts[one] >> other & 1 for one, other in itertools.combinations(found.chosen, 2))
