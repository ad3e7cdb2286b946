"""The registry: layers, snapshots, duplicates, and what a planner is shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personae.errors import DuplicateNameError, UnknownNameError
from personae.library.catalogue import describe, estimate_tokens, list_for_planner
from personae.library.registry import Registry, Snapshot
from personae.persona.model import Home, Persona, Source


def persona(name: str, *, layer: str = "project", **fields: object) -> Persona:
    source = Source(file=f"{layer}/{name}.md", home=Home.PERSONAS, layer=layer)  # type: ignore[arg-type]
    return Persona(name=name, system_prompt="You are here.", source=source, **fields)  # type: ignore[arg-type]


def test_a_projects_persona_hides_a_users_and_a_built_in_one_of_the_same_slug() -> None:
    registry = Registry(
        [persona("reviewer", layer=layer, role=layer) for layer in ("project", "built-in", "user")]  # any order
    )
    assert registry.snapshot()["reviewer"].role == "project"


def test_two_personas_of_one_slug_in_one_layer_are_refused_with_both_places() -> None:
    registry = Registry([persona("reviewer")])
    with pytest.raises(DuplicateNameError) as caught:
        registry.register(Persona(name="reviewer", system_prompt="You are another."))
    assert str(caught.value) == "two personas are called 'reviewer': project/reviewer.md and registered in Python"


def test_registering_the_very_same_persona_again_changes_nothing() -> None:
    one = persona("reviewer")
    registry = Registry([one])
    registry.register(one)
    assert list(registry.snapshot()) == ["reviewer"]


def test_a_registered_persona_is_assignable_at_once_and_an_older_snapshot_does_not_change() -> None:
    registry = Registry()
    before = registry.snapshot()
    registry.register(
        Persona(name="legal_advisor", role="Corporate counsel", goal="Keep risk low", backstory="You are careful.")
    )
    assert "legal_advisor" in registry.snapshot()
    assert "legal_advisor" not in before


def test_an_unknown_name_comes_with_the_closest_one() -> None:
    with pytest.raises(UnknownNameError) as caught:
        Snapshot([persona("researcher"), persona("writer")])["resercher"]
    assert (caught.value.message, caught.value.help) == ("unknown persona 'resercher'", "Did you mean 'researcher'?")


def test_personas_sort_by_order_and_then_by_slug() -> None:
    snapshot = Snapshot([persona("b"), persona("a"), persona("z", order=1), persona("y", order=2)])
    assert list(snapshot) == ["z", "y", "a", "b"]


def test_a_planner_sees_a_line_each_sorted_by_slug() -> None:
    registry = Registry([persona("writer", description="Writes."), persona("analyst", description="Weighs\n  facts.")])
    catalogue = registry.describe_for_planner()
    assert catalogue.text == "- analyst: Weighs facts.\n- writer: Writes."
    assert catalogue.tokens == estimate_tokens(catalogue.text)


def test_what_does_not_fit_is_counted_in_a_last_line() -> None:
    personas = [persona(f"p{number:03}", description="Does one thing.") for number in range(300)]
    catalogue = list_for_planner(personas, most_bytes=400)
    assert len(catalogue.text.encode()) <= 400
    assert catalogue.text.endswith(f"\n… and {len(catalogue.left_out)} more")
    assert len(catalogue.shown) + len(catalogue.left_out) == 300


@given(st.lists(st.text(min_size=1, max_size=60), max_size=30), st.integers(min_value=40, max_value=2000))
def test_a_catalogue_never_passes_its_cap(descriptions: list[str], most: int) -> None:
    personas = [
        Persona(name=f"p{number}", system_prompt="x", description="".join(filter(str.isprintable, text)))
        for number, text in enumerate(descriptions)
    ]
    assert len(list_for_planner(personas, most_bytes=most).text.encode()) <= most


def test_a_description_comes_from_the_role_and_then_from_the_first_sentence_of_the_stance() -> None:
    assert describe(Persona(name="a", system_prompt="You are A. You do B.", role="Title")) == "Title"
    assert describe(Persona(name="a", system_prompt="# The A\n\nYou are A. You do B.")) == "The A"
    assert describe(Persona(name="a", system_prompt="You are A. You do B.")) == "You are A."
