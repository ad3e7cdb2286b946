from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner
from plan_project import PlanProject

from personae.cli.app import main
from personae.team.report import QUESTIONS
from personae.team.schema import json_schema
from personae.team.table import render_table, width

AT = ("--now", "2026-06-05T12:00Z")


@pytest.fixture
def example(project: PlanProject, monkeypatch: pytest.MonkeyPatch) -> PlanProject:
    project.repository()
    project.plan("api", needs="[db]", touches="[src/api]", status="in-progress", tasks="x.")
    project.log("api", "2026-06-05 11:30 /work — endpoints")
    project.plan("db", tasks="xx", touches="[src/db]")
    project.branch("worker/db", lines=7)
    project.plan("ui", touches="[ui]", staged=True)
    project.plan("docs", staged=True)
    project.write("archive/PLAN.archive.20260501-old.md", "# old\n")
    monkeypatch.chdir(project.root)
    return project


@dataclass(frozen=True)
class Result:
    exit_code: int
    stdout: str
    stderr: str


def run(*arguments: str) -> Result:
    """Run as the installed program does, with its exit code."""
    capture = CliRunner()
    with capture.isolation() as (stdout, stderr, _), pytest.raises(SystemExit) as stopped:
        main(["team", *arguments])
    return Result(int(stopped.value.code or 0), stdout.getvalue().decode(), stderr.getvalue().decode())


def test_standup_prints_a_table_with_the_evidence(example: PlanProject) -> None:
    result = run("standup", *AT)
    assert (result.exit_code, result.stdout) == (
        0,
        "PLAN  STATE      TASKS  LAST TOUCHED      EVIDENCE\n"
        "api   building     1/2  2026-06-05 11:30  active 30 min ago; log 2026-06-05 11:30: /work — endpoints\n"
        "db    mergeable    2/2  2026-06-04 12:00  all tasks are done; last commit 2026-06-04 12:00 on worker/db\n"
        "\n"
        "2 in all: 1 building, 1 mergeable.\n",
    )


def test_ready_prints_who_is_safe_and_who_is_held_back(example: PlanProject) -> None:
    assert run("ready", *AT).stdout == (
        "Ready to start (2): docs, ui\n"
        "Safe to run together (1): ui\n"
        "\n"
        "HELD BACK  WHY         BY  REASON\n"
        "docs       undeclared  —   touches is not declared\n"
        "\n"
        "Warning: docs: touches is not declared, so it is never called safe; add `touches: [globs]` to the plan\n"
    )


def test_merge_order_prints_the_steps(example: PlanProject) -> None:
    assert run("merge-order", *AT).stdout == (
        "#  MERGE  LINES  REASON\n1  db         7  7 changed lines against main\n"
    )


def test_merge_order_without_git_says_what_it_falls_back_to(example: PlanProject) -> None:
    assert run("merge-order", "--no-git", *AT).stdout == (
        "#  MERGE  LINES  REASON\n"
        "1  db         —  alphabetical, without git\n"
        "\n"
        "Note: no sizes: git was not asked; equals stand in alphabetical order.\n"
    )


def test_graph_prints_both_directions(example: PlanProject) -> None:
    assert run("graph", *AT).stdout == (
        "PLAN  STAGE     STATE        DEPENDS ON  NEEDED BY  TOUCHES\n"
        "api   active    in progress  db          —          src/api\n"
        "db    active    finished     —           api        src/db\n"
        "docs  staged    not begun    —           —          —\n"
        "old   archived  landed       —           —          —\n"
        "ui    staged    not begun    —           —          ui\n"
    )


def test_status_prints_every_plan(example: PlanProject) -> None:
    assert run("status", *AT).stdout.splitlines()[:2] == [
        "PLAN  STAGE     STATUS       TASKS  LAST TOUCHED      BRANCH     LAST ENTRY",
        "api   active    in-progress    1/2  2026-06-05 11:30  —          /work — endpoints",
    ]


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_answer_is_json_of_one_schema(example: PlanProject, question: str) -> None:
    example.plan("loop", needs="[loop, nobody]", tasks="x")
    data = json.loads(run(question, "--json", *AT).stdout)
    jsonschema.Draft202012Validator.check_schema(json_schema())
    jsonschema.Draft202012Validator(json_schema()).validate(data)
    part = {"merge-order": "merge_order", "status": "plans"}.get(question, question)
    filled = [name for name in ("plans", "standup", "ready", "merge_order", "graph") if data[name] is not None]
    assert filled == [part]


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_same_question_has_the_same_answer(example: PlanProject, question: str) -> None:
    assert run(question, "--json", *AT).stdout == run(question, "--json", *AT).stdout


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_project_without_plans_is_said_and_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, question: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(question)
    assert result.exit_code == 0
    assert result.stdout == "No plans in this project: looked in .harness/, _harness/ and its root.\n"


def test_a_cycle_fails_the_merge_order_and_names_its_members(example: PlanProject) -> None:
    example.plan("x", needs="[y]", tasks="x")
    example.plan("y", needs="[x]", tasks="x")
    result = run("merge-order", *AT)
    assert result.exit_code == 1
    assert result.stderr == "Error: dependency cycle: x → y → x\n"
    assert "1  db" in result.stdout
    assert run("ready", *AT).exit_code == 0


def test_a_folder_that_does_not_exist_is_wrong_use(example: PlanProject) -> None:
    result = run("status", "--plans", "nowhere")
    assert result.exit_code == 2
    assert "Error: the plan folder nowhere does not exist\n  Name a folder" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--base", "mian"), "unknown branch 'mian'\n  Did you mean 'main'?"),
        (("--now", "noon"), "'noon' is no time"),
        (("--now", "2026-06-05T12:00"), "has no offset"),
    ],
)
def test_wrong_options_are_wrong_use(example: PlanProject, arguments: tuple[str, ...], words: str) -> None:
    result = run("merge-order", *arguments)
    assert result.exit_code == 2
    assert words in result.stderr


def test_what_is_wrong_in_a_plan_goes_to_stderr_and_the_answer_still_comes(example: PlanProject) -> None:
    example.write("PLAN-bad.md", "---\ntouches: [**/*.py]\n---\n# bad\n")
    result = run("status", *AT)
    assert result.exit_code == 0
    assert "bad" in result.stdout
    assert ".harness/PLAN-bad.md:2:" in result.stderr


def test_the_time_zone_of_the_project_is_used(example: PlanProject) -> None:
    (example.root / "personae.toml").write_text('[project]\ntimezone = "Europe/Berlin"\n')
    example.log("api", "2026-06-05 13:30 x")
    data = json.loads(run("standup", "--json", *AT).stdout)
    assert (data["timezone"], data["now"]) == ("Europe/Berlin", "2026-06-05T14:00+02:00")
    assert data["standup"][0]["last_touched"] == "2026-06-05T13:30+02:00"


def test_a_broken_project_file_is_reported_and_utc_is_used(example: PlanProject) -> None:
    (example.root / "personae.toml").write_text('[project]\ntimezone = "Mars/Olympus"\n')
    result = run("standup", *AT)
    assert result.exit_code == 0
    assert "unknown time zone 'Mars/Olympus'" in result.stderr


def test_plans_elsewhere_are_read_with_the_repository_of_the_project(example: PlanProject, tmp_path: Path) -> None:
    vault = tmp_path / "vault"
    example.folder.rename(vault)
    assert "7 changed lines against main" in run("merge-order", "--plans", str(vault), *AT).stdout


def test_tables_are_aligned_for_long_and_wide_words() -> None:
    table = render_table(("A", "B"), [("데이터", "1"), ("e\u0301a", "22"), ("a-very-long-slug-" * 4, ""), ("📦", "3")])
    lines = table.splitlines()
    assert {width(line[: line.rstrip().rfind(" ") + 1]) for line in lines} == {70}
    assert lines[3].endswith("—")
    assert width("データ") == 6
    assert unicodedata.east_asian_width("📦") == "W"


def test_a_slug_that_is_not_ascii_is_a_slug_like_others(example: PlanProject) -> None:
    example.plan("データ", tasks="x")
    example.plan("b", needs="[データ]", touches="[b]", staged=True)
    assert "b, docs, ui" in run("ready", *AT).stdout


def test_a_file_name_that_is_not_utf8_is_shown_and_nothing_breaks(example: PlanProject) -> None:
    try:
        (example.folder / "PLAN-\udcff.md").write_bytes(b"# x\n")
    except OSError:
        pytest.skip("the file system takes no such name")
    for question in QUESTIONS:
        assert run(question, *AT).exit_code == 0
        assert run(question, "--json", *AT).exit_code == 0


def test_a_thousand_plans_are_answered(project: PlanProject, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(1000):
        needs = f"[plan-{number - 1}]" if number % 10 else "[]"
        tasks = "x" if number % 2 else "."
        touches = f"['src/m{number}/**', 'docs/*/{number}.md']"
        project.plan(f"plan-{number}", needs=needs, touches=touches, tasks=tasks, staged=number % 3 > 0)
    monkeypatch.chdir(project.root)
    for question in QUESTIONS:
        assert run(question, *AT).exit_code == 0
