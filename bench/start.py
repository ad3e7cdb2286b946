"""Start-up of the command line beside a bare interpreter: `--version`, and `check` on ten files.

    python bench/start.py [--rounds 20]

Every command runs in turn, `--rounds` times; the best and the median of each are printed.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from load import write_files


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    rounds: int = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        for path in write_files(Path(folder), 10):
            home = Path(folder) / ".agents" / path.stem
            home.mkdir(parents=True)
            path.rename(home / "persona.md")
        commands = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "personae --version": [sys.executable, "-m", "personae", "--version"],
            "personae check, 10 files": [sys.executable, "-m", "personae", "check", folder],
        }
        times: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(rounds):
            for name, command in commands.items():
                began = time.perf_counter()
                subprocess.run(command, check=True, capture_output=True, cwd=folder)
                times[name].append((time.perf_counter() - began) * 1000)
    for name, taken in times.items():
        print(f"{name:28} best {min(taken):6.1f} ms   median {statistics.median(taken):6.1f} ms")


if __name__ == "__main__":
    main()
