"""Parse and validate many persona files, against the floor of reading the bytes and loading YAML with libyaml.

    python bench/load.py [--files 10000] [--corpus ../shared/corpus]

Both sides run in this process, on the same files, several times in turn; the best time of each counts. The floor knows
nothing of personas: it cuts the frontmatter and calls `yaml.load(..., CSafeLoader)`.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path

import yaml

from personae.persona.model import Home
from personae.persona.parse import parse

_FIELDS = (
    "model: claude-opus-5",
    "effort: high",
    "tier: T2",
    'tools: [read, grep, glob, "agent(researcher, reviewer)"]',
    "skills: [competitor-brief, launch-checklist]",
    "visibility: folder",
    "canDispatch: true",
    "opinions: [done, good]",
    "modes: [interactive, sub-agent]",
    "maxSteps: 30",
    'emoji: "🎯"',
    'color: "#3b82f6"',
    "order: 3",
    "memory:\n  path: notes/memory.md\n  maxLines: 500",
    "budget:\n  daily:\n    maxCostUsd: 10\n  perRun:\n    maxTokens: 20000",
    'heartbeats:\n  - cron: "0 9 * * 1"\n    label: Monday\n    prompt: Say what changed since Friday.\n'
    '  - cron: "30 17 * * 5"\n    prompt: "Draft the list for next week: names first."\n    enabled: false',
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--corpus", type=Path, default=Path(__file__).parents[2] / "shared" / "corpus")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        generated = write_files(Path(folder), options.files)
        corpus = sorted(options.corpus.rglob("*.md")) if options.corpus.is_dir() else []
        report("generated", generated, options.rounds)
        if corpus:
            report("corpus", corpus, options.rounds)
            report("both", [*generated, *corpus], options.rounds)
        memory(generated)


def write_files(folder: Path, count: int) -> list[Path]:
    """Write `count` valid persona files that differ in size and fields; the same every time."""
    chance = random.Random(20261120)
    paths = []
    for number in range(count):
        fields = chance.sample(_FIELDS, k=chance.randint(0, len(_FIELDS)))
        lines = [
            f"name: Agent {number}",
            "role: Launch strategy",
            "type: lead",
            f'description: "Plans launch {number}."',
        ]
        body = "You always work here, and results land in the folder of the launch.\n" * chance.randint(1, 60)
        path = folder / f"agent-{number}.md"
        path.write_text(
            "\n".join(["---", *lines, *fields, "---", f"You are agent {number}.\n", body]), encoding="utf-8"
        )
        paths.append(path)
    return paths


def floor(paths: Sequence[Path]) -> int:
    """Read the bytes and load the frontmatter; return how many did load."""
    loaded = 0
    for path in paths:
        text = path.read_bytes().decode("utf-8", "replace")
        end = text.find("\n---", 3)
        try:
            yaml.load(text[4:end], Loader=yaml.CSafeLoader)
        except yaml.YAMLError:
            continue
        loaded += 1
    return loaded


def ours(paths: Sequence[Path]) -> int:
    """Read, parse and validate; return how many gave a persona."""
    sound = 0
    for path in paths:
        sound += parse(path.read_bytes(), file=path.name, home=Home.AGENTS, slug="agent").persona is not None
    return sound


def report(name: str, paths: Sequence[Path], rounds: int) -> None:
    """Print the best time of each side and their ratio."""
    best: dict[Callable[[Sequence[Path]], int], float] = {floor: float("inf"), ours: float("inf")}
    results = {}
    for _ in range(rounds):
        for measured in best:
            began = time.perf_counter()
            results[measured] = measured(paths)
            best[measured] = min(best[measured], time.perf_counter() - began)
    per_file = {side: seconds / len(paths) * 1e6 for side, seconds in best.items()}
    print(
        f"{name}: {len(paths):,} files ({results[ours]:,} sound), "
        f"floor {best[floor]:.3f} s ({per_file[floor]:.0f} µs a file), "
        f"ours {best[ours]:.3f} s ({per_file[ours]:.0f} µs a file), ratio {best[ours] / best[floor]:.2f}"
    )


def memory(paths: Sequence[Path]) -> None:
    """Print what a persona holds, beside the bytes of its file."""
    tracemalloc.start()
    kept = [parse(path.read_bytes(), file=path.name, home=Home.AGENTS, slug="agent").persona for path in paths]
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    size = sum(path.stat().st_size for path in paths)
    print(f"memory: {held / len(kept):,.0f} bytes a persona, {size / len(paths):,.0f} bytes a file")


if __name__ == "__main__":
    main()
