from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plan_project import NOW, PlanProject

from personae.errors import UnknownNameError
from personae.team.evidence import BranchWork, Change, Evidence
from personae.team.merge_order import MergeOrder, merge_order
from personae.team.plans import PlanFolder, Stage, Task, WorkerPlan
from personae.team.situation import assess


def slugs(found: MergeOrder) -> list[str]:
    return [step.slug for step in found.steps]


def test_the_smallest_change_goes_first(project: PlanProject) -> None:
    project.repository()
    for slug, lines in (("a", 30), ("b", 5), ("c", 1)):
        project.plan(slug, tasks="x")
        project.branch(f"worker/{slug}", lines=lines)
    found = project.order()
    assert slugs(found) == ["c", "b", "a"]
    assert [step.reason for step in found.steps] == [
        "1 changed line against main",
        "5 changed lines against main",
        "30 changed lines against main",
    ]


def test_what_others_did_on_the_default_branch_is_not_counted(project: PlanProject) -> None:
    project.repository()
    project.plan("small", tasks="x")
    project.plan("big", tasks="x")
    project.branch("worker/small", lines=1)
    project.commit("elsewhere.txt", "more\n" * 500)
    project.branch("worker/big", lines=20)
    assert [(step.slug, step.changed_lines) for step in project.order().steps] == [("small", 1), ("big", 20)]


def test_a_dependency_goes_first_however_large(project: PlanProject) -> None:
    project.repository()
    project.plan("a", tasks="x")
    project.plan("b", tasks="x", needs="[a]")
    project.branch("worker/a", lines=300)
    project.branch("worker/b", lines=1)
    found = project.order()
    assert slugs(found) == ["a", "b"]
    assert found.steps[1].reason == "after a; 1 changed line against main"


def test_a_small_plan_whose_dependency_is_small_need_not_wait_for_a_large_one(project: PlanProject) -> None:
    project.repository()
    for slug, lines, needs in (("big", 300, None), ("a", 1, None), ("b", 2, "[a]")):
        project.plan(slug, tasks="x", needs=needs)
        project.branch(f"worker/{slug}", lines=lines)
    assert slugs(project.order()) == ["a", "b", "big"]


def test_a_plan_with_an_open_dependency_is_blocked_and_so_is_who_waits_for_it(project: PlanProject) -> None:
    project.plan("open", tasks=".")
    project.plan("b", tasks="x", needs="[open, gone]")
    project.plan("c", tasks="x", needs="[b]")
    found = project.order()
    assert slugs(found) == []
    assert [(item.slug, item.by, item.reason) for item in found.blocked] == [
        ("b", ("open", "gone"), "needs open (not done), gone (no such plan)"),
        ("c", ("b",), "needs b, which is blocked itself"),
    ]


def test_a_chain_through_an_unfinished_plan_is_kept(project: PlanProject) -> None:
    project.plan("z-first", tasks="x")
    project.plan("middle", tasks=".", needs="[z-first]")
    project.plan("a-last", tasks="x", needs="[middle]")
    found = project.order()
    assert slugs(found) == ["z-first"]
    assert found.blocked[0].slug == "a-last"


def test_a_chain_through_a_merged_plan_is_kept(project: PlanProject) -> None:
    project.plan("z-first", tasks="x")
    project.plan("middle", tasks="x", status="merged", needs="[z-first]")
    project.plan("a-last", tasks="x", needs="[middle]")
    found = project.order()
    assert slugs(found) == ["z-first", "a-last"]
    assert found.merged == ("middle",)


def test_an_archived_dependency_is_met(project: PlanProject) -> None:
    project.write("archive/PLAN.archive.20260601-old.md", "# old\n")
    project.plan("a", tasks="x", needs="[old]")
    assert slugs(project.order()) == ["a"]


def test_merged_plans_are_told_apart(project: PlanProject) -> None:
    project.repository()
    for slug in ("a", "b"):
        project.plan(slug, tasks="x")
        project.branch(f"worker/{slug}", lines=2)
    project.git("merge", "-q", "--no-ff", "-m", "m", "worker/a")
    found = project.order()
    assert (slugs(found), found.merged) == (["b"], ("a",))


def test_a_cycle_blocks_its_members_and_names_only_them(project: PlanProject) -> None:
    project.plan("a", tasks="x", needs="[b]")
    project.plan("b", tasks="x", needs="[a]")
    project.plan("after", tasks="x", needs="[a]")
    project.plan("free", tasks="x")
    found = project.order()
    assert (slugs(found), found.cycles) == (["free"], (("a", "b"),))
    assert [(item.slug, item.reason) for item in found.blocked] == [
        ("a", "in a cycle: a → b → a"),
        ("after", "needs a, which is blocked itself"),
        ("b", "in a cycle: a → b → a"),
    ]


def test_without_git_equals_stand_in_alphabetical_order_and_the_answer_says_so(project: PlanProject) -> None:
    for slug in ("c", "a", "b"):
        project.plan(slug, tasks="x")
    found = project.order(ask_git=False)
    assert slugs(found) == ["a", "b", "c"]
    assert found.fallback == "no sizes: git was not asked; equals stand in alphabetical order"
    assert {step.size_from for step in found.steps} == {"no-git"}


def test_outside_a_repository_the_reason_is_gits_own(project: PlanProject) -> None:
    project.plan("a", tasks="x")
    assert project.order().fallback.startswith("no sizes: not a git repository")


def test_without_the_program_git_the_answer_still_comes(project: PlanProject, monkeypatch: pytest.MonkeyPatch) -> None:
    project.repository().plan("a", tasks="x")
    monkeypatch.setenv("PATH", "")
    assert project.order().fallback == "no sizes: git is not installed; equals stand in alphabetical order"


def test_a_git_that_hangs_is_not_waited_for(
    project: PlanProject, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    project.plan("a", tasks="x")
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nexec /bin/sleep 30\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    monkeypatch.setattr("personae.team.git.CALL_TIMEOUT_S", 0.2)
    assert project.order().fallback.startswith("no sizes: git rev-parse took more than")


def test_a_plan_without_a_branch_comes_after_those_with_a_size_and_says_why(project: PlanProject) -> None:
    project.repository()
    project.plan("a", tasks="x")
    project.plan("b", tasks="x")
    project.branch("worker/b", lines=9)
    found = project.order()
    assert slugs(found) == ["b", "a"]
    assert found.steps[1].reason == "size unknown: no branch is called a or …/a"
    assert found.fallback == ""


def test_two_branches_that_fit_are_no_answer(project: PlanProject) -> None:
    project.repository()
    project.plan("a", tasks="x")
    project.branch("feat/a", lines=1)
    project.branch("fix/a", lines=2)
    assert project.order().steps[0].reason == "size unknown: more than one branch fits: feat/a, fix/a"


def test_the_branch_that_a_plan_names_is_its_own(project: PlanProject) -> None:
    project.repository()
    project.plan("a", tasks="x", extra="branch: feat/a\n")
    project.branch("feat/a", lines=1)
    project.branch("fix/a", lines=2)
    assert project.order().steps[0].changed_lines == 1


@pytest.mark.parametrize("name", ["main", "master", "trunk", "production"])
def test_the_default_branch_is_detected(project: PlanProject, name: str) -> None:
    project.repository(name).plan("a", tasks="x")
    project.branch("worker/a", lines=4)
    assert project.order().steps[0].reason == f"4 changed lines against {name}"


def test_the_head_of_the_remote_is_the_default_branch_and_its_newer_commits_count(
    project: PlanProject, tmp_path: Path
) -> None:
    project.repository("stable").plan("a", tasks="x")
    project.git("branch", "main")
    project.branch("worker/a", lines=4)
    remote = tmp_path / "remote.git"
    project.git("clone", "-q", "--bare", str(project.root), str(remote))
    project.git("remote", "add", "origin", str(remote))
    project.git("fetch", "-q", "origin")
    project.git("remote", "set-head", "origin", "stable")
    assert project.look().evidence.base == "stable"
    project.git("merge", "-q", "--no-ff", "-m", "m", "worker/a")
    project.git("push", "-q", "origin", "stable")
    project.git("reset", "-q", "--hard", "HEAD~1")
    assert project.look().evidence.base == "origin/stable"
    assert project.order().merged == ("a",)


def test_a_base_that_does_not_exist_is_wrong_use(project: PlanProject) -> None:
    project.repository().plan("a", tasks="x")
    with pytest.raises(UnknownNameError, match="unknown branch 'mian'") as caught:
        project.look(base="mian")
    assert caught.value.help == "Did you mean 'main'?"


def test_the_repository_of_a_hook_does_not_lead_astray(project: PlanProject, monkeypatch: pytest.MonkeyPatch) -> None:
    project.repository().plan("a", tasks="x")
    project.branch("worker/a", lines=4)
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    assert project.order().steps[0].changed_lines == 4


def test_file_names_with_odd_characters_and_binary_files_are_counted(project: PlanProject) -> None:
    project.repository().plan("a", tasks="x")
    project.git("checkout", "-q", "-b", "worker/a")
    (project.root / "odd \t é*.txt").write_text("1\n2\n")
    (project.root / "picture.bin").write_bytes(b"\0\1\2" * 100)
    project.git("add", "-A")
    project.git("commit", "-q", "-m", "odd")
    project.git("checkout", "-q", "main")
    assert project.order().steps[0].reason == "2 changed lines and 1 binary file against main"


slug_names = ["a", "b", "c", "d", "e", "f"]
drawn_plans = st.fixed_dictionaries(
    {
        slug: st.tuples(
            st.lists(st.sampled_from([*slug_names, "nobody"]), max_size=3, unique=True),
            st.sampled_from(["finished", "finished", "finished", "open", "merged", "archived"]),
            st.one_of(st.none(), st.integers(0, 9)),
        )
        for slug in slug_names
    }
)


@settings(max_examples=500, deadline=None)
@given(drawn_plans)
def test_the_order_never_violates_a_declared_chain(drawn: dict[str, tuple[list[str], str, int | None]]) -> None:
    plans = tuple(
        WorkerPlan(
            slug=slug,
            files=(f"PLAN-{slug}.md",),
            stage=Stage.ARCHIVED if state == "archived" else Stage.ACTIVE,
            status="merged" if state == "merged" else None,
            tasks=(Task(title="", done=state != "open", line=1),),
            depends_on=tuple(needs),
        )
        for slug, (needs, state, _) in drawn.items()
    )
    works = {
        slug: BranchWork(branch=slug, has_commits=True, change=Change(lines=size))
        for slug, (_, _, size) in drawn.items()
        if size is not None
    }
    zone = NOW.tzinfo
    assert zone is not None
    folder = PlanFolder(path=".", plans=plans)
    found = merge_order(assess(folder, Evidence(base="main", works=works), now=NOW, zone=zone))
    order = slugs(found)

    def behind(slug: str) -> set[str]:
        """All that `slug` waits for in the end; what is archived is done, with all that it waited for."""
        seen: set[str] = set()
        front = [slug]
        while front:
            here = front.pop()
            if drawn[here][1] == "archived":
                continue
            new = {other for other in drawn[here][0] if other in drawn} - seen
            seen |= new
            front.extend(new)
        return seen

    for at, slug in enumerate(order):
        assert not behind(slug) & set(order[at:])
        assert all(drawn[other][1] != "open" for other in drawn[slug][0] if other in drawn)
        assert "nobody" not in drawn[slug][0]
    finished = {slug for slug, (_, state, _) in drawn.items() if state == "finished"}
    assert set(order) | {item.slug for item in found.blocked} == finished
    cyclic = {slug for slug in drawn if slug in behind(slug)}
    assert {slug for cycle in found.cycles for slug in cycle} == cyclic
