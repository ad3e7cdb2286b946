from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from plan_project import NOW, PlanProject


def test_a_worker_that_wrote_within_two_hours_is_building(project: PlanProject) -> None:
    project.plan("a", tasks="x.")
    project.log("a", "2026-06-05 11:20 /work — parser")
    row = project.standup()["a"]
    assert row.state == "building"
    assert row.evidence == ("active 40 min ago", "log 2026-06-05 11:20: /work — parser")


@pytest.mark.parametrize(("entry", "state"), [("2026-06-05 10:00", "building"), ("2026-06-05 09:59", "idle")])
def test_exactly_two_hours_is_not_idle(project: PlanProject, entry: str, state: str) -> None:
    project.plan("a", tasks=".")
    project.log("a", entry)
    assert project.standup()["a"].state == state


def test_a_plan_that_nobody_touched_is_idle(project: PlanProject) -> None:
    project.plan("a", tasks=".")
    assert project.standup()["a"].evidence == ("no log entry and no commit of its own",)


def test_local_times_are_compared_in_the_zone_of_the_project(project: PlanProject) -> None:
    project.plan("a", tasks=".")
    project.log("a", "2026-06-05 13:30 x")
    assert project.standup(zone=ZoneInfo("Europe/Berlin"))["a"].state == "building"
    assert project.standup()["a"].state == "idle"  # 13:30 UTC is still to come


def test_finished_is_mergeable_however_long_ago(project: PlanProject) -> None:
    project.plan("a", tasks="xx")
    project.log("a", "2026-01-01 10:00 x")
    assert project.standup()["a"].state == "mergeable"


def test_the_word_blocked_in_the_status_wins_over_ticked_tasks(project: PlanProject) -> None:
    project.plan("a", tasks="xx", status="Blocked: legal")
    row = project.standup()["a"]
    assert (row.state, row.evidence[0]) == ("blocked", "the status says 'Blocked: legal'")


def test_a_plan_whose_dependency_is_open_is_blocked_by_name(project: PlanProject) -> None:
    project.plan("a", tasks="x", needs="[b, c, d]")
    project.plan("b", tasks=".")
    project.plan("d", tasks="x")
    row = project.standup()["a"]
    assert (row.state, row.evidence[0]) == ("blocked", "waits for b (not done), c (no such plan)")


def test_a_plan_in_a_cycle_is_blocked_by_it(project: PlanProject) -> None:
    project.plan("a", tasks=".", needs="[b]")
    project.plan("b", tasks=".", needs="[a]")
    assert project.standup()["b"].evidence[0] == "in a cycle: a → b → a"


def test_an_archived_plan_is_no_worker_and_satisfies_who_waits_for_it(project: PlanProject) -> None:
    project.write("PLAN.archive.20260601-b.md", "# b\n## Tasks\n- [ ] left open\n")
    project.plan("a", tasks="x", needs="[b]")
    assert {slug: row.state for slug, row in project.standup().items()} == {"a": "mergeable"}


def test_an_archived_plan_that_was_abandoned_satisfies_nobody(project: PlanProject) -> None:
    project.write("PLAN.archive.20260601-b.md", "# b\nStatus: abandoned\n")
    project.plan("a", tasks="x", needs="[b]")
    assert project.standup()["a"].evidence[0] == "waits for b (abandoned)"


def test_a_staged_plan_has_no_worker_until_somebody_begins(project: PlanProject) -> None:
    project.plan("a", tasks=".", staged=True)
    project.plan("b", tasks="x.", staged=True)
    assert list(project.standup()) == ["b"]


# With a repository


def test_a_commit_on_the_branch_of_a_plan_is_activity(project: PlanProject) -> None:
    project.repository().plan("a", tasks=".")
    project.branch("worker/a", lines=3, at=NOW - timedelta(minutes=10))
    row = project.standup()["a"]
    assert row.state == "building"
    assert row.evidence == ("active 10 min ago", "last commit 2026-06-05 11:50 on worker/a")


def test_a_branch_without_commits_of_its_own_is_no_activity_and_not_merged(project: PlanProject) -> None:
    project.repository().plan("a", tasks=".")
    project.git("branch", "worker/a")
    row = project.standup()["a"]
    assert row.state == "idle"
    assert row.evidence[-1] == "worker/a has no commits of its own"


@pytest.mark.parametrize("how", ["merge", "fast-forward", "squash", "rebase"])
def test_a_plan_whose_work_is_on_the_default_branch_is_merged(project: PlanProject, how: str) -> None:
    project.repository().plan("a", tasks="xx")
    project.branch("worker/a", lines=3, file="one.txt")
    project.git("checkout", "-q", "worker/a")
    project.commit("two.txt", "two\n")
    project.git("checkout", "-q", "main")
    if how != "fast-forward":
        project.commit("other.txt", "meanwhile\n")
    match how:
        case "merge":
            project.git("merge", "-q", "--no-ff", "-m", "merge", "worker/a")
        case "fast-forward":
            project.git("merge", "-q", "--ff-only", "worker/a")
        case "squash":
            project.git("merge", "-q", "--squash", "worker/a")
            project.git("commit", "-q", "-m", "squashed")
        case _:
            project.git("cherry-pick", "main..worker/a")
    project.commit("later.txt", "and on\n")
    row = project.standup()["a"]
    assert row.state == "merged"
    words = "main has the same changes as worker/a" if how in ("squash", "rebase") else "worker/a is contained in main"
    assert row.evidence[0] == words


def test_a_finished_plan_with_work_not_committed_is_not_called_merged(project: PlanProject) -> None:
    project.repository().plan("a", tasks="x")
    tree = project.root.parent / "tree-a"
    project.git("worktree", "add", "-q", "-b", "worker/a", str(tree))
    (tree / "base.txt").write_text("changed\n")
    row = project.standup()["a"]
    assert row.state == "mergeable"
    assert row.evidence[-1] == f"1 changed file not committed in {tree}"


def test_a_worktree_with_a_marker_ties_any_branch_to_a_plan(project: PlanProject) -> None:
    project.repository().plan("a", tasks=".")
    tree = project.root.parent / "tree"
    project.git("worktree", "add", "-q", "-b", "strange-name", str(tree))
    (tree / ".harness").mkdir()
    (tree / ".harness" / "active-plan").write_text("PLAN-a.md\n")
    project.commit("x.txt", "x\n", at=NOW - timedelta(minutes=5), cwd=tree)
    assert project.standup()["a"].evidence[1] == "last commit 2026-06-05 11:55 on strange-name"


def test_the_status_merged_is_believed_and_what_speaks_against_it_is_said(project: PlanProject) -> None:
    project.repository().plan("a", tasks="x", status="merged")
    project.branch("worker/a", lines=3)
    row = project.standup()["a"]
    assert row.state == "merged"
    assert row.evidence[-1] == "worker/a has commits that main lacks"


def test_without_git_the_answer_is_from_the_files_alone(project: PlanProject) -> None:
    project.repository().plan("a", tasks="x")
    project.branch("worker/a", lines=3)
    assert project.standup(ask_git=False)["a"].evidence == ("all tasks are done",)
