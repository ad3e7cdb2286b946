from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from output_samples import CRON, KEY, SAMPLES, SCOUT, TWIN, lines_of, sources

from personae.check import outputs
from personae.check.outputs.columns import width
from personae.check.outputs.text import as_text
from personae.errors import Diagnostic, UnknownNameError

ANSI = re.compile(r"\x1b\[[0-9;]*m")


def test_a_finding_shows_its_line_with_a_mark_and_the_way_out() -> None:
    assert as_text([CRON], sources=sources) == (
        'error[invalid-cron]: heartbeats[0].cron: invalid cron expression "0 9 * *"\n'
        " --> .agents/scout/persona.md:7:11\n"
        "  |\n"
        '7 |   - cron: "0 9 * *"\n'
        "  |           ^^^^^^^^^\n"
        '  = help: It has 4 fields. Use five fields, such as "0 9 * * 1" for Mondays at 09:00; crontab.guru explains '
        "them."
    )


def test_the_mark_under_a_key_leaves_out_its_colon() -> None:
    assert as_text([KEY], sources=sources).splitlines()[3:5] == ["5 | can_dispatch: true", "  | ^^^^^^^^^^^^"]


@pytest.mark.parametrize(
    ("line", "column", "found", "marked"),
    [
        ("tools: read, write # two", 8, "", "read, write"),
        ("tools: [read, write]", 9, "", "read"),
        ("  - label: Monday, early", 12, "", "Monday, early"),
        ("model: 'a b' # c", 8, "", "'a b'"),
        ("Note: send it", 7, "send", "send"),
        ("efort: high", 1, "efort", "efort"),
        ("role:", 6, "", ""),
    ],
)
def test_the_mark_covers_the_value_and_no_more(line: str, column: int, found: str, marked: str) -> None:
    item = Diagnostic(rule="r", message="m", file="f", line=1, column=column, found=found)
    mark = as_text([item], sources=lines_of({"f": line})).splitlines()[-1]

    assert mark == "  | " + " " * (column - 1) + "^" * max(len(marked), 1)


def test_without_the_file_the_place_alone_is_shown() -> None:
    assert as_text([TWIN], sources=sources) == (
        "note[duplicate-slug]: the slug 'scout' is also that of personas/scout.md\n"
        " --> personas/old scout.md:1:1\n"
        " ::: personas/scout.md:2:3: the first one"
    )


def test_a_blank_line_stands_between_findings_and_nothing_for_none() -> None:
    assert as_text(SAMPLES, sources=sources).count("\n\n") == 2
    assert as_text([], sources=sources) == ""


def test_a_narrow_terminal_wraps_words_and_cuts_the_line() -> None:
    source = f"{'a long way before ' * 9}FAULT{' and after' * 9}"
    item = replace(CRON, line=1, column=source.index("FAULT") + 1, found="FAULT")
    text = as_text([item], sources=lines_of({SCOUT: source}), columns=48)

    assert text == (
        "error[invalid-cron]: heartbeats[0].cron: invalid\n"
        '  cron expression "0 9 * *"\n'
        " --> .agents/scout/persona.md:1:163\n"
        "  |\n"
        "1 | … way before FAULT and after and after and …\n"
        "  |              ^^^^^\n"
        "  = help: It has 4 fields. Use five fields, such\n"
        '          as "0 9 * * 1" for Mondays at 09:00;\n'
        "          crontab.guru explains them."
    )


def test_color_changes_nothing_but_color() -> None:
    plain = as_text(SAMPLES, sources=sources, columns=60)
    colored = as_text(SAMPLES, sources=sources, columns=60, color=True)

    assert ANSI.sub("", colored) == plain
    assert colored.startswith("\x1b[31;1merror[invalid-cron]:\x1b[0m")


def test_wide_characters_keep_the_mark_below_the_fault() -> None:
    item = Diagnostic(rule="r", message="m", file="f", line=1, column=10, found="bad")
    shown, mark = as_text([item], sources=lines_of({"f": "role: 研究 bad"})).splitlines()[3:5]

    assert width(shown[: shown.index("bad")]) == mark.index("^")


def test_what_a_terminal_would_hide_or_obey_is_shown_by_its_number() -> None:
    item = Diagnostic(rule="r", message="found \x1b[31m", file="a\u202eb", line=1, column=6, found="\u200b")
    text = as_text([item], sources=lines_of({"a\u202eb": "role:\u200b x\x1b]0;owned\x07"}))

    assert text == (
        "error[r]: found <U+001B>[31m\n"
        " --> a<U+202E>b:1:6\n"
        "  |\n"
        "1 | role:<U+200B> x<U+001B>]0;owned<U+0007>\n"
        "  |      ^^^^^^^^"
    )


def test_a_fault_that_goes_on_below_is_marked_to_the_end_of_its_line() -> None:
    item = Diagnostic(rule="r", message="m", file="f", line=1, column=3, end_line=2, end_column=2)
    assert as_text([item], sources=lines_of({"f": "a bcd ef \ng"})).splitlines()[-1] == "  |   ^^^^^^"


def test_a_format_that_does_not_exist_is_named_with_the_closest() -> None:
    with pytest.raises(UnknownNameError, match="unknown output format 'jsno'") as caught:
        outputs.render("jsno", [], sources=sources)
    assert caught.value.help == "Did you mean 'json'?"


_TEXTS = st.text(max_size=60)
_ANY = st.builds(
    Diagnostic,
    rule=st.just("rule-id"),
    message=_TEXTS,
    file=_TEXTS,
    line=st.integers(1, 4),
    column=st.integers(1, 80),
    field=_TEXTS,
    found=_TEXTS,
    help=_TEXTS,
    end_line=st.integers(0, 5),
    end_column=st.integers(0, 90),
)


@given(_ANY, st.lists(_TEXTS, max_size=4), st.integers(0, 120))
def test_whatever_is_found_wherever_every_line_can_be_printed(item: Diagnostic, lines: list[str], columns: int) -> None:
    text = as_text([item], sources=lambda _: [line.replace("\n", " ") for line in lines], columns=columns)

    assert all(line.isprintable() for line in text.split("\n"))
    marks = [line for line in text.split("\n") if "^" in line and set(line) <= set(" |^")]
    assert all(line.count("^") >= 1 for line in marks)


@given(_ANY, st.lists(_TEXTS, max_size=4))
@pytest.mark.parametrize("format", outputs.FORMATS)
def test_every_format_takes_any_finding(format: str, item: Diagnostic, lines: list[str]) -> None:
    text = outputs.render(format, [item], sources=lambda _: lines or None)

    assert "rule-id" in text
    assert len(text.split("\n")) == 1 or format not in ("concise", "github")
