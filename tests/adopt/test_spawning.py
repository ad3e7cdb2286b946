"""Who may bring whom to work is looked through before anything runs: all that is wrong is said at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from personae.adopt.spawning import reachable, spawn_cycle, tree_problems
from personae.adopt.world import World
from personae.library.project import Project, TreeLimits
from personae.library.registry import Registry
from personae.library.roster import SnapshotShelf
from personae.library.tiers import ModelOffer
from personae.persona.model import Mode, Persona

LISTS = {"a": ["b"], "b": ["c", "d"], "c": ["a"], "d": ["d"], "e": ["a"]}


@pytest.mark.parametrize(("slug", "way"), [("a", "a b c a"), ("b", "b c a b"), ("d", "d d"), ("e", ""), ("nobody", "")])
def test_the_way_back_to_oneself_is_found(slug: str, way: str) -> None:
    assert " ".join(spawn_cycle(slug, lambda name: LISTS.get(name, []))) == way


def world(*personas: Persona, depth: int | None = None) -> World:
    return World(
        shelf=SnapshotShelf(Registry(personas).snapshot()),
        project=Project(root=Path("x"), limits=TreeLimits(depth=depth)),
        models=lambda wish: ModelOffer(),
    )


def persona(name: str, *tools: str, modes: tuple[Mode, ...] = ("sub-agent",)) -> Persona:
    return Persona(name=name, system_prompt="Work.", tools=tools, modes=modes)


def said(slug: str, at: World) -> list[str]:
    return [f"{item.message}. {item.help}" for item in tree_problems(slug, at)]


def test_a_sound_tree_is_sound() -> None:
    at = world(persona("boss", "agent(scout)"), persona("scout", "read", "delegate(clerk)"), persona("clerk", "list"))
    assert said("boss", at) == []
    assert list(reachable("boss", at)) == ["boss", "scout", "clerk"]


def test_everything_that_is_wrong_is_said_before_anything_runs() -> None:
    at = world(
        persona("boss", "agent(scout, scuot)", "delegate(clerk)"),
        persona("scout", "read", "maps.find"),
        persona("clerk", modes=("interactive",)),
    )
    assert said("boss", at) == [
        "it may start 'scuot', and there is no such persona. Did you mean 'scout'?",
        "it may start clerk, which does not declare the mode sub-agent. "
        "Add sub-agent to the modes of clerk, or take it off the list.",
        "it may be started by boss, and there is no tool 'maps.find' here. "
        "Take it off its list, or bring what provides it.",
    ]


def test_who_names_himself_may_start_himself_whatever_the_depth() -> None:
    for depth in (None, 2):
        at = world(persona("boss", "agent(boss)"), depth=depth)
        assert said("boss", at) == ["it may start itself. Take boss off its own list."]


def test_a_circle_is_said_once_unless_a_depth_bounds_it() -> None:
    pair = (persona("boss", "agent(scout)"), persona("scout", "agent(boss)"))
    assert said("boss", world(*pair)) == [
        "it may come to start itself: boss → scout → boss. Break the circle, or bound it: [limits] depth = 3 in "
        "personae.toml."
    ]
    assert said("boss", world(*pair, depth=2)) == []
