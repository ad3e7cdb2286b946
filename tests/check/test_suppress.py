from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from personae.check.engine import check
from personae.check.report import Report, Request

HEAD = "---\nkind: persona\nname: scout\n"
BODY = "You look ahead. Read the news of the day and write what matters for the team into /briefings/today.md.\n"


@pytest.fixture(autouse=True)
def _nobody_elses_personas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def checked(tmp_path: Path, text: str, *, project: str = "", inline: bool = True) -> Report:
    root = tmp_path / "project"
    (root / "personas").mkdir(parents=True)
    (root / "personae.toml").write_text(project, encoding="utf-8")
    (root / "personas" / "scout.md").write_text(text, encoding="utf-8")
    request = Request(paths=(root,), base=root, today=date(2026, 11, 20), inline=inline)
    return check(request, remember=False)


def said(report: Report) -> list[str]:
    return [f"{item.file}:{item.line}: {item.severity} {item.rule}: {item.message}" for item in report.diagnostics]


@pytest.mark.parametrize(
    "text",
    [
        f"{HEAD}effort: huge # personae: ignore[invalid-choice] the demo of the error\n---\n{BODY}",
        f"{HEAD}# personae: ignore[invalid-choice] the demo of the error\neffort: huge\n---\n{BODY}",
        f"{HEAD}# personae: ignore[secret, invalid-*] the demo of the error\neffort: huge\n---\n{BODY}",
        f"{HEAD}effort: huge\n# personae: ignore-file[invalid-choice] the demo of the error\n---\n{BODY}",
    ],
    ids=["behind it", "above it", "one of two", "for the file"],
)
def test_a_comment_with_a_reason_suppresses_its_rule(text: str, tmp_path: Path) -> None:
    report = checked(tmp_path, text)

    assert report.suppressed == 1
    assert [line for line in said(report) if "invalid-choice" in line] == []


def test_in_the_body_it_is_a_comment_of_html(tmp_path: Path) -> None:
    key = "AKIA" + "Z3MB7QWX5K2LTR4N"
    text = f"{HEAD}---\n{BODY}\n<!-- personae: ignore[secret] the key of the public sandbox -->\nUse {key}.\n"
    report = checked(tmp_path, text)

    assert (report.suppressed, said(report)) == (1, [])


def test_a_heading_is_no_comment(tmp_path: Path) -> None:
    text = f"{HEAD}---\n# personae: ignore[secret] this is a heading of the stance\n{BODY}"
    assert (checked(tmp_path, text).suppressed, said(checked(tmp_path / "again", text))) == (0, [])


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        ("# personae: ignore[invalid-choice]", "the comment says no reason, so nothing is suppressed"),
        ("# personae: ignore it is a demo", "the comment names no rule, so nothing is suppressed"),
    ],
)
def test_a_comment_without_rule_or_reason_suppresses_nothing_and_is_reported(
    comment: str, message: str, tmp_path: Path
) -> None:
    report = checked(tmp_path, f"{HEAD}effort: huge {comment}\n---\n{BODY}")

    assert said(report) == [
        "personas/scout.md:4: error invalid-choice: 'huge' is not one of low, medium, high, xhigh, max",
        f"personas/scout.md:4: warning suppression-without-reason: {message}",
    ]


def test_a_comment_that_suppresses_nothing_is_reported(tmp_path: Path) -> None:
    text = f"{HEAD}effort: low # personae: ignore[invalid-choice] it was huge once\n---\n{BODY}"
    assert said(checked(tmp_path, text)) == [
        "personas/scout.md:4: warning unused-suppression: nothing of 'invalid-choice' is found on line 4"
    ]


def test_a_comment_of_a_rule_that_does_not_exist_names_the_closest(tmp_path: Path) -> None:
    text = f"{HEAD}effort: huge # personae: ignore[invalid-choise] it is a demo\n---\n{BODY}"
    report = checked(tmp_path, text)
    (unknown,) = [item for item in report.diagnostics if item.rule == "unknown-rule"]

    assert (unknown.message, unknown.line) == ("there is no rule 'invalid-choise'", 4)
    assert unknown.help.startswith("Did you mean 'invalid-choice'")


def test_comments_can_be_switched_off_for_files_one_does_not_trust(tmp_path: Path) -> None:
    text = f"{HEAD}effort: huge # personae: ignore[invalid-choice] trust me\n---\n{BODY}"
    report = checked(tmp_path, text, inline=False)

    assert (report.suppressed, [item.rule for item in report.diagnostics]) == (0, ["invalid-choice"])


def test_the_project_suppresses_a_rule_in_some_files_with_a_reason(tmp_path: Path) -> None:
    project = '[[check.ignore]]\nrule = "invalid-choice"\nfiles = ["personas/*.md"]\nreason = "kept for the demo"\n'
    report = checked(tmp_path, f"{HEAD}effort: huge\n---\n{BODY}", project=project)

    assert (report.suppressed, said(report)) == (1, [])


def test_an_entry_for_other_files_does_not_reach_here_and_is_unused(tmp_path: Path) -> None:
    project = '[[check.ignore]]\nrule = "invalid-choice"\nfiles = ["legacy/**"]\nreason = "kept for the demo"\n'
    report = checked(tmp_path, f"{HEAD}effort: huge\n---\n{BODY}", project=project)

    assert [line.partition(":")[2] for line in said(report)] == [
        "1: warning unused-suppression: nothing of 'invalid-choice' is found where this entry looks",
        "4: error invalid-choice: 'huge' is not one of low, medium, high, xhigh, max",
    ]


@pytest.mark.parametrize(
    ("entry", "rule", "line"),
    [
        ('rule = "invalid-choice"\n', "missing-key", 1),
        ('rule = "invalid-choice"\nreason = " "\n', "suppression-without-reason", 3),
        ('rule = "no-such-rule"\nreason = "x"\n', "unknown-rule", 2),
        ('rule = "invalid-choice"\nreason = "x"\nfile = "a.md"\n', "unknown-key", 4),
    ],
)
def test_an_entry_that_is_wrong_is_reported_where_it_stands(entry: str, rule: str, line: int, tmp_path: Path) -> None:
    report = checked(tmp_path, f"{HEAD}effort: huge\n---\n{BODY}", project=f"[[check.ignore]]\n{entry}")
    found = [(item.rule, item.line) for item in report.diagnostics if item.file == "personae.toml"]

    assert (rule, line) in found


def test_the_project_sets_how_severe_a_rule_is(tmp_path: Path) -> None:
    report = checked(
        tmp_path, f"{HEAD}effort: huge\n---\n{BODY}", project='[check.rules]\ninvalid-choice = "warning"\n'
    )

    assert said(report) == [
        "personas/scout.md:4: warning invalid-choice: 'huge' is not one of low, medium, high, xhigh, max"
    ]


def test_a_rule_cannot_be_switched_off_without_a_reason(tmp_path: Path) -> None:
    report = checked(tmp_path, f"{HEAD}effort: huge\n---\n{BODY}", project='[check.rules]\ninvalid-choice = "off"\n')
    (wrong,) = [item for item in report.diagnostics if item.file == "personae.toml"]

    assert (wrong.message, wrong.help) == (
        "'off' is not one of error, warning, note",
        "To switch a rule off, write [[check.ignore]] with rule and reason.",
    )


def test_excluded_files_are_not_read(tmp_path: Path) -> None:
    report = checked(tmp_path, f"{HEAD}effort: huge\n---\n{BODY}", project='[check]\nexclude = ["personas/scout.md"]\n')
    assert (said(report), report.files) == ([], 0)


def test_whoever_checks_one_file_is_not_told_that_entries_for_others_are_unused(tmp_path: Path) -> None:
    project = '[[check.ignore]]\nrule = "secret"\nreason = "the other file has one"\n'
    root = tmp_path / "project"
    checked(tmp_path, f"{HEAD}---\n{BODY}", project=project)
    request = Request(paths=(root / "personas" / "scout.md",), base=root, today=date(2026, 11, 20))

    assert check(request, remember=False).diagnostics == ()
