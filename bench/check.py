"""How fast `personae check` is: against agnix and a bare reader, at start, on a second run, with one file changed.

    python bench/check.py --agnix PATH/TO/agnix            # the corpus, both tools, in turn
    python bench/check.py --generated 100000               # a tree made up, ours alone

Each collection of the corpus is laid out as its tool would find it (`installed`), and as it is published. The two tools
take turns, so that whatever else the machine does falls on both. agnix uses every processor; ours is measured with one
process and with one per processor. The table has the best of the runs and the processor time, which a busy machine
changes less. Files are counted by each tool itself: those it checked. The floor is a Python program that reads the
same files and parses their frontmatter with libyaml and `tomllib`, and looks at nothing: no Python checker is faster.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "src"
_FLOOR = """
import os, tomllib, yaml
count = 0
for folder, _, names in os.walk("."):
    for name in names:
        if not name.endswith((".md", ".toml", ".yaml", ".yml")):
            continue
        with open(os.path.join(folder, name), "rb") as stream:
            text = stream.read().decode("utf-8", "replace")
        count += 1
        try:
            if name.endswith(".toml"):
                tomllib.loads(text)
            elif name.endswith(".md"):
                yaml.compose(text[4 : text.find("\\n---", 4)] if text.startswith("---") else "", yaml.CSafeLoader)
            else:
                yaml.compose(text, yaml.CSafeLoader)
        except (ValueError, yaml.YAMLError):
            pass
print(count, "files")
"""
_HOMES = {
    "wshobson__agents": ".claude/agents",
    "VoltAgent__awesome-claude-code-subagents": ".claude/agents",
    "msitarzewski__agency-agents": ".claude/agents",
    "github__awesome-copilot": ".github/agents",
    "VoltAgent__awesome-codex-subagents": ".codex/agents",
    "bmad-code-org__BMAD-METHOD": ".agents/skills",
    "crewAIInc__crewAI-examples": "",
    "hilash__cabinet": "",
    "alexherrero__agentm": "",
}
"""Collection to the folder its agents are installed in; empty where they are published as they are used."""


@dataclass(frozen=True, slots=True)
class Run:
    wall_s: float
    cpu_s: float
    files: int


def lay_out(corpus: Path, target: Path) -> None:
    """Copy each collection to where its tool reads agents, all in one folder as people install them."""
    for name, home in _HOMES.items():
        folder = target / name
        (folder / ".git").mkdir(parents=True)
        if not home:
            shutil.copytree(corpus / name, folder, dirs_exist_ok=True)
            continue
        (folder / home).mkdir(parents=True)
        for file in sorted((corpus / name).rglob("*")):
            if file.is_file():
                shutil.copyfile(file, _place(file, folder / home))


def _place(file: Path, home: Path) -> Path:
    if file.name == "SKILL.md":
        (home / file.parent.name).mkdir(exist_ok=True)
        return home / file.parent.name / file.name
    place, number = home / file.name, 1
    while place.exists():
        number += 1
        place = home / f"{file.name.partition('.')[0]}-{number}{file.name[file.name.index('.') :]}"
    return place


def gather(installed: Path, home: Path) -> None:
    """Copy the agents of every collection for Claude Code into one folder, as people do who want them all."""
    home.mkdir(parents=True)
    for file in sorted(installed.glob("*/.claude/agents/*.md")):
        shutil.copyfile(file, home / f"{file.parents[2].name[:8]}-{file.name}")


def measure(command: Sequence[str], folder: Path, count: Callable[[str], int], env: dict[str, str]) -> Run:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, encoding="utf-8", check=False)
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(wall, cpu, count(done.stdout + "\n" + done.stderr))


def count_ours(text: str) -> int:
    summary = text.rstrip().rpartition("\n")[2]
    return int(summary.partition(" ")[0].replace(",", ""))


def count_agnix(text: str) -> int:
    return int(json.loads(text[text.index("{") : text.rindex("}") + 1])["files_checked"])


def best(runs: Sequence[Run]) -> Run:
    return Run(min(run.wall_s for run in runs), min(run.cpu_s for run in runs), runs[0].files)


class Bench:
    def __init__(self, agnix: Path | None, rounds: int, cache: Path) -> None:
        self._rounds, self._cache = rounds, cache
        keep = {key: value for key, value in os.environ.items() if key in ("PATH", "HOME", "LANG")}
        self._env = {**keep, "PYTHONPATH": str(SOURCE), "XDG_CACHE_HOME": str(cache), "XDG_CONFIG_HOME": str(cache)}
        ours = [sys.executable, "-m", "personae", "check", ".", "--format", "concise"]
        self._ours, self._cold = ours, [*ours, "--no-cache"]
        self._agnix = [str(agnix), "--format", "json", "--max-files", "0", "."] if agnix else None

    def pair(self, title: str, folder: Path) -> None:
        """Run both tools on `folder` in turn and print a row for each."""
        cold: list[Run] = []
        shared: list[Run] = []
        theirs: list[Run] = []
        for _ in range(self._rounds):
            cold.append(measure([*self._cold, "--jobs", "1"], folder, count_ours, self._env))
            shared.append(measure(self._cold, folder, count_ours, self._env))
            if self._agnix:
                theirs.append(measure(self._agnix, folder, count_agnix, self._env))
        self._row(title, "personae, one process", best(cold))
        self._row(title, "personae, one per processor", best(shared))
        if theirs:
            self._row(title, "agnix", best(theirs))
            self._ratio(title, "our one process", best(cold), best(theirs))
            self._ratio(title, "ours, one per processor,", best(shared), best(theirs))

    def apart(self, title: str, folders: Sequence[Path]) -> None:
        """Run both tools on each folder by itself, a process each, and print the sums."""
        for name, command, count in (("personae", self._cold, count_ours), ("agnix", self._agnix, count_agnix)):
            if command:
                runs = [best([measure(command, folder, count, self._env) for _ in range(3)]) for folder in folders]
                total = Run(
                    sum(run.wall_s for run in runs), sum(run.cpu_s for run in runs), sum(run.files for run in runs)
                )
                self._row(title, name, total)

    def again(self, title: str, folder: Path) -> None:
        """Measure a second run of an unchanged tree."""
        time.sleep(0.2)
        measure(self._ours, folder, count_ours, self._env)
        self._row(title, "personae", best([measure(self._ours, folder, count_ours, self._env) for _ in range(7)]))

    def changed(self, title: str, folder: Path, file: Path) -> None:
        """Measure a run after `file` changed, with all else as it was in the run before."""
        runs = []
        for _ in range(7):
            file.write_bytes(file.read_bytes() + b"\nOne more line.\n")
            time.sleep(0.2)  # what changed just now is not remembered
            runs.append(measure(self._ours, folder, count_ours, self._env))
        self._row(title, "personae", best(runs[1:]))

    def floor(self, title: str, folder: Path) -> None:
        command = [sys.executable, "-c", _FLOOR]
        runs = [measure(command, folder, lambda text: int(text.split()[0]), self._env) for _ in range(5)]
        self._row(title, "read and parse, in Python", best(runs))

    def starts(self) -> None:
        version = [sys.executable, "-m", "personae", "--version"]
        for title, command in (("an empty program", [sys.executable, "-c", "print(0)"]), ("--version", version)):
            run = best([measure(command, self._cache, lambda text: 0, self._env) for _ in range(7)])
            self._row(title, "python", run)

    @staticmethod
    def _ratio(title: str, whose: str, ours: Run, other: Run) -> None:
        if other.files:
            wall = (ours.files / ours.wall_s) / (other.files / other.wall_s)
            cpu = (ours.files / ours.cpu_s) / (other.files / other.cpu_s)
            print(f"| {title} | {whose} against agnix, files per second | | | | {wall:.1f}x | {cpu:.1f}x |")

    @staticmethod
    def _row(title: str, tool: str, run: Run) -> None:
        rates = f"{run.files / run.wall_s:,.0f} | {run.files / run.cpu_s:,.0f}" if run.files else "|"
        print(f"| {title} | {tool} | {run.files:,} | {run.wall_s:.3f} | {run.cpu_s:.3f} | {rates} |", flush=True)


def generate(count: int, target: Path) -> None:
    """Write `count` personas and agents, a hundred to a project, one in twenty with a fault."""
    for number in range(count):
        root = target / f"{number // 10_000:02}" / f"project-{number // 100:04}"
        if number % 100 == 0:
            (root / ".claude" / "agents").mkdir(parents=True)
            (root / "personas").mkdir()
            (root / "personae.toml").touch()
        fault = "colour: red\n" if number % 20 == 0 else ""
        body = f"You are worker {number}. Read what you are given, line by line, and write down what is new.\n\n" * 6
        head = f"name: worker-{number}\ndescription: Reads part {number} of the archive and lists what is new in it.\n"
        if number % 2:
            (root / ".claude" / "agents" / f"worker-{number}.md").write_text(f"---\n{head}{fault}---\n{body}")
        else:
            (root / "personas" / f"worker-{number}.md").write_text(f"---\nkind: persona\n{head}{fault}---\n{body}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, default=Path("/work/shared/corpus"))
    parser.add_argument("--agnix", type=Path, help="the agnix command, from the wheel of that name")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--generated", type=int, default=0, metavar="FILES", help="a made-up tree instead of the corpus"
    )
    options = parser.parse_args()
    print(
        "| what | tool | files | wall s | cpu s | files/s | files/cpu s |\n| --- | --- | --: | --: | --: | --: | --: |"
    )
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        (place / "cache").mkdir()
        bench = Bench(options.agnix, options.rounds, place / "cache")
        if options.generated:
            generate(options.generated, place / "tree")
            bench.pair("a made-up tree", place / "tree")
            bench.again("the same again, unchanged", place / "tree")
            return
        lay_out(options.corpus, place / "installed")
        shutil.copytree(options.corpus, place / "published")
        bench.pair("nine collections, installed, one command", place / "installed")
        bench.floor("the floor for those", place / "installed")
        bench.apart("nine collections, installed, a command each", sorted((place / "installed").iterdir()))
        bench.pair("nine collections as published, one command", place / "published")
        bench.again("installed again, unchanged", place / "installed")
        some = next((place / "installed" / "wshobson__agents").rglob("*.md"))
        bench.changed("installed again, one file changed", place / "installed", some)
        gather(place / "installed", place / "gathered" / ".claude" / "agents")
        bench.pair("all agents for Claude Code in one folder", place / "gathered")
        one = place / "one" / ".claude" / "agents"
        one.mkdir(parents=True)
        shutil.copyfile(some, one / "agent.md")
        bench.pair("one file", place / "one")
        bench.again("one file again", place / "one")
        bench.starts()


if __name__ == "__main__":
    main()
