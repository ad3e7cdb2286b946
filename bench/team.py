"""Time the planner's answers over a thousand plans and over branches: `python bench/team.py [PLANS] [BRANCHES]`."""

from __future__ import annotations

import functools
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from personae.team.readiness import readiness
from personae.team.report import QUESTIONS, Question, answer, to_json
from personae.team.situation import Situation
from personae.team.survey import survey
from personae.team.words import to_text

NOW = datetime(2026, 6, 5, 12, 0, tzinfo=UTC)


def timed(label: str, work: Callable[[], object]) -> None:
    start = time.perf_counter()
    work()
    print(f"{label:<48} {(time.perf_counter() - start) * 1000:>9.1f} ms")


def write_plans(folder: Path, count: int, touches: Callable[[int], str], *, done: int = 0) -> None:
    staged = folder / "queued-plans"
    staged.mkdir(parents=True)
    for number in range(count):
        finished = number < done
        box = "x" if finished else " "
        body = "".join(f"- [{box}] task {task}\n" for task in range(20))
        head = f"---\ntouches: {touches(number)}\n---\n"
        target = folder if finished else staged
        (target / f"PLAN-p{number}.md").write_text(f"{head}# Plan: p{number}\n\n## Tasks\n{body}")


def git(root: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=Bench", "-c", "user.email=bench@example.invalid")
    subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True)


def spread(number: int) -> str:
    return f"['src/m{number}/**', 'docs/*/{number}.md']"


def tangled(number: int) -> str:
    return f"['src/{number % 40}/**', 'lib/{{{number % 37},x{number % 90}}}/*', 'docs/**/p{number % 113}*']"


def together(_: int) -> str:
    return "['src/**/*.py']"


def bench_plans(count: int, name: str, touches: Callable[[int], str]) -> None:
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        write_plans(root / ".harness", count, touches)
        timed(f"{count} plans, {name}: read", lambda: survey(root, now=NOW, zone=UTC, ask_git=False))
        seen = survey(root, now=NOW, zone=UTC, ask_git=False)
        for question in QUESTIONS:
            timed(f"{count} plans, {name}: {question}", functools.partial(ask, question, seen))
        timed(f"{count} plans, {name}: status as JSON", lambda: to_json(answer("status", seen)))
        found = readiness(seen)
        print(f"    safe: {len(found.safe)}, proved to be the largest: {found.exact}")


def ask(question: Question, seen: Situation) -> str:
    return to_text(answer(question, seen))


def bench_branches(count: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        git(root, "init", "-q", "-b", "main")
        (root / ".gitignore").write_text(".harness/\n")
        git(root, "add", "-A")
        git(root, "commit", "-q", "-m", "base")
        for number in range(count):
            git(root, "checkout", "-q", "-b", f"worker/p{number}", "main")
            (root / f"f{number}.txt").write_text("x\n" * number)
            git(root, "add", "-A")
            git(root, "commit", "-q", "-m", "work")
        git(root, "checkout", "-q", "main")
        write_plans(root / ".harness", count, spread, done=count)
        timed(f"{count} finished plans with branches: read and ask", lambda: survey(root, now=NOW, zone=UTC))


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:]]
    for name, touches in (("apart", spread), ("tangled", tangled), ("all in one place", together)):
        bench_plans(numbers[0] if numbers else 1000, name, touches)
    bench_branches(numbers[1] if len(numbers) > 1 else 50)
