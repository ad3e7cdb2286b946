"""Recall from a memory of 10,000 entries, and adding to it, beside doing the same by reading everything each time.

    python bench/memory.py [--entries 10000] [--rounds 20]

The text is drawn as language is: few words often, most words seldom (Zipf), 20 words an entry. `warm` has an index of
the file as it is; `fresh process` is the same in a new interpreter, imports counted apart; `cold` builds the index
and keeps it. `everything` parses the file and weighs all entries in Python; `grep` only reads the bytes and looks for
one word: no recall can be quicker. All of it runs in this process and on this file, in turn; best and median count.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from personae.memory.book import append_entries, read_book
from personae.memory.entry import REFLECTION, Draft
from personae.memory.markdown import item_of
from personae.memory.recall import Recall, recall
from personae.memory.search import current, search_without_index
from personae.memory.words import query_words

NOW = datetime(2026, 7, 14, tzinfo=UTC)
VOCABULARY = 20_000
SOURCE = Path(__file__).parents[1] / "src"
FRESH = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
began = time.perf_counter()
from personae.memory import index
from personae.memory.recall import recall
imported = time.perf_counter()
path, cache, query = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
recall(path, query, budget_tokens=1000, now=datetime(2026, 7, 14, tzinfo=UTC), index=cache)
print(imported - began, time.perf_counter() - imported)
"""
WRITE = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from personae.memory.book import append_entries
from personae.memory.entry import Draft
for number in range(int(sys.argv[3])):
    draft = Draft(text=f"{sys.argv[2]} {number}", date=datetime.now(UTC), source="reflection", run=f"r-{number}")
    append_entries(Path(sys.argv[1]), [draft])
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path, cache = Path(folder, "memory.md"), Path(folder, ".index")
        write(path, options.entries)
        print(f"{options.entries:,} entries, {path.stat().st_size / 1e6:.1f} MB, Python {sys.version.split()[0]}")
        reading(path, cache, options.rounds)
        fresh(path, cache, min(options.rounds, 5))
        adding(path, options.rounds)
        together(Path(folder, "shared", "memory.md"))


def write(path: Path, entries: int) -> None:
    """Write the memory; word `w1` is the most frequent."""
    chance = random.Random(4)
    weights = [1 / rank for rank in range(1, VOCABULARY + 1)]
    words = [f"w{rank}" for rank in range(1, VOCABULARY + 1)]
    drawn = chance.choices(words, weights, k=entries * 20)
    drafts = (
        Draft(
            text=" ".join(drawn[number * 20 : number * 20 + 20]),
            date=NOW - timedelta(hours=entries - number),
            source=REFLECTION,
            run=f"r-{number}",
            importance=chance.choice((1, 2, 3, 4)),
        )
        for number in range(entries)
    )
    path.write_text("# Memory\n\n" + "".join(map(item_of, drafts)), encoding="utf-8")


def reading(path: Path, cache: Path, rounds: int) -> None:
    """Recall by questions of rare words, of frequent ones, of a whole page of text, and by none."""

    def ask(query: str, index: Path | None = cache) -> Recall:
        return recall(path, query, budget_tokens=1000, now=NOW, index=index)

    chance = random.Random(5)
    page = " ".join(f"w{chance.randint(1, 2000)}" for _ in range(300))
    questions = {
        "rare words": "w700 w4000 w1200",
        "frequent words": "w1 w2 w3 w4 w5",
        "a page of text": page,
        "none": "",
    }

    def ask_anew() -> Recall:
        cache.unlink(missing_ok=True)
        return ask("w700")

    show("cold", measured(ask_anew, min(rounds, 5)))
    for name, query in questions.items():
        found = ask(query)
        taken = measured(lambda query=query: ask(query), rounds)  # type: ignore[misc]
        show(f"warm, {name}", taken, f"{len(found.entries)} entries, {found.tokens} tokens")
    everything = measured(
        lambda: search_without_index(current(read_book(path).entries), query_words(questions["rare words"])), 3
    )
    show("everything, rare words", everything)
    show(
        "grep, one word",
        measured(lambda: [line for line in path.read_bytes().split(b"\n") if b" w700 " in line], rounds),
    )


def fresh(path: Path, cache: Path, rounds: int) -> None:
    """Recall in a new process, as a scheduled beat does."""
    imports, recalls = [], []
    for _ in range(rounds):
        command = [sys.executable, "-c", FRESH, str(path), str(cache), "w700 w4000 w1200"]
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment())
        imported, recalled = map(float, done.stdout.split())
        imports.append(imported * 1000)
        recalls.append(recalled * 1000)
    show("fresh process, imports", imports)
    show("fresh process, recall", recalls)


def adding(path: Path, rounds: int) -> None:
    """Add one entry; beside it, what the disk takes to keep the same bytes."""
    numbers = iter(range(10**9))

    def add() -> None:
        append_entries(path, [Draft(text=f"new {next(numbers)}", date=NOW, source=REFLECTION, run="r")])

    def floor() -> None:
        data = path.read_bytes()
        with path.with_suffix(".copy").open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())

    show("add one entry", measured(add, rounds))
    show("write the same bytes", measured(floor, rounds))


def together(path: Path, each: int = 100) -> None:
    """Two processes add at once."""
    began = time.perf_counter()
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITE, str(path), who, str(each)], env=environment()) for who in "ab"
    ]
    codes = [writer.wait() for writer in writers]
    taken = time.perf_counter() - began
    kept = len(read_book(path).entries)
    print(f"two processes at once: {kept} of {2 * each} entries kept in {taken:.1f} s, exit codes {codes}")


def environment() -> dict[str, str]:
    """Return the environment in which a child finds this checkout."""
    return {**os.environ, "PYTHONPATH": str(SOURCE)}


def measured(work: Callable[[], object], rounds: int) -> list[float]:
    """Return milliseconds, one a round."""
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        times.append((time.perf_counter() - began) * 1000)
    return times


def show(name: str, times: list[float], more: str = "") -> None:
    """Print one line."""
    print(f"{name:26} best {min(times):7.1f} ms   median {statistics.median(times):7.1f} ms   {more}".rstrip())


if __name__ == "__main__":
    main()
