"""What is recalled for a question, in which order, within which allowance, and why."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from memory_samples import NOW, draft

from personae.memory import index
from personae.memory.book import append_entries
from personae.memory.entry import Draft
from personae.memory.markdown import item_of
from personae.memory.recall import Recall, recall

SOURCE = Path(__file__).parents[2] / "src"


def remember(path: Path, drafts: Sequence[Draft]) -> Path:
    append_entries(path / "memory.md", drafts)
    return path / "memory.md"


def texts(found: Recall) -> list[str]:
    return [item.entry.text for item in found.entries]


def ask(path: Path, query: str, *, tokens: int = 1000, cache: Path | None = None) -> Recall:
    return recall(path, query, budget_tokens=tokens, now=NOW, index=cache)


@pytest.fixture(params=["index", "no index"])
def searched(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Every rule holds with SQLite's full-text index and without one."""
    if request.param == "no index":

        def missing(*arguments: object, **options: object) -> None:
            raise sqlite3.OperationalError("no such module: fts5")

        monkeypatch.setattr(index, "search", missing)
    return str(request.param)


@pytest.mark.usefixtures("searched")
class TestSearched:
    def test_what_answers_the_question_is_recalled_and_nothing_else(self, tmp_path: Path) -> None:
        path = remember(tmp_path, [draft("Invoices to Japan are in yen."), draft("The logo is green.")])
        found = ask(path, "In which currency do we write invoices to Japan?")
        assert texts(found) == ["Invoices to Japan are in yen."]
        assert found.entries[0].because == "answers the question"
        assert found.because == (
            "1 of 2 entries, by what they say, then how recent and how important they are, within 1,000 tokens"
        )

    def test_of_two_that_answer_as_well_the_more_recent_comes_first(self, tmp_path: Path) -> None:
        path = remember(
            tmp_path, [draft("Deploys go to host a", days_ago=1), draft("Deploys go to host b", days_ago=90)]
        )
        assert texts(ask(path, "deploys host")) == ["Deploys go to host a", "Deploys go to host b"]

    def test_of_two_that_answer_as_well_the_more_important_comes_first(self, tmp_path: Path) -> None:
        path = remember(tmp_path, [draft("Deploys go to host a", importance=4), draft("Deploys go to host b")])
        assert texts(ask(path, "deploys host"))[0] == "Deploys go to host a"

    def test_a_better_answer_beats_a_recent_one(self, tmp_path: Path) -> None:
        old = draft("The staging database of the harbor project runs on port 5433", days_ago=400)
        path = remember(tmp_path, [old, draft("The harbor has a new project manager")])
        assert texts(ask(path, "staging database port of the harbor project"))[0] == old.text

    def test_what_another_entry_replaces_is_not_recalled(self, tmp_path: Path) -> None:
        old = draft("Invoices are in yen")
        path = remember(tmp_path, [old, draft("Invoices are in euro since May", replaces=old.id)])
        assert texts(ask(path, "invoices")) == ["Invoices are in euro since May"]

    def test_the_highest_importance_is_recalled_whatever_the_question(self, tmp_path: Path) -> None:
        path = remember(
            tmp_path, [draft("Never deploy on Fridays", importance=5, days_ago=500), draft("Yen for Japan")]
        )
        found = ask(path, "Japan")
        assert texts(found) == ["Yen for Japan", "Never deploy on Fridays"]
        assert found.entries[1].because == "importance 5, whatever the question"

    def test_half_of_the_allowance_is_kept_for_it(self, tmp_path: Path) -> None:
        path = remember(
            tmp_path, [draft("Never on Fridays", importance=5), *(draft(f"Japan fact {n}") for n in range(50))]
        )
        found = ask(path, "Japan", tokens=60)
        assert "Never on Fridays" in texts(found)
        assert found.tokens <= 60
        assert found.left_out == 51 - len(found.entries)

    @pytest.mark.parametrize(
        ("query", "how"),
        [
            ("", "since no question was asked"),
            ("what is the", "since no question was asked"),
            ("zebra", "since none speaks of the question"),
        ],
    )
    def test_where_nothing_answers_the_latest_few_are_recalled(self, tmp_path: Path, query: str, how: str) -> None:
        path = remember(tmp_path, [draft(f"fact {n}", days_ago=n) for n in range(20)])
        found = ask(path, query)
        assert texts(found) == [f"fact {n}" for n in range(5)]
        assert how in found.because

    def test_an_allowance_is_never_passed_and_a_smaller_entry_takes_the_room(self, tmp_path: Path) -> None:
        path = remember(tmp_path, [draft("Japan " * 200), draft("Japan: yen"), draft("Japan: Tokyo")])
        for tokens in (0, 5, 10, 20, 100, 1000):
            found = ask(path, "Japan", tokens=tokens)
            assert found.tokens <= tokens
            assert found.left_out == 3 - len(found.entries)
        assert len(ask(path, "Japan", tokens=20).entries) == 2

    def test_lines_written_by_hand_are_recalled_with_the_date_of_their_heading(self, tmp_path: Path) -> None:
        path = tmp_path / "memory.md"
        path.write_text("## 2026-07-01\n\n- Ines likes short mails\n  and no attachments\n\nJapan pays late.\n")
        found = ask(path, "mails to Ines")
        assert found.text == "- 2026-07-01: Ines likes short mails\n  and no attachments"
        assert (found.entries[0].entry.source, found.entries[0].entry.line) == ("person", 3)

    def test_words_are_found_in_any_case_with_accents_and_in_scripts_without_spaces(self, tmp_path: Path) -> None:
        path = remember(tmp_path, [draft("CAFÉ Müller"), draft("東京の請求書は円建て"), draft("don't call Bob's line")])
        assert texts(ask(path, "café MÜLLER")) == ["CAFÉ Müller"]
        assert texts(ask(path, "請求書")) == ["東京の請求書は円建て"]
        assert texts(ask(path, "bob's")) == ["don't call Bob's line"]

    @pytest.mark.parametrize(
        "query", ['"', "a OR b", "NEAR(x", "text:x", "*", "x'y", "-x", "\x00", "\ud800", "x" * 9999]
    )
    def test_no_question_breaks_the_search(self, tmp_path: Path, query: str) -> None:
        path = remember(tmp_path, [draft("near x or y")])
        assert ask(path, query).entries

    def test_a_memory_that_is_not_there_recalls_nothing(self, tmp_path: Path) -> None:
        found = ask(tmp_path / "memory.md", "x")
        assert (found.entries, found.text, found.tokens) == ((), "", 0)
        assert found.because == "there is no memory yet"

    def test_a_memory_that_is_no_text_recalls_nothing_and_says_why(self, tmp_path: Path) -> None:
        (tmp_path / "memory.md").write_bytes(b"\x00")
        assert ask(tmp_path / "memory.md", "x").because == "there is a NUL byte: this is not a text file"


def test_word_stems_are_found_through_the_index(tmp_path: Path) -> None:
    path = remember(tmp_path, [draft("He prefers invoices")])
    assert texts(ask(path, "preferring an invoice")) == ["He prefers invoices"]


def test_an_index_is_kept_and_gives_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = remember(tmp_path, [draft(f"fact {n} of Japan", days_ago=n) for n in range(30)])
    cache = tmp_path / "state" / ".scout.index"
    first = ask(path, "Japan", cache=cache)
    kept = cache.read_bytes()
    monkeypatch.setattr(index, "_build", lambda *_: pytest.fail("it was built again"))
    assert ask(path, "Japan", cache=cache) == first
    assert cache.read_bytes() == kept


def test_an_index_holds_for_one_state_of_the_file(tmp_path: Path) -> None:
    path = remember(tmp_path, [draft("Japan: yen")])
    cache = tmp_path / ".scout.index"
    assert len(ask(path, "Japan", cache=cache).entries) == 1
    status = path.stat()
    path.write_text(path.read_text().replace("yen", "won"))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert texts(ask(path, "Japan", cache=cache)) == ["Japan: won"]


@pytest.mark.parametrize("damage", [b"", b"no database", None, b"SQLite format 3\x00" + b"\x00" * 4000])
def test_a_damaged_index_is_built_anew(tmp_path: Path, damage: bytes | None) -> None:
    path = remember(tmp_path, [draft("Japan: yen")])
    cache = tmp_path / ".scout.index"
    ask(path, "Japan", cache=cache)
    cache.write_bytes(cache.read_bytes()[:3000] if damage is None else damage)
    assert texts(ask(path, "Japan", cache=cache)) == ["Japan: yen"]
    assert index._open(cache).execute("SELECT entries FROM about").fetchone() == (1,)


def test_no_text_is_taken_from_an_index(tmp_path: Path) -> None:
    """A project may bring an index of its own; what it can do is rank badly."""
    path = remember(tmp_path, [draft("Japan: yen"), draft("Peru: sol")])
    cache = tmp_path / ".scout.index"
    ask(path, "Japan", cache=cache)
    with sqlite3.connect(cache) as forged:
        forged.execute("UPDATE entries SET name = 'forged', start = 'x', date = 1e300")
    forged.close()
    assert texts(ask(path, "Japan", cache=cache)) == ["Japan: yen"]


def test_where_no_index_can_be_kept_recall_still_works(tmp_path: Path) -> None:
    path = remember(tmp_path, [draft("Japan: yen")])
    (tmp_path / "file").touch()
    assert texts(ask(path, "Japan", cache=tmp_path / "file" / ".scout.index")) == ["Japan: yen"]


def test_ten_thousand_entries_are_searched(tmp_path: Path) -> None:
    """How fast is for `bench/memory.py` to show."""
    path = tmp_path / "memory.md"
    drafts = [draft(f"Customer {n} of region {n % 100} pays on day {n % 28}", run=f"r-{n}") for n in range(10_000)]
    path.write_text("".join(map(item_of, drafts)))
    cache = tmp_path / ".scout.index"
    for _ in range(2):
        found = ask(path, "When does customer 4711 pay?", cache=cache)
        assert texts(found)[0] == "Customer 4711 of region 11 pays on day 7"
    assert found.tokens <= 1000


@pytest.mark.parametrize("missing", ["sqlite3", "fcntl", "_sqlite3"])
def test_a_python_without_some_of_its_modules_remembers_too(tmp_path: Path, missing: str) -> None:
    remember(tmp_path, [draft("Japan: yen"), draft("Peru: sol")])
    code = (
        f"import sys; sys.modules[{missing!r}] = None\n"
        "from datetime import UTC, datetime; from pathlib import Path\n"
        "from personae.memory.recall import recall\n"
        "print(recall(Path('memory.md'), 'japan', budget_tokens=100, now=datetime.now(UTC)).text)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("- 2026-07-14: Japan: yen\n", "")


def test_words_that_are_everywhere_are_searched_only_while_they_cost_little(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = remember(tmp_path, [draft(f"Japan {'Peru ' * (n % 3)}fact {n}") for n in range(600)])
    assert len(ask(path, "fact 77 of Japan").entries) > 50
    monkeypatch.setattr(index, "_MOST_ROWS", 500)
    assert texts(ask(path, "fact 77 of Japan")) == ["Japan Peru Peru fact 77"]
    assert all("Peru" in text for text in texts(ask(path, "Japan or Peru")))
    assert len(ask(path, "Japan").entries) > 50


def test_a_time_to_come_counts_as_now(tmp_path: Path) -> None:
    path = remember(tmp_path, [draft("Japan: yen", days_ago=-400)])
    later = recall(path, "Japan", budget_tokens=100, now=NOW + timedelta(days=400))
    assert ask(path, "Japan").entries[0].score == later.entries[0].score
