from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from plan_project import PlanProject

from personae.team.graph import build_graph, cycle_path
from personae.team.plans import Stage, WorkerPlan


def plan(slug: str, *needs: str, stage: Stage = Stage.ACTIVE) -> WorkerPlan:
    return WorkerPlan(slug=slug, files=(f"PLAN-{slug}.md",), stage=stage, depends_on=needs)


def test_a_cycle_names_only_its_members() -> None:
    graph = build_graph([plan("z", "a"), plan("a", "b"), plan("b", "c"), plan("c", "a"), plan("x")])
    assert graph.cycles == (("a", "b", "c"),)
    assert cycle_path(graph.cycles[0]) == "a → b → c → a"
    assert graph.cycle_of("z") is None


def test_a_plan_that_waits_for_itself_is_a_cycle() -> None:
    assert build_graph([plan("a", "a")]).cycles == (("a",),)


def test_two_cycles_through_one_plan_are_both_named() -> None:
    graph = build_graph([plan("hub", "a", "b"), plan("a", "hub"), plan("b", "hub")])
    assert graph.cycles == (("a", "hub"), ("b", "hub"))


def test_what_an_archived_plan_waited_for_is_history() -> None:
    assert build_graph([plan("a", "b", stage=Stage.ARCHIVED), plan("b", "a")]).cycles == ()


def test_an_unknown_dependency_is_named_with_what_may_be_meant(project: PlanProject) -> None:
    project.plan("database", tasks="x")
    project.plan("api", needs="[databse]")
    [found] = project.look(ask_git=False).diagnostics
    assert (found.message, found.help) == ("no plan here is called 'databse'", "Did you mean 'database'?")


def test_a_chain_of_ten_thousand_plans_is_no_problem() -> None:
    plans = [plan(str(number), str(number + 1)) for number in range(10_000)]
    assert build_graph(plans).cycles == ()
    assert len(build_graph([*plans, plan("10000", "0")]).cycles) == 1


slugs = st.sampled_from("abcdef")


@settings(max_examples=200)
@given(st.dictionaries(slugs, st.lists(slugs, max_size=3, unique=True), max_size=6))
def test_a_plan_is_in_a_cycle_exactly_if_it_waits_for_itself_in_the_end(needs: dict[str, list[str]]) -> None:
    graph = build_graph([plan(slug, *others) for slug, others in needs.items()])

    def reaches_itself(start: str) -> bool:
        seen: set[str] = set()
        front = [other for other in needs[start] if other in needs]
        while front:
            here = front.pop()
            if here == start:
                return True
            if here not in seen:
                seen.add(here)
                front.extend(other for other in needs[here] if other in needs)
        return False

    assert {slug for slug in needs if graph.cycle_of(slug)} == {slug for slug in needs if reaches_itself(slug)}
    for cycle in graph.cycles:
        assert all(other in needs[one] for one, other in zip(cycle, (*cycle[1:], cycle[0]), strict=True))
