"""The personas that one may bring to work, by their allow-lists: looked through before anything runs.

Only lists are followed: a bare `agent` may reach anybody, and is bounded by depth, by cycles and by what is checked at
each spawn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from personae.adopt.agents import targets_of
from personae.adopt.world import World
from personae.errors import Diagnostic, close_matches
from personae.library.capabilities import resolve_capabilities
from personae.library.heads import Head
from personae.library.project import FILE_NAME
from personae.persona.rules import SPAWNING_TOOLS

__all__ = ["listed_targets", "reachable", "spawn_cycle", "tree_problems"]

TargetsOf = Callable[[str], Sequence[str]]


def listed_targets(tools: Sequence[str] | None) -> tuple[str, ...]:
    """Return whom `agent(…)` and `delegate(…)` among `tools` name, each once."""
    named = [targets_of(tools or (), tool)[1] or () for tool in SPAWNING_TOOLS]
    return tuple(dict.fromkeys(name for names in named for name in names))


def spawn_cycle(slug: str, targets: TargetsOf) -> tuple[str, ...]:
    """Return the shortest way from `slug` back to itself, `(slug, …, slug)`; empty where there is none."""
    before: dict[str, str] = {}
    reached = [slug]
    for name in reached:
        for target in targets(name):
            if target == slug:
                way = [slug, name]
                while way[-1] != slug:
                    way.append(before[way[-1]])
                return tuple(reversed(way)) if name != slug else (slug, slug)
            if target not in before:
                before[target] = name
                reached.append(target)
    return ()


def reachable(slug: str, world: World) -> Mapping[str, Head | None]:
    """Return `slug` and all that its lists lead to; None for one that is not there."""
    found: dict[str, Head | None] = {}
    waiting = [slug]
    while waiting:
        name = waiting.pop(0)
        if name not in found:
            found[name] = world.shelf.head(name).head
            head = found[name]
            waiting += listed_targets(head.tools) if head else ()
    return found


def tree_problems(slug: str, world: World) -> list[Diagnostic]:
    """Return what is wrong with whom `slug` may bring to work. `slug` itself was adopted: its own tools are known."""
    tree = reachable(slug, world)
    return [item for name, head in tree.items() if head for item in _problems(name, head, tree, world, root=slug)]


def _problems(
    name: str, head: Head, tree: Mapping[str, Head | None], world: World, *, root: str
) -> Iterator[Diagnostic]:
    for target in listed_targets(head.tools):
        other = tree[target]
        if other is None:
            yield _no_target(head, target, world)
        elif "sub-agent" not in other.modes:
            help = f"Add sub-agent to the modes of {target}, or take it off the list."
            yield _wrong(head, f"it may start {target}, which does not declare the mode sub-agent", target, help=help)
    cycle = spawn_cycle(name, lambda slug: listed_targets(found.tools) if (found := tree.get(slug)) else ())
    if len(cycle) == 2:
        yield _wrong(head, "it may start itself", name, help=f"Take {name} off its own list.")
    elif cycle and min(cycle) == name and world.project.limits.depth is None:
        help = f"Break the circle, or bound it: [limits] depth = 3 in {FILE_NAME}."
        yield _wrong(head, f"it may come to start itself: {' → '.join(cycle)}", name, help=help)
    if name != root:
        gone = _unknown_tools(head, world)
        if gone:
            help = f"Take {'it' if len(gone) == 1 else 'them'} off its list, or bring what provides it."
            message = f"it may be started by {root}, and there is no tool {', '.join(map(repr, gone))} here"
            yield _wrong(head, message, gone[0], help=help)


def _unknown_tools(head: Head, world: World) -> list[str]:
    if head.tools is None:
        return []
    brought = resolve_capabilities(head.enhances, world.capabilities(head.enhances)) if head.enhances else ()
    here = world.tools | {tool for capability in brought if capability.present for tool in capability.tools}
    return [tool for tool in (spec.partition("(")[0] for spec in head.tools) if tool not in here]


def _no_target(head: Head, target: str, world: World) -> Diagnostic:
    near = close_matches(target, world.shelf.names)
    help = f"Did you mean {near[0]!r}?" if near else "Known here: personae list."
    return _wrong(head, f"it may start {target!r}, and there is no such persona", target, help=help)


def _wrong(head: Head, message: str, found: str, *, help: str) -> Diagnostic:
    return Diagnostic(rule="spawning", message=message, file=head.place, field="tools", found=found, help=help)
