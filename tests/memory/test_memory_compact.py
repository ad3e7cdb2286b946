"""A memory past its lines: what may go is proposed as a diff, and goes only with a yes."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from memory_samples import NOW, book, draft

from personae.errors import UsageError
from personae.memory.book import append_entries, read_book
from personae.memory.compact import Compaction, apply, propose
from personae.memory.markdown import item_of

OLD = draft("Invoices are in yen", days_ago=300)


def proposed(text: str, *, max_lines: int) -> Compaction:
    found = propose(book(text), max_lines=max_lines, now=NOW)
    assert found is not None
    return found


def test_while_it_is_short_enough_nothing_is_proposed() -> None:
    assert propose(book("- a\n- b\n"), max_lines=2, now=NOW) is None


def test_the_replaced_go_first_then_the_repeated_then_the_least_important_and_oldest() -> None:
    text = "".join(
        [
            item_of(draft("The logo is green", importance=4, days_ago=200)),
            item_of(OLD),
            item_of(draft("Peru pays in sol", importance=1, days_ago=1)),
            item_of(draft("Chile pays in peso", importance=2, days_ago=90)),
            item_of(draft("Japan pays late", importance=2, days_ago=10)),
            item_of(draft("Invoices are in euro", replaces=OLD.id)),
            item_of(draft("the logo's green", importance=1)),
        ]
    )
    found = proposed(text, max_lines=3)
    assert [(item.entry.text, item.because) for item in found.removed] == [
        ("The logo is green", "a later entry says the same"),
        ("Invoices are in yen", "another entry replaces it"),
        ("Peru pays in sol", "importance 1, 1 days old"),
        ("Chile pays in peso", "importance 2, 90 days old"),
        ("the logo's green", "importance 1, 0 days old"),
    ]
    assert (found.lines_before, found.lines_after) == (7, 2)


def test_what_people_wrote_and_what_is_no_entry_stays_to_the_byte() -> None:
    kept = "# Mine\r\n\r\n- by hand\r\n<!-- note -->\r\n\r\nText \r\n"
    always = item_of(draft("Never on Fridays", importance=5, days_ago=900), line_end="\r\n")
    found = proposed(kept + item_of(draft("gone\nwith two lines"), line_end="\r\n") + always, max_lines=1)
    assert found.after == kept + always
    assert found.lines_after > found.max_lines


def test_where_people_wrote_everything_nothing_may_go() -> None:
    found = proposed("- a\n- b\n- c\n", max_lines=1)
    assert (found.removed, found.diff("memory.md")) == ((), "")


def test_what_corrects_an_entry_that_stays_stays_too() -> None:
    always = draft("Never on Fridays", importance=5)
    text = item_of(always) + item_of(draft("Fridays are fine now", importance=1, replaces=always.id))
    assert proposed(text, max_lines=1).removed == ()


def test_a_tenth_is_left_free() -> None:
    text = "".join(item_of(draft(f"fact number {n}", days_ago=n)) for n in range(101))
    found = proposed(text, max_lines=100)
    assert found.lines_after == 90
    assert [item.entry.text for item in found.removed] == [f"fact number {n}" for n in range(90, 101)]


def test_the_proposal_is_a_diff() -> None:
    stays, goes = item_of(draft("stays", importance=5)), item_of(draft("goes"))
    assert proposed(f"# Memory\n\n{stays}{goes}", max_lines=3).diff(".agents/scout/memory.md") == (
        f"--- a/.agents/scout/memory.md\n+++ b/.agents/scout/memory.md\n@@ -1,4 +1,3 @@\n # Memory\n \n {stays}-{goes}"
    )


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git here")
@pytest.mark.parametrize("end", ["\n", ""])
def test_git_applies_the_diff(tmp_path: Path, end: str) -> None:
    text = "# Memory\n\n" + "".join(item_of(draft(f"fact number {n}", days_ago=n)) for n in range(40)) + f"by hand{end}"
    found = proposed(text, max_lines=20)
    (tmp_path / "memory.md").write_text(text)
    subprocess.run(["git", "apply", "-"], input=found.diff("memory.md").encode(), cwd=tmp_path, check=True)
    assert (tmp_path / "memory.md").read_text() == found.after


def test_it_is_written_as_proposed(tmp_path: Path) -> None:
    path = tmp_path / "memory.md"
    append_entries(path, [draft(f"fact number {n}", days_ago=n) for n in range(20)])
    found = propose(read_book(path), max_lines=10, now=NOW)
    assert found is not None
    apply(found)
    assert path.read_text() == found.after
    assert read_book(path).lines == 9


def test_it_is_not_written_over_something_new(tmp_path: Path) -> None:
    path = tmp_path / "memory.md"
    append_entries(path, [draft(f"fact number {n}") for n in range(20)])
    found = propose(read_book(path), max_lines=10, now=NOW)
    assert found is not None
    append_entries(path, [draft("new")])
    before = path.read_bytes()
    with pytest.raises(UsageError) as caught:
        apply(found)
    assert caught.value.message == "the memory has changed since this was proposed"
    assert caught.value.help == "Nothing was written; propose it again."
    assert path.read_bytes() == before
