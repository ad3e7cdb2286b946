"""Sub-agents beside those of others: the same work, in one run, a process for each, by models that cost nothing.

    python bench/subagents.py [--rounds 200] [--only ours]

`overhead` is the CPU of parent → child → parent. `thousand` is one parent that starts 1,000 children of a one-second
model in one turn: wall time (ideal 1 s) and memory on top. `cancel` is the time from cancelling a root to the end of
its last descendant (4 children of 4 children), and to the root's own end. `characters` is what each call of a parent
with three more tools carries when 0, 10, 100 and 300 personas of 200 characters are registered, its task apart.

The others are installed into a folder beside the system's temporary files, at the versions that `reference` names.
Ours writes its record to disk, as every run does; none of the others keeps anything.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent / "subagents_peers"
PEERS = ("agno==3.1.10", "openai-agents==0.24.0", "openai")
CONTENDERS = {
    "personae": ("ours.py", False),
    "pydantic-ai": ("pydantic_alone.py", False),
    "openai-agents": ("openai_peer.py", True),
    "agno": ("agno_peer.py", True),
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=200, help="Cancellations.")
    parser.add_argument("--only", choices=CONTENDERS)
    options = parser.parse_args()
    rows = []
    for name, (script, apart) in CONTENDERS.items():
        if options.only in (None, name):
            rows.append(row(name, measured(script, apart=apart, rounds=options.rounds)))
    header = ["", "ms", "1,000: s", "MiB", "last p50 ms", "p99", "root p99", "chars 0", "10", "100", "300"]
    print(" | ".join(header))
    for cells in rows:
        print(" | ".join(cells))


def measured(script: str, *, apart: bool, rounds: int) -> dict[str, Any]:
    """Run one contender and return what it found."""
    python = peers() if apart else Path(sys.executable)
    ran = subprocess.run([python, HERE / script, str(rounds)], capture_output=True, text=True, check=False)
    if ran.returncode:
        print(ran.stderr[-2_000:], file=sys.stderr)
        return {}
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def peers() -> Path:
    """Return a Python that has the others, made at the first call."""
    folder = Path(tempfile.gettempdir(), "personae-bench-peers")
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PEERS], check=True)
        (folder / "ready").touch()
    return python


def row(name: str, found: dict[str, Any]) -> list[str]:
    """Return the cells of one contender; a dash for what it could not do."""
    thousand, cancel, counts = (found.get(key, {}) for key in ("thousand", "cancel", "characters"))
    cells = [found.get("overhead_ms"), thousand.get("wall_s"), thousand.get("memory_mib")]
    cells += [cancel.get(key) for key in ("last_p50_ms", "last_p99_ms", "root_p99_ms")]
    cells += [counts.get(str(count)) for count in (0, 10, 100, 300)]
    return [name, *("–" if cell is None else f"{cell:,}" for cell in cells)]


if __name__ == "__main__":
    main()
