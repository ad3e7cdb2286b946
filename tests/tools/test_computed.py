"""Tables stand verbatim in an answer, and no number of the prose is absent from them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personae.tools.computed import asked_for, quoted

TABLE = "PLAN  TASKS\na       2/3\nb       0/1"


@pytest.mark.parametrize(
    ("task", "names"),
    [
        ("Give me the standup.", ("team_standup",)),
        ("What can start next?", ("team_ready",)),
        ("In which order do they merge?", ("team_merge_order",)),
        ("Which plan waits for which?", ("team_graph",)),
        ("Who is blocked, and what can start?", ("team_standup", "team_ready")),
        ("Say something.", ("team_status",)),
    ],
)
def test_the_words_of_a_task_say_what_is_computed(task: str, names: tuple[str, ...]) -> None:
    assert asked_for(task) == names


def test_a_table_that_was_copied_almost_right_stands_verbatim_instead() -> None:
    answer = quoted("PLAN  TASKS\na       3/3\n\na is building.", [TABLE])
    assert answer == f"{TABLE}\n\na is building.\n\n(1 line of the prose left out: a number in it is in no table.)"


def test_a_line_with_a_number_that_no_table_has_is_left_out_and_said() -> None:
    answer = quoted("a has 2/3 done.\nb needs 45 minutes.", [TABLE])
    assert answer == f"{TABLE}\n\na has 2/3 done.\n\n(1 line of the prose left out: a number in it is in no table.)"


def test_the_number_of_a_list_item_is_no_claim() -> None:
    assert quoted("1. a is building.\n2. b waits.", [TABLE]).endswith("1. a is building.\n2. b waits.")


def test_the_same_table_twice_stands_once() -> None:
    assert quoted("Done.", [TABLE, TABLE]) == f"{TABLE}\n\nDone."


@given(st.text(alphabet="ab 0123456789./\n", max_size=80), st.text(alphabet="ab 0123456789./\n", max_size=60))
def test_no_number_of_the_prose_is_absent_from_the_tables(text: str, table: str) -> None:
    answer = quoted(text, [table])
    assert table.strip() in answer
    prose = answer.replace(table.strip(), "", 1).partition("(")[0]
    numbers = re.compile(r"\d+(?:[.,:/-]\d+)*")
    claimed = {number for line in prose.splitlines() for number in numbers.findall(re.sub(r"^\s*\d+[.)]\s", "", line))}
    assert claimed <= set(numbers.findall(table))
