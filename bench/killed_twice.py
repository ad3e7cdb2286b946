"""The README's main job on the embedded model, killed twice in the middle; every finished step must keep its bytes.

    python bench/killed_twice.py [--model embedded:qwen2.5-coder-0.5b]

A planned run of three steps over a report. It gets SIGKILL three seconds after its first step is done, again three
seconds after the next one, and is resumed each time. What each step answered is compared by digest. Exit code 1 where a
finished step was done again, or the run does not end.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from dev import GOAL

REPORT = Path(__file__).resolve().parents[1] / "examples" / "harbor" / "report.md"
LATER_S = 3.0


@dataclass
class Job:
    """One run in a folder of its own."""

    root: Path
    began: float = field(default_factory=time.monotonic)

    def say(self, text: str) -> None:
        print(f"{time.monotonic() - self.began:6.1f} s  {text}", flush=True)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "personae", *arguments],
            cwd=self.root,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def killed_after_a_step(self, *arguments: str) -> None:
        process = self.start(*arguments)
        assert process.stderr is not None
        for line in process.stderr:
            self.say(line.rstrip())
            if ") done in " in line:
                time.sleep(LATER_S)
                process.kill()
                self.say("kill -9")
                break
        process.wait()

    def to_the_end(self, *arguments: str) -> int:
        process = self.start(*arguments)
        assert process.stderr is not None
        for line in process.stderr:
            self.say(line.rstrip())
        return process.wait()

    def read(self, *arguments: str) -> list[dict[str, object]] | dict[str, list[dict[str, object]]]:
        command = [sys.executable, "-m", "personae", *arguments, "--json"]
        done = subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=True)
        found: list[dict[str, object]] | dict[str, list[dict[str, object]]] = json.loads(done.stdout)
        return found

    def ends(self) -> Mapping[str, str]:
        """Return the digest of how each finished step ended."""
        runs = self.read("runs")
        assert isinstance(runs, list)
        log = self.read("log", str(runs[0]["run"]))
        assert isinstance(log, dict)
        return {str(entry["key"]): _digest(entry["body"]) for entry in log["entries"] if entry["kind"] == "end"}


def _digest(body: object) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:12]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="embedded:qwen2.5-coder-0.5b")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        job = Job(Path(folder))
        (job.root / "personae.toml").touch()
        shutil.copy(REPORT, job.root / "report.md")
        job.killed_after_a_step("run", GOAL, "--with", "report.md", "--model", given.model)
        first = job.ends()
        job.killed_after_a_step("resume")
        second = job.ends()
        code = job.to_the_end("resume")
        last = job.ends()
    changed = [key for before in (first, second) for key, digest in before.items() if last.get(key) != digest]
    print(f"after the first kill {len(first)} ends stood, after the second {len(second)}, at last {len(last)}")
    print(f"done again: {', '.join(changed) or 'nothing'}; exit code {code}")
    return 1 if changed or code else 0


if __name__ == "__main__":
    sys.exit(main())
