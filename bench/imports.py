"""Import the corpus: what becomes of each collection, and the time beside reading the same files as their host.

    python bench/imports.py [--corpus ../shared/corpus] [--rounds 3]

Both sides run in this process on the same bytes, in turn; the best time of each counts. The floor is our own reader of
the host's format, which the check uses: it makes no persona, no report and no file.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from personae.hosts.imports.account import Imported
from personae.hosts.imports.batch import Options, Source, import_all
from personae.hosts.imports.cabinet import CABINET
from personae.hosts.imports.reading import dialect_of, read_foreign
from personae.persona.dialects import HOSTS

_CORPUS = Path(__file__).parents[2] / "shared" / "corpus"
_FATES = ("kept", "mapped", "narrowed", "dropped", "repaired")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, default=_CORPUS)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(f"{'collection':42} files personas repaired refused alone   import    floor")
    everything: list[Source] = []
    fates: Counter[str] = Counter()
    for folder in sorted(path for path in options.corpus.iterdir() if path.is_dir()):
        sources = read(folder)
        everything += sources
        fates.update(change.fate for item in import_all(sources, Options()) for change in item.changes)
        show(folder.name, sources, options.rounds)
    show("all", everything, options.rounds)
    print(f"{sum(fates.values()):,} fields: " + ", ".join(f"{fates[fate]:,} {fate}" for fate in _FATES))


def read(folder: Path) -> list[Source]:
    """Return the files of a collection."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return [Source(path=path, file=str(path), data=path.read_bytes()) for path in files]


def show(name: str, sources: Sequence[Source], rounds: int) -> None:
    """Print a line about one collection."""
    items: list[Imported] = import_all(sources, Options())
    counts = Counter(item.status for item in items)
    repaired = sum(item.is_repaired for item in items if item.status == "imported")
    taken = best(lambda: import_all(sources, Options()), rounds)
    floor = best(lambda: just_read(sources), rounds)
    print(
        f"{name:42} {len(sources):5} {counts['imported']:8} {repaired:8} {counts['refused']:7} "
        f"{counts['left-alone']:5} {taken * 1e3:6.0f}ms {floor * 1e3:6.0f}ms"
    )


def just_read(sources: Sequence[Source]) -> None:
    """Read each file as its host does."""
    for source in sources:
        host = dialect_of(source.path, source.data)
        if host is not None and host in (*HOSTS, CABINET.id):
            read_foreign(source.data, path=source.path, host=host)


def best(work: Callable[[], object], rounds: int) -> float:
    """Return the shortest of several times, in seconds."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


if __name__ == "__main__":
    main()
