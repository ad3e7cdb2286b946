"""Lays out tests/check/labelled and asks four linters: what is found, what is missed, what legal file is flagged.

    python bench/labelled.py --lint /opt/lint/bin [--json FILE]

Every case is checked alone, in a folder of its own that looks like a repository. A defect counts as found where a tool
says something (error or warning) of the file that it does not say of its repaired twin; so neither style advice nor a
lucky complaint about something else counts. A legal file or a repaired twin counts as flagged where a tool says
anything at all. agnix, skillsaw and skilllint are wheels of these names; --lint is the folder of their commands.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import tomllib
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

CASES = Path(__file__).parents[1] / "tests" / "check" / "labelled"
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One labelled file."""

    file: str
    path: str
    dialect: str
    label: str
    what: str
    rule: str = ""
    repair: tuple[str, str] | None = None
    beside: dict[str, str] = field(default_factory=dict)


def load_cases() -> list[Case]:
    table = tomllib.loads((CASES / "labels.toml").read_text(encoding="utf-8"))["case"]
    return [Case(**{**row, "repair": tuple(row["repair"]) if "repair" in row else None}) for row in table]


def lay(case: Case, root: Path, *, repaired: bool = False) -> None:
    """Write the case into `root` as a small repository."""
    text = (CASES / case.file).read_bytes().decode()
    if repaired and case.repair:
        text = text.replace(*case.repair, 1)
    for name, content in {**case.beside, case.path: text}.items():
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.replace("{{ghp}}", _token()).encode())
    (root / ".git").mkdir(exist_ok=True)


def _token() -> str:
    body = "k8Zq2mV5xTbR7nWc4LdY9sHf3GjP1a"
    number, digits = zlib.crc32(body.encode()), ""
    while number:
        number, rest = divmod(number, 62)
        digits = _DIGITS[rest] + digits
    return f"ghp_{body}{digits.rjust(6, '0')}"


Said = Counter[tuple[str, str]]
"""Rule and level, how often."""


def _personae(root: Path) -> Said:
    items = _json([sys.executable, "-m", "personae", "check", "--format", "json", "."], root)
    if isinstance(items, dict):
        items = items.get("diagnostics", [])
    return Counter((item["rule"], item["severity"]) for item in items)


def _agnix(command: Path) -> Callable[[Path], Said]:
    def run(root: Path) -> Said:
        items = _json([str(command), "--format", "json", "."], root)["diagnostics"]
        return Counter((item["rule"], item["level"]) for item in items)

    return run


def _skillsaw(command: Path) -> Callable[[Path], Said]:
    def run(root: Path) -> Said:
        items = _json([str(command), "lint", "--format", "json", "--no-progress", "."], root)["violations"]
        return Counter((item["rule_id"], item["severity"]) for item in items)

    return run


def _skilllint(command: Path) -> Callable[[Path], Said]:
    def run(root: Path) -> Said:
        found: Said = Counter()
        for file in _json([str(command), "check", "--json", "."], root).get("files", []):
            for validator in file["validators"]:
                found.update((issue["code"], issue["severity"]) for issue in validator["issues"])
        return found

    return run


# `Any` of json: three foreign shapes, each read where it is known.
def _json(command: list[str], root: Path):  # type: ignore[no-untyped-def]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, encoding="utf-8", timeout=60, check=False)
    try:
        return json.loads(done.stdout)
    except ValueError:
        return {"diagnostics": [], "violations": [], "files": []}


def _serious(said: Said) -> Said:
    return Counter({key: count for key, count in said.items() if key[1] in ("error", "warning")})


@dataclass(slots=True)
class Score:
    found: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    flagged: list[str] = field(default_factory=list)
    twins_flagged: list[str] = field(default_factory=list)


def measure(cases: Iterable[Case], run: Callable[[Path], Said]) -> Score:
    score = Score()
    for case in cases:
        with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
            lay(case, Path(first))
            said = _serious(run(Path(first)))
            if case.label == "legal":
                if said:
                    score.flagged.append(f"{case.file}: {', '.join(rule for rule, _ in said)}")
                continue
            lay(case, Path(second), repaired=True)
            twin = _serious(run(Path(second)))
            (score.found if said - twin else score.missed).append(case.file)
            if twin:
                score.twins_flagged.append(f"{case.file}: {', '.join(rule for rule, _ in twin)}")
    return score


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lint", type=Path, help="folder of the commands agnix, skillsaw and skilllint")
    parser.add_argument("--only", action="append", help="one of the tools; may be repeated")
    parser.add_argument("--json", type=Path, help="write every answer to this file")
    options = parser.parse_args()
    tools: dict[str, Callable[[Path], Said]] = {"personae": _personae}
    if options.lint:
        tools["agnix"] = _agnix(options.lint / "agnix")
        tools["skillsaw"] = _skillsaw(options.lint / "skillsaw")
        tools["skilllint"] = _skilllint(options.lint / "skilllint")
    cases = load_cases()
    scores = {name: measure(cases, run) for name, run in tools.items() if not options.only or name in options.only}
    _print(cases, scores)
    if options.json:
        shown = {
            name: {
                "found": score.found,
                "missed": score.missed,
                "flagged": score.flagged,
                "twins_flagged": score.twins_flagged,
            }
            for name, score in scores.items()
        }
        options.json.write_text(json.dumps(shown, indent=1), encoding="utf-8")


def _print(cases: list[Case], scores: dict[str, Score]) -> None:
    defects = [case for case in cases if case.label == "defect"]
    legal = len(cases) - len(defects)
    print(f"{len(defects)} defects, each with its repaired twin; {legal} legal files that look wrong\n")
    print("| tool | found | missed | legal files flagged | repaired twins flagged |")
    print("| --- | --: | --: | --: | --: |")
    for name, score in scores.items():
        row = (len(score.found), len(score.missed), len(score.flagged), len(score.twins_flagged))
        print(f"| {name} | {row[0]} | {row[1]} | {row[2]} of {legal} | {row[3]} of {len(defects)} |")
    print("\n| dialect | defects | " + " | ".join(scores) + " |")
    print("| --- | --: |" + " --: |" * len(scores))
    by_dialect: dict[str, list[str]] = defaultdict(list)
    for case in defects:
        by_dialect[case.dialect].append(case.file)
    for dialect, files in by_dialect.items():
        counts = [str(sum(file in score.found for file in files)) for score in scores.values()]
        print(f"| {dialect} | {len(files)} | {' | '.join(counts)} |")
    for name, score in scores.items():
        for title, items in (("missed", score.missed), ("flagged", score.flagged), ("twin", score.twins_flagged)):
            for item in items:
                print(f"{name} {title}: {item}", file=sys.stderr)


if __name__ == "__main__":
    main()
