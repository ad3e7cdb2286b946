"""The form of a memory file: what people wrote is read as it is, and what we wrote comes back exactly."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from memory_samples import NOW, book, draft

from personae.errors import UsageError
from personae.memory.book import append_entries, parse_book, read_book
from personae.memory.entry import Draft
from personae.memory.markdown import entries_of, item_of

BY_HAND = """\
---
title: notes
---
# What I know

A paragraph is an entry,
also over two lines.

- An item
continued lazily
* Another one
  with more below it

  and after a blank line.
1. A numbered one

## 2026-03-02

- On that day
- 2026-01-31: its own date is nearer

<!-- a comment
is none -->

***

```sh
make deploy

make check
```

| a | table |
|---|-------|
"""


def texts(text: str) -> list[str]:
    return [entry.text for entry in entries_of(text)]


def test_what_people_write_is_read_as_entries() -> None:
    assert texts(BY_HAND) == [
        "A paragraph is an entry,\nalso over two lines.",
        "An item\ncontinued lazily",
        "Another one\nwith more below it\n\nand after a blank line.",
        "A numbered one",
        "On that day",
        "2026-01-31: its own date is nearer",
        "```sh\nmake deploy\n\nmake check\n```",
        "| a | table |\n|---|-------|",
    ]


def test_a_date_is_that_of_the_line_or_of_the_heading_above_it() -> None:
    dated = {entry.text: entry.date for entry in entries_of(BY_HAND) if entry.date}
    assert dated["On that day"] == datetime(2026, 3, 2, tzinfo=UTC)
    assert dated["2026-01-31: its own date is nearer"] == datetime(2026, 1, 31, tzinfo=UTC)
    assert "An item\ncontinued lazily" not in dated


def test_every_entry_says_where_it_stands() -> None:
    lines = BY_HAND.split("\n")
    for entry in entries_of(BY_HAND):
        assert entry.text.split("\n")[0] in lines[entry.line - 1]
        assert BY_HAND[entry.start : entry.end].startswith(lines[entry.line - 1])


def test_what_people_wrote_has_them_as_its_source_and_an_id_that_stays() -> None:
    first, second = entries_of("- seen\n- seen\n")
    assert (first.source, first.run, first.importance) == ("person", None, 3)
    assert second.id == f"{first.id}-2"
    assert next(entries_of("# moved\n\n* seen\n")).id == first.id


def test_an_entry_is_written_as_an_item_with_its_origin_behind_it() -> None:
    new = draft("Invoices to Japan\nare in yen.", importance=4, replaces="abc")
    written = item_of(new)
    assert written == (
        f"- Invoices to Japan <!-- id={new.id} date=2026-07-14T09:30:00Z run=r-1 source=reflection importance=4"
        " replaces=abc -->\n"
        "  are in yen.\n"
    )
    (entry,) = entries_of(written)
    assert (entry.text, entry.run, entry.source) == (new.text, "r-1", "reflection")
    assert (entry.date, entry.importance, entry.replaces) == (NOW, 4, "abc")


def test_an_edited_entry_keeps_its_id_and_its_origin() -> None:
    written = item_of(draft("Invoices are in yen."))
    edited = written.replace("in yen.", "in euro, says Ines.") + "  - and this below it\n"
    (entry,) = entries_of(edited)
    assert entry.id == draft("Invoices are in yen.").id
    assert entry.text == "Invoices are in euro, says Ines.\n- and this below it"


@pytest.mark.parametrize(
    "origin", ["id=a date=soon run= importance=9", "id=a date=99999-01-01 = ==", "id=a nonsense importance=x"]
)
def test_an_origin_that_makes_no_sense_is_read_as_far_as_it_does(origin: str) -> None:
    (entry,) = entries_of(f"- text <!-- {origin} -->\n")
    assert (entry.id, entry.text, entry.date, entry.importance) == ("a", "text", None, 3)


def test_control_characters_reach_neither_a_terminal_nor_a_prompt() -> None:
    assert texts("- a\x1b[31mb\x07 \x9bc\n") == ["a[31mb c"]


ANY_TEXT = st.text(
    st.one_of(st.sampled_from("-*#`~<!>=& \t\n\r|_1.id"), st.characters(codec="utf-8", exclude_characters="\x00")),
    max_size=80,
)
LINES = st.lists(
    st.one_of(
        st.sampled_from(
            ["```", "<!--", "-->", "---", "- x", "  y", "# h", "", "~~~", "<!-- id=a -->", "- z <!-- id=b"]
        ),
        ANY_TEXT,
    ),
    max_size=8,
).map("\n".join)


@settings(max_examples=150, deadline=None)
@given(before=LINES, text=LINES)
@example(before="```\nopen", text="x\n```")
@example(before="<!-- open", text="-->")
@example(before="---\nopen: yes", text="a <!-- id=b -->\n  c &lt;!-- &amp;lt;!--")
@example(before="a\r", text="b")
@example(before=" ", text="")
def test_an_entry_comes_back_exactly_and_nothing_above_it_changes(before: str, text: str) -> None:
    new = draft(f"{text}.")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "memory.md")
        path.write_bytes(before.encode())
        above = [entry.text for entry in read_book(path).entries]
        added = append_entries(path, [new])
        found = read_book(path)
        assert path.read_bytes().startswith(before.encode())
        assert [entry.text for entry in found.entries[:-1]] == above
        assert (found.entries[-1],) == added
        assert (added[0].id, added[0].text, added[0].date, added[0].run) == (new.id, new.text, new.date, "r-1")


@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=200))
def test_any_bytes_are_a_memory_or_a_diagnostic(data: bytes) -> None:
    found = parse_book(data, path=Path("memory.md"))
    assert found.diagnostics or found.text.encode() == data
    ends = [entry.end for entry in found.entries]
    assert ends == sorted(ends)


def test_thousands_of_opened_blocks_are_read_in_linear_time() -> None:
    opened = "```x\n\n" * 20_000
    assert len(texts(opened)) == 20_000
    assert len(texts(f"{opened}- y <!-- id=a -->\n{opened}")) == 40_001
    assert len(texts("<!-- x\n\n" * 20_000)) == 20_000


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (" \n\x00 ", "there is nothing to remember: the text is empty"),
        ("x" * 4001, "the text has 4,001 characters, an entry has at most 4,000"),
    ],
)
def test_a_draft_that_cannot_be_written_cannot_be_made(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        draft(text)
    assert str(caught.value) == message


def test_a_draft_has_a_plain_run_a_time_zone_and_an_importance_of_1_to_5() -> None:
    with pytest.raises(UsageError, match="run 'a b' is not a plain name"):
        draft("x", run="a b")
    with pytest.raises(UsageError, match="importance 6 is not one of 1 to 5"):
        draft("x", importance=6)
    with pytest.raises(UsageError, match="the time 2026-01-01T00:00:00 has no offset"):
        Draft(text="x", date=datetime(2026, 1, 1), source="person")  # noqa: DTZ001


def test_the_same_text_in_the_same_run_is_the_same_entry() -> None:
    assert draft("x", days_ago=1).id == draft("x").id
    assert draft("x", run="r-2").id != draft("x").id
    assert book(item_of(draft("x")) + item_of(draft("y", replaces=draft("x").id))).current[0].text == "y"
