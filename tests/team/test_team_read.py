from __future__ import annotations

import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plan_project import NOW, PlanProject

from personae.errors import UsageError
from personae.team.frontmatter import read_head
from personae.team.plans import Stage, WorkerPlan, phase_of
from personae.team.progress import read_log
from personae.team.slugs import normalize
from personae.team.survey import survey
from personae.team.tasks import read_body


def plan_of(project: PlanProject, slug: str) -> WorkerPlan:
    return project.look(ask_git=False).facts[slug].plan


# Names


@pytest.mark.parametrize(
    "written",
    [
        *("foo", "Foo", "PLAN-foo", "PLAN-foo.md", "foo.md", "[[PLAN-foo]]"),
        *("queued-plans/PLAN-foo.md", "./PLAN-FOO.md"),
        *("PLAN.archive.20260102-foo.md", "archive/PLAN.archive.20260102-foo.md", "PLAN-foo.archive.20260102.md"),
    ],
)
def test_every_spelling_of_a_plan_is_one_slug(written: str) -> None:
    assert normalize(written) == "foo"


@pytest.mark.parametrize("written", ["", "PLAN", "PLAN.md", "./PLAN.md"])
def test_an_empty_name_and_plan_mean_the_singleton(written: str) -> None:
    assert normalize(written) == "PLAN"


def test_a_plan_called_plan_is_not_the_singleton(project: PlanProject) -> None:
    project.plan("", tasks="x")
    project.plan("plan", tasks=".")
    assert list(project.look(ask_git=False).facts) == ["PLAN", "plan"]


# Where plans are looked for


def test_harness_comes_before_underscore_harness_and_the_root(project: PlanProject) -> None:
    project.plan("a")
    (project.root / "_harness").mkdir()
    (project.root / "_harness" / "PLAN-b.md").write_text("# b\n")
    (project.root / "PLAN.md").write_text("# root\n")
    situation = project.look(ask_git=False)
    assert list(situation.facts) == ["a"]
    assert [(item.rule, item.file) for item in situation.diagnostics] == [
        ("plan-other-folder", "_harness"),
        ("plan-other-folder", "."),
    ]


def test_plans_in_the_project_root_are_found(project: PlanProject) -> None:
    (project.root / "PLAN.md").write_text("# root\n")
    assert project.look(ask_git=False).folder == "."


def test_a_named_plan_folder_that_does_not_exist_is_wrong_use(project: PlanProject) -> None:
    with pytest.raises(UsageError, match="the plan folder nowhere does not exist"):
        survey(project.root, plans=Path("nowhere"), now=NOW, zone=UTC)


def test_a_project_without_plans_is_no_error(project: PlanProject) -> None:
    assert project.look().facts == {}


# Tasks


TEMPLATE = """# Plan: Ship it

**Status:** in-progress
**Created:** 2026-06-01

- [ ] not under tasks

## Tasks

### 1. First
- **What:** do [x] and [ ]
- **Verification:** `- [ ] x`
- **Status:** [x]

### 2. Second
- **Status:** [ ]
  - [x] a detail

```
- [x] in a fence
### 3. Not a task
```

## Notes
- [x] not a task either
"""


def test_a_numbered_heading_is_a_task_and_its_status_box_decides() -> None:
    body = read_body(TEMPLATE)
    assert [(task.title, task.done) for task in body.tasks] == [("First", True), ("Second", False)]
    assert (body.title, body.status, body.created_on) == ("Ship it", "in-progress", "20260601")


@pytest.mark.parametrize(
    ("text", "boxes"),
    [
        ("## Tasks\n- [x] a\n- [X] b\n* [ ] c\n+ [ ] d\n1. [x] e\n", "xx..x"),
        ("## Tasks\n- [x](https://example.org) link\n- [x]: ref\n- see [x] here\n", ""),
        ("## Tasks\n~~~~\n- [x] a\n~~~\n- [x] b\n~~~~\n- [ ] c\n", "."),
        ("## Tasks\n```py `not a fence`\n- [ ] c\n", "."),
        ("## Tasks\n<!-- - [x] a\n- [x] b -->\n- [ ] c\n", "."),
        ("## Tasks\n```\n<!--\n```\n- [ ] c\n", "."),
        ("## Tasks\n\n    - [x] code\n\n- [ ] c\n  - [x] d\n", ".x"),
        ("## Tasks\n- [-] dropped\n- [/] begun\n- [x] done\n", ".x"),
        ("## Tasks\n### 1. a\n### 2. b\n- [x] p\n- [x] q\n", ".xx"),
        ("## Tasks\n### 1. a\n- **Status:** done\n### 2. b\n**Status:** open\n", "x."),
        ("## Tasks\n- [x] a\n# Appendix\n- [ ] b\n## Tasks\n- [ ] c\n", "x."),
        ("# No heading\n- [x] a\n- [ ] b\n", "x."),
        ("## Tasks\n- [x] a\n```\n- [ ] never closed\n", "x"),
    ],
)
def test_tasks_are_only_where_tasks_are(text: str, boxes: str) -> None:
    assert "".join("x" if task.done else "." for task in read_body(text).tasks) == boxes


@pytest.mark.parametrize(
    ("status", "phase"),
    [
        ("Done", "done"),
        ("done (2026-06-01)", "done"),
        ("✅ Complete", "done"),
        ("merged in #12", "merged"),
        ("Blocked — waits for legal", "blocked"),
        ("on hold", "blocked"),
        ("planning|in-progress|done", "planning"),
        ("not started", "planning"),
        ("not done", "in-progress"),
        ("", "none"),
        (None, "none"),
    ],
)
def test_the_first_word_of_a_status_counts(status: str | None, phase: str) -> None:
    assert phase_of(status) == phase


def test_a_task_line_or_a_fence_is_no_status_line() -> None:
    assert read_body("```\nStatus: done\n```\n- **Status:** [x]\n\nSTATUS: **draft**\n").status == "draft"


def test_a_plan_whose_status_says_done_is_not_finished_while_tasks_are_open(project: PlanProject) -> None:
    project.plan("a", status="done", tasks="x.")
    facts = project.look(ask_git=False).facts["a"]
    assert not facts.finished
    [found] = project.look(ask_git=False).diagnostics
    assert found.message == "the status says 'done', and 1 of 2 tasks are open"


def test_a_plan_with_all_tasks_ticked_is_finished_whatever_its_status_says(project: PlanProject) -> None:
    project.plan("a", status="in-progress", tasks="xx")
    assert plan_of(project, "a").finished


# Frontmatter


@pytest.mark.parametrize(
    ("text", "depends_on"),
    [
        ("depends_on: [a, PLAN-b.md, 'c']", ("a", "b", "c")),
        ("depends_on:\n- a\n- b # why", ("a", "b")),
        ("depends_on:\n    - a", ("a",)),
        ("depends_on: a", ("a",)),
        ("depends_on: a, b", ("a", "b")),
        ("depends_on: [[PLAN-a]]", ("a",)),
        ("depends_on: [a, A, PLAN-a]", ("a",)),
        ("depends_on: [12, 2026-01-01, on]", ("12", "2026-01-01", "on")),
        ("depends_on: []", ()),
        ("depends_on:", None),
        ("depends-on: a", ("a",)),
        ("depends_on: a\ndepends_on: b", ("a", "b")),
    ],
)
def test_dependencies_are_real_yaml_in_any_shape(text: str, depends_on: tuple[str, ...] | None) -> None:
    assert read_head(f"---\n{text}\n---\nbody", file="f")[0].depends_on == depends_on


def test_an_empty_touches_list_is_declared_and_a_bare_key_is_not() -> None:
    assert read_head("---\ntouches: []\n---\n", file="f")[0].touches == ()
    assert read_head("---\ntouches:\n---\n", file="f")[0].touches is None
    assert read_head("---\ntouches: 'src/{a,b}/**, docs'\n---\n", file="f")[0].touches == ("src/{a,b}/**", "docs")


@pytest.mark.parametrize(
    "text",
    [
        "touches: [**/*.py]",
        "touches: [!src]",
        "depends_on: {a: b}",
        "depends_on: [{a: b}]",
        "- just\n- a list",
        "a: [1, 2",
        "\tx: 1",
        "- " * 30_000 + "x",
        "a: " + "[" * 20_000,
        "x: " + "y" * 70_000,
        "a: &x 1\nb: *x",
    ],
)
def test_a_plan_with_broken_frontmatter_is_listed_and_never_called_ready(project: PlanProject, text: str) -> None:
    project.write("queued-plans/PLAN-a.md", f"---\n{text}\n---\n# A\n\n## Tasks\n- [ ] one\n")
    situation = project.look(ask_git=False)
    assert list(situation.facts) == ["a"]
    assert not situation.facts["a"].plan.readable
    assert situation.diagnostics
    assert all(item.file == ".harness/queued-plans/PLAN-a.md" for item in situation.diagnostics)
    [held] = project.ready().held_back
    assert (held.code, held.reason) == ("unreadable", "a part of the plan cannot be read")


def test_frontmatter_that_is_never_closed_is_said() -> None:
    head, found = read_head("---\ndepends_on: a\n# Plan\n", file="f")
    assert not head.readable
    assert [item.message for item in found] == ['the frontmatter is opened by "---" and never closed']


@given(st.text(alphabet=st.sampled_from("-[]{}:,*&!#'\"ab \n\t|>?%@`\\"), max_size=60))
def test_no_frontmatter_raises(text: str) -> None:
    head, found = read_head(f"---\n{text}\n---\nbody", file="f")
    assert head.readable or found


@given(st.text(max_size=200))
def test_no_body_raises(text: str) -> None:
    read_body(text)


# Files as they come


def test_crlf_and_a_byte_order_mark_change_nothing(project: PlanProject) -> None:
    plain = project.plan("a", needs="[b]", touches="[src]", status="done", tasks="xx").read_bytes()
    before = plan_of(project, "a")
    project.write("PLAN-a.md", b"\xef\xbb\xbf" + plain.replace(b"\n", b"\r\n"))
    assert plan_of(project, "a") == before


def test_bytes_that_are_not_utf8_in_the_prose_are_reported_and_do_no_harm(project: PlanProject) -> None:
    project.write("PLAN-a.md", b"---\ndepends_on: [b]\n---\n# caf\xe9\n\n## Tasks\n- [x] t\xe2che\n")
    situation = project.look(ask_git=False)
    plan = situation.facts["a"].plan
    assert (plan.readable, plan.depends_on, plan.tasks_done) == (True, ("b",), 1)
    assert next((item.rule, item.severity, item.message) for item in situation.diagnostics) == (
        "plan-encoding",
        "warning",
        "line 4 is not UTF-8",
    )


def test_bytes_that_are_not_utf8_in_the_frontmatter_make_the_plan_unreadable(project: PlanProject) -> None:
    project.write("PLAN-a.md", b"---\ntouches: [caf\xe9]\n---\n# A\n")
    assert not plan_of(project, "a").readable


def test_utf16_is_read(project: PlanProject) -> None:
    project.write("PLAN-a.md", "# Plan: A\n\n## Tasks\n- [x] one\n".encode("utf-16"))
    assert plan_of(project, "a").tasks_done == 1
    assert project.rules() == ["plan-encoding"]


def test_a_log_that_is_not_utf8_is_read(project: PlanProject) -> None:
    project.plan("a", tasks=".")
    project.write("progress-a.md", b"2026-06-05 11:30 /work \xe2\x80\x94 caf\xe9\r\n")
    assert plan_of(project, "a").progress.last_entry == NOW - timedelta(minutes=30)


def test_a_huge_plan_is_read(project: PlanProject) -> None:
    project.write("PLAN-a.md", "## Tasks\n" + "- [x] a task with a title of some length\n" * 200_000)
    assert plan_of(project, "a").tasks_done == 200_000


def test_a_plan_beyond_the_limit_is_listed_and_counts_as_not_readable(
    project: PlanProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("personae.team.read.MAX_FILE_BYTES", 1 << 20)
    project.write("PLAN-a.md", b"## Tasks\n- [x] one\n" + b"x" * (1 << 20))
    assert not plan_of(project, "a").readable
    assert project.rules() == ["plan-too-large"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_named_pipe_and_a_folder_called_like_a_plan_are_reported(project: PlanProject) -> None:
    project.folder.mkdir()
    os.mkfifo(project.folder / "PLAN-pipe.md")
    (project.folder / "PLAN-folder.md").mkdir()
    (project.folder / "PLAN-gone.md").symlink_to("nowhere")
    situation = project.look(ask_git=False)
    assert [facts.plan.readable for facts in situation.facts.values()] == [False] * 3
    assert {item.rule for item in situation.diagnostics} == {"plan-unreadable"}


def test_nothing_is_ever_written(project: PlanProject) -> None:
    project.repository()
    project.plan("a", tasks="x.")
    project.plan("b", tasks="x", staged=True)
    project.log("a", "2026-06-05 11:00 x")
    project.branch("worker/a", lines=2)
    before = {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in project.root.rglob("*")}
    project.standup()
    project.order()
    project.ready(ask_git=True)
    after = {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in project.root.rglob("*")}
    assert after == before


def test_a_folder_that_may_only_be_read_is_enough(project: PlanProject) -> None:
    project.plan("a", tasks=".")
    project.folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        assert list(project.look().facts) == ["a"]
    finally:
        project.folder.chmod(stat.S_IRWXU)


def test_conflict_copies_are_left_out_with_a_note(project: PlanProject) -> None:
    project.plan("a")
    project.write("PLAN-a (conflicted copy 2026-06-01).md", "# x\n")
    project.write("PLAN-a (1).md", "# x\n")
    project.write("PLAN-a.sync-conflict-20260601-1-X.md", "# x\n")
    assert list(project.look(ask_git=False).facts) == ["a"]
    assert project.rules() == ["plan-conflict-copy"] * 3


def test_control_characters_of_a_file_never_reach_the_terminal(project: PlanProject) -> None:
    project.write("PLAN-a.md", "# Plan: \x1b[31mred\u202e\n**Status:** \x1b]0;x\x07done\n")
    plan = plan_of(project, "a")
    assert plan.title.isprintable()
    assert (plan.status or "").isprintable()


# Twins


def test_a_staged_copy_of_an_active_plan_only_fills_in_what_is_missing(project: PlanProject) -> None:
    project.plan("a", tasks="xx", touches="[src]")
    project.plan("a", tasks="..", touches="[docs]", needs="[b]", staged=True)
    plan = plan_of(project, "a")
    assert (plan.stage, plan.finished, plan.touches, plan.depends_on) == (Stage.ACTIVE, True, ("src",), ("b",))
    assert plan.files == ("PLAN-a.md", "queued-plans/PLAN-a.md")


def test_a_staged_copy_of_an_archived_plan_is_left_behind(project: PlanProject) -> None:
    project.plan("a", tasks="..", staged=True)
    project.write("archive/PLAN.archive.20260601-a.md", "# A\n")
    assert plan_of(project, "a").stage is Stage.ARCHIVED
    assert project.ready().ready == ()


def test_new_work_under_an_archived_name_is_a_plan_again(project: PlanProject) -> None:
    project.write("queued-plans/PLAN-a.md", "# A\n**Created:** 2026-06-02\n")
    project.write("PLAN.archive.20260601-a.md", "# A\n")
    assert plan_of(project, "a").stage is Stage.STAGED
    assert project.ready().ready == ("a",)


def test_names_that_differ_only_in_case_or_underscore_are_one_plan_and_lose_nothing(project: PlanProject) -> None:
    project.plan("my_plan", tasks="x", touches="[a]", needs="[p]")
    project.plan("my-plan", tasks=".", touches="[b]", needs="[q]")
    plan = plan_of(project, "my-plan")
    assert (plan.finished, plan.touches, plan.depends_on) == (False, ("b", "a"), ("q", "p"))
    assert "plan-same-name" in project.rules()


# Logs


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("2026-06-05 09:30 /work — a", "2026-06-05T09:30+00:00"),
        ("2026-06-05T09:30:15 a", "2026-06-05T09:30:15+00:00"),
        ("- 2026-06-05 09:30 a", "2026-06-05T09:30+00:00"),
        ("## 2026-06-05 9:30", "2026-06-05T09:30+00:00"),
        ("**2026-06-05 09:30** a", "2026-06-05T09:30+00:00"),
        ("[2026-06-05 09:30] a", "2026-06-05T09:30+00:00"),
        ("2026-06-05T09:30Z", "2026-06-05T09:30+00:00"),
        ("2026-06-05 11:30 +02:00 a", "2026-06-05T09:30+00:00"),
        ("2026-06-05T11:30+0200", "2026-06-05T09:30+00:00"),
        ("## 2026-06-05", "2026-06-05T00:00+00:00"),
        ("2026-02-31 09:30 a", None),
        ("2026-06-05 25:00 a", None),
        ("see 2026-06-05 09:30", None),
    ],
)
def test_log_entries_are_read_in_many_spellings(line: str, expected: str | None) -> None:
    entry = read_log(line, now=NOW, zone=UTC).progress.last_entry
    assert entry == (datetime.fromisoformat(expected) if expected else None)


def test_local_times_are_read_in_the_zone_of_the_project() -> None:
    zone = ZoneInfo("Europe/Berlin")
    entry = read_log("2026-06-05 13:30 x", now=NOW, zone=zone).progress.last_entry
    assert entry == NOW - timedelta(minutes=30)


def test_an_entry_in_the_future_does_not_count_and_is_said(project: PlanProject) -> None:
    project.plan("a", tasks=".")
    project.log("a", "2026-06-05 08:00 /work — early", "2026-06-05 18:00 /work — late")
    situation = project.look(ask_git=False)
    assert situation.facts["a"].plan.progress.text == "/work — early"
    [found] = situation.diagnostics
    assert (found.line, found.message) == (2, "the entry of 2026-06-05 18:00 is in the future and does not count")


@given(st.text(max_size=200))
def test_no_log_raises(text: str) -> None:
    read_log(text, now=NOW, zone=UTC)
