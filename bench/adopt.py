"""One adoption, warm and from a cold process, beside the floor of only reading the files it is made of.

    python bench/adopt.py [--rounds 15] [--dormant 1000]

The persona leans on two opinions, a skill and a memory of 200 notes. Warm is `adopt()` in an open world, which looks
at every file again, as it must to be the latest. The cold process imports, opens the project and composes; its floor
starts the same interpreter and reads the same files. Sides run in turn; best and median of each are printed.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from personae.adopt.adopt import adopt
from personae.adopt.adoption import Adoption
from personae.adopt.world import World
from personae.adopt.world_store import open_world
from personae.library.project import Project
from personae.library.tiers import ModelOffer, ModelWish
from personae.memory.book import append_entries
from personae.memory.entry import Draft

_FILES = ("personas/keeper.md", "opinions/house.md", "opinions/craft.md", ".agents/skills/tides/SKILL.md")
_MEMORY = ".personae/memory/keeper/memory.md"
_TASK = "What did the log say about the fog horn?"
_COLD = """
import sys
from pathlib import Path
from personae.adopt.adopt import adopt
from personae.adopt.world_store import open_world
from personae.library.tiers import ModelOffer
world = open_world(Path("."), models=lambda project, wish: ModelOffer(embedded=True))
found = adopt("keeper", sys.argv[1], world=world, task=sys.argv[2])
assert found.prompt.system_text
"""
_FLOOR = """
import sys
for name in sys.argv[1:]:
    with open(name, "rb") as stream:
        stream.read()
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--dormant", type=int, default=1000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        os.environ["XDG_CONFIG_HOME"] = folder
        write_project(root)
        world = open_world(root, models=_embedded)
        print("warm, best of 200:")
        warm(root, world, "the same world")
        write_dormant(root, options.dormant)
        warm(root, open_world(root, models=_embedded), f"{options.dormant:,} more personas dormant")
        print(f"cold process, {options.rounds} rounds, {options.dormant:,} personas dormant:")
        cold(root, options.rounds)


def write_project(root: Path) -> None:
    """Write a project with one persona and all it leans on."""
    text = "Say what you saw, when and where. " * 12
    stance = "You keep the light.\n\n" + "- Write a line in the log for each hour.\n" * 20
    head = "kind: persona\nname: keeper\nopinions: [house, craft]\nskills: [tides]\ntools: [read, grep]"
    skill = f"---\nname: tides\ndescription: Reads tides.\n---\n{text * 10}\n"
    texts = (f"---\n{head}\n---\n{stance}", f"{text}\n", f"{text}\n", skill)
    for name, content in zip(_FILES, texts, strict=True):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    now = datetime.now(UTC)
    notes = [f"On day {number} the {'fog horn' if number % 20 == 0 else 'lamp'} was cleaned." for number in range(200)]
    append_entries(root / _MEMORY, [Draft(text=note, date=now, source="reflection", run="r") for note in notes])


def write_dormant(root: Path, count: int) -> None:
    """Write personas that nobody puts on."""
    for number in range(count):
        text = f"---\nkind: persona\nname: dormant{number}\nrole: Sleeper\n---\n" + "You sleep.\n" * 200
        (root / "personas" / f"dormant{number}.md").write_text(text, encoding="utf-8")


def warm(root: Path, world: World, what: str) -> None:
    """Print what an adoption takes in an open world, and what one holds."""

    def once(mode: str) -> Adoption:
        found = adopt("keeper", mode, world=world, task=_TASK)
        assert isinstance(found, Adoption), found
        return found

    def floor(names: tuple[str, ...]) -> None:
        for name in names:
            with (root / name).open("rb") as stream:
                stream.read()

    print(f"  {what}")
    for mode, names in (("sub-agent", _FILES), ("goal", (*_FILES, _MEMORY))):
        adopting, reading = _best_us(lambda mode=mode: once(mode)), _best_us(lambda names=names: floor(names))  # type: ignore[misc]
        note = "cold, no memory" if mode == "sub-agent" else "recalls from 200 notes"
        print(
            f"    {mode:10} {adopting:7.0f} µs, floor {reading:5.0f} µs, {len(once(mode).prompt.system_text):,} "
            f"characters of prompt, {_held_bytes(lambda mode=mode: once(mode)):,} bytes held ({note})"  # type: ignore[misc]
        )


def cold(root: Path, rounds: int) -> None:
    """Print what it takes from starting a process to a composed prompt."""
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "floor: read the 5 files": [sys.executable, "-c", _FLOOR, *_FILES, _MEMORY],
        "adopt as sub-agent": [sys.executable, "-c", _COLD, "sub-agent", _TASK],
        "adopt for a goal, with memory": [sys.executable, "-c", _COLD, "goal", _TASK],
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            began = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True, cwd=root)
            times[name].append((time.perf_counter() - began) * 1000)
    for name, taken in times.items():
        print(f"  {name:32} best {min(taken):6.1f} ms   median {statistics.median(taken):6.1f} ms")


def _embedded(project: Project, wish: ModelWish) -> ModelOffer:
    return ModelOffer(embedded=True)


def _best_us(run: Callable[[], object]) -> float:
    best = float("inf")
    for _ in range(200):
        began = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - began)
    return best * 1e6


def _held_bytes(run: Callable[[], object]) -> int:
    """Return what one more result holds."""
    kept = [run()]
    tracemalloc.start()
    kept += [run() for _ in range(20)]
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return held // 20


if __name__ == "__main__":
    main()
