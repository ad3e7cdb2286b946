"""Who depends on whom, by slug: unknown names and cycles are found here, whatever state the plans are in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from personae.team.plans import Stage, WorkerPlan

__all__ = ["Edge", "PlanGraph", "build_graph", "cycle_path", "strong_components"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """`plan` waits for `needs`."""

    plan: str
    needs: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanGraph:
    """The plans and the arrows between them. An archived plan waits for nothing: its own arrows are history."""

    plans: Mapping[str, WorkerPlan]
    edges: tuple[Edge, ...] = ()
    """Only between plans that exist."""
    unknown: tuple[Edge, ...] = ()
    """Arrows to a slug that no plan here has."""
    cycles: tuple[tuple[str, ...], ...] = ()
    """Each a closed walk without its repeated end: (a, b) means a waits for b and b for a. Only members are named."""

    def cycle_of(self, slug: str) -> tuple[str, ...] | None:
        """Return the cycle that `slug` is in."""
        return next((cycle for cycle in self.cycles if slug in cycle), None)


def build_graph(plans: Iterable[WorkerPlan]) -> PlanGraph:
    """Join plans (one for each slug) into a graph."""
    by_slug = {plan.slug: plan for plan in plans}
    edges: list[Edge] = []
    unknown: list[Edge] = []
    needs: dict[str, tuple[str, ...]] = {}
    for plan in by_slug.values():
        wanted = () if plan.stage is Stage.ARCHIVED else plan.depends_on
        needs[plan.slug] = tuple(slug for slug in wanted if slug in by_slug)
        for slug in wanted:
            (edges if slug in by_slug else unknown).append(Edge(plan=plan.slug, needs=slug))
    components = [part for part in strong_components(needs) if len(part) > 1 or part[0] in needs[part[0]]]
    cycles = sorted(walk for part in components for walk in _covering_walks(part, needs))
    return PlanGraph(plans=by_slug, edges=tuple(edges), unknown=tuple(unknown), cycles=tuple(cycles))


def cycle_path(cycle: tuple[str, ...]) -> str:
    """Return `cycle` for people: `a → b → a`."""
    return " → ".join((*cycle, cycle[0]))


def strong_components(needs: Mapping[str, tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Return the strongly connected components, each sorted. Tarjan's algorithm, not recursive: chains are long."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    parts: list[tuple[str, ...]] = []
    for root in needs:
        if root in order:
            continue
        work = [(root, iter(needs[root]))]
        order[root] = low[root] = len(order)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, rest = work[-1]
            for child in rest:
                if child not in order:
                    order[child] = low[child] = len(order)
                    stack.append(child)
                    on_stack.add(child)
                    work.append((child, iter(needs[child])))
                    break
                if child in on_stack:
                    low[node] = min(low[node], order[child])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == order[node]:
                    parts.append(_pop_until(node, stack, on_stack))
    return parts


def _pop_until(node: str, stack: list[str], on_stack: set[str]) -> tuple[str, ...]:
    members: list[str] = []
    while not members or members[-1] != node:
        members.append(stack.pop())
        on_stack.discard(members[-1])
    return tuple(sorted(members))


def _covering_walks(part: tuple[str, ...], needs: Mapping[str, tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Return shortest cycles of one component, enough of them that each member is in one."""
    inside = set(part)
    walks: list[tuple[str, ...]] = []
    covered: set[str] = set()
    for member in part:
        if member not in covered:
            walk = _shortest_cycle(member, inside, needs)
            walks.append(_from_smallest(walk))
            covered.update(walk)
    return walks


def _shortest_cycle(start: str, inside: set[str], needs: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    came_from: dict[str, str] = {}
    front = [start]
    while front:
        following: list[str] = []
        for node in front:
            for child in sorted(needs[node]):
                if child == start:
                    return _walk_back(node, start, came_from)
                if child in inside and child not in came_from:
                    came_from[child] = node
                    following.append(child)
        front = following
    return (start,)


def _walk_back(node: str, start: str, came_from: Mapping[str, str]) -> tuple[str, ...]:
    walk = [node]
    while walk[-1] != start:
        walk.append(came_from[walk[-1]])
    return tuple(reversed(walk))


def _from_smallest(walk: tuple[str, ...]) -> tuple[str, ...]:
    first = walk.index(min(walk))
    return walk[first:] + walk[:first]
