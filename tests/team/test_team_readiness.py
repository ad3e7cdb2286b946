from __future__ import annotations

import itertools
from datetime import UTC

from hypothesis import given, settings
from hypothesis import strategies as st
from plan_project import NOW, PlanProject
from test_team_globs import globs, matched

from personae.team.evidence import Evidence
from personae.team.plans import PlanFolder, Progress, Stage, Task, WorkerPlan
from personae.team.readiness import readiness
from personae.team.situation import assess


def reasons(project: PlanProject) -> dict[str, tuple[str, str]]:
    return {held.slug: (held.code, held.reason) for held in project.ready().held_back}


def test_plans_that_share_no_file_are_safe_together(project: PlanProject) -> None:
    project.plan("a", touches="[src/a/**]", staged=True)
    project.plan("b", touches="[src/b/**]", staged=True)
    found = project.ready()
    assert (found.ready, found.safe, found.held_back) == (("a", "b"), ("a", "b"), ())


def test_of_overlapping_plans_the_largest_set_is_offered(project: PlanProject) -> None:
    project.plan("a", touches="[src/**]", staged=True)
    project.plan("b", touches="[src/x.py]", staged=True)
    project.plan("c", touches="['src/*.ts']", staged=True)
    found = project.ready()
    assert found.safe == ("b", "c")
    assert reasons(project)["a"] == ("overlap", "shares files with b (src/x.py), c (src/.ts)")


def test_of_equally_large_sets_the_first_by_name_is_offered(project: PlanProject) -> None:
    project.plan("b", touches="[src]", staged=True)
    project.plan("a", touches="[src]", staged=True)
    assert project.ready().safe == ("a",)


def test_a_file_of_a_plan_in_progress_is_taken(project: PlanProject) -> None:
    project.plan("running", touches="[src/api/]", status="in-progress", tasks="x.")
    project.plan("a", touches="['src/**/*.py']", staged=True)
    project.plan("b", touches="[docs]", staged=True)
    assert project.ready().safe == ("b",)
    assert reasons(project)["a"] == ("in-progress", "in progress on the same files: running (src/api/.py)")


def test_beside_a_plan_in_progress_without_touches_nothing_is_called_safe(project: PlanProject) -> None:
    project.plan("running", status="in-progress", tasks="x.")
    project.plan("a", touches="[src]", staged=True)
    found = project.ready()
    assert (found.safe, found.safe_if, found.unverified_against) == ((), ("a",), ("running",))
    assert found.warnings == (
        "running: in progress and touches is not declared, so nothing can be called safe beside it",
    )


def test_a_plan_without_touches_is_ready_and_never_safe_and_the_warning_says_so(project: PlanProject) -> None:
    project.plan("a", staged=True)
    found = project.ready()
    assert (found.ready, found.safe) == (("a",), ())
    assert found.warnings == (
        "a: touches is not declared, so it is never called safe; add `touches: [globs]` to the plan",
    )


def test_a_plan_that_declares_to_touch_nothing_is_safe(project: PlanProject) -> None:
    project.plan("study", touches="[]", staged=True)
    project.plan("running", touches="['**']", status="in-progress", tasks="x.")
    assert project.ready().safe == ("study",)


def test_what_a_branch_changes_beyond_its_declaration_is_taken_too(project: PlanProject) -> None:
    project.repository()
    project.plan("running", touches="[docs]", status="in-progress", tasks="x.")
    project.branch("worker/running", lines=1, file="src/deep/x.py")
    project.plan("a", touches="[src]", staged=True)
    assert project.ready(ask_git=True).held_back[0].reason == "in progress on the same files: running (src/deep/x.py)"


def test_changes_not_committed_in_a_worktree_are_taken_too(project: PlanProject) -> None:
    project.repository()
    project.plan("running", touches="[docs]", status="in-progress", tasks=".")
    tree = project.root.parent / "tree"
    project.git("worktree", "add", "-q", "-b", "worker/running", str(tree))
    (tree / "base.txt").write_text("changed\n")
    project.plan("a", touches="['*.txt']", staged=True)
    assert project.ready(ask_git=True).held_back[0].by == ("running",)


def test_a_dependency_is_done_by_status_by_tasks_or_by_the_archive(project: PlanProject) -> None:
    project.plan("one", status="Done (2026-06-01)")
    project.plan("two", status="in-progress", tasks="xx")
    project.write("PLAN.archive.20260601-three.md", "# three\n")
    project.plan("a", needs="[PLAN-one.md, Two, three]", touches="[x]", staged=True)
    assert project.ready().ready == ("a",)


def test_open_unknown_and_circular_dependencies_are_told_apart(project: PlanProject) -> None:
    project.plan("open", touches="[x]", status="in-progress", tasks=".")
    project.plan("a", needs="[open]", staged=True)
    project.plan("b", needs="[nobody]", staged=True)
    project.plan("c", needs="[d]", staged=True)
    project.plan("d", needs="[c]", staged=True)
    project.plan("e", needs="[e]", staged=True)
    assert reasons(project) == {
        "a": ("waiting", "waits for open (not done)"),
        "b": ("waiting", "waits for nobody (no such plan)"),
        "c": ("cycle", "in a cycle: c → d → c"),
        "d": ("cycle", "in a cycle: c → d → c"),
        "e": ("cycle", "in a cycle: e → e"),
    }


def test_a_finished_plan_and_its_staged_twin_are_not_offered_again(project: PlanProject) -> None:
    project.plan("a", tasks="xx", status="done")
    project.plan("a", tasks="..", staged=True)
    project.plan("b", status="done", staged=True)
    project.plan("c", needs="[a, b]", touches="[x]", staged=True)
    assert project.ready().ready == ("c",)


def test_an_active_plan_that_is_still_planned_may_start_too(project: PlanProject) -> None:
    project.plan("a", status="planning", tasks="..", touches="[x]")
    project.plan("b", touches="[y]", staged=True)
    assert project.ready().safe == ("a", "b")


def test_a_glob_that_is_not_read_exactly_is_said(project: PlanProject) -> None:
    project.plan("a", touches="['!src/gen', src]", staged=True)
    assert project.ready().warnings == ("a: '!src/gen' is an exclusion; it is not subtracted",)


stages = st.sampled_from([Stage.ACTIVE, Stage.STAGED])
drawn_plans = st.lists(st.tuples(stages, st.one_of(st.none(), st.lists(globs, max_size=3))), max_size=6)


@settings(max_examples=300, deadline=None)
@given(drawn_plans)
def test_the_safe_set_never_holds_two_plans_whose_globs_match_one_path(
    drawn: list[tuple[Stage, list[str] | None]],
) -> None:
    plans = tuple(
        WorkerPlan(
            slug=f"p{number}",
            files=(f"PLAN-p{number}.md",),
            stage=stage,
            tasks=(Task(title="", done=False, line=1),),
            touches=None if touches is None else tuple(touches),
            progress=Progress(),
        )
        for number, (stage, touches) in enumerate(drawn)
    )
    situation = assess(PlanFolder(path=".", plans=plans), Evidence(problem="none"), now=NOW, zone=UTC)
    found = readiness(situation)
    paths = {plan.slug: frozenset().union(*(matched(glob) for glob in plan.touches or ())) for plan in plans}
    running = [plan.slug for plan in plans if plan.stage is Stage.ACTIVE]
    undeclared = {plan.slug for plan in plans if plan.touches is None}
    assert not undeclared & {*found.safe, *found.safe_if}
    assert not found.safe or not undeclared & set(running)
    for one, other in itertools.combinations((*found.safe, *found.safe_if), 2):
        assert not paths[one] & paths[other]
    for one, other in itertools.product((*found.safe, *found.safe_if), running):
        assert not paths[one] & paths[other]
    told = {held.slug for held in found.held_back} | set(found.safe)
    assert told == {plan.slug for plan in plans if plan.stage is Stage.STAGED}
