"""Mutates real persona files and checks every one: no crash, no hang, and always a verdict.

    nice -n 15 python bench/fuzz.py --count 200000 [--corpus FOLDER] [--seed 1] [--keep FOLDER]

The seeds are the files of the corpus where there is one, else our own labelled files and built-in personas. File number
N of a seed is always the same bytes. A file that needs more than one second of processor time counts as a hang. What
fails is written to --keep, so that it can be turned into a test.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from types import FrameType

from personae.check.context import Context
from personae.check.models import MODELS
from personae.check.rules import FILE_RULES, TREE_RULES
from personae.check.subject import Subject
from personae.errors import Diagnostic
from personae.library.library import load_built_in
from personae.library.project import Project
from personae.library.registry import Registry
from personae.library.substrate import SHIPPED
from personae.persona.dialects import ForeignAgent, detect, read_agent, sniff
from personae.persona.model import Persona
from personae.persona.parse import home_of, parse

LONGEST_S = 1.0
HERE = Path(__file__).parents[1]
CORPUS = Path("/work/shared/corpus")
ROOT = Path("/fuzz")
BUILT_IN = Registry(load_built_in().personas).snapshot()
CONTEXT = Context(
    project=Project(root=ROOT),
    personas=BUILT_IN,
    slugs=frozenset(BUILT_IN),
    substrate=SHIPPED,
    today=date(2026, 11, 20),
    models=MODELS,
    exists=lambda path: len(path.name) % 2 == 0,
)
SUFFIXES = (".md", ".toml", ".yaml")

# Paths of every dialect: a file of one may well lie where another reads it.
PATHS = (
    *(".agents/critic/persona.md", "personas/critic.md", ".claude/agents/critic.md", ".opencode/agents/critic.md"),
    *(".codex/agents/critic.toml", ".gemini/agents/critic.md", ".grok/agents/critic.md", ".cursor/agents/critic.md"),
    *(".github/agents/critic.agent.md", ".qwen/agents/critic.md", ".kiro/agents/critic.md", ".agents/agents/critic.md"),
    *(".factory/droids/critic.md", ".goose/agents/critic.md", "config/agents.yaml", ".agents/skills/critic/SKILL.md"),
)

# What parsers and patterns stumble over: fences, brackets, depth, repetition, characters with a meaning.
_MARKS = (
    *(b"---\n", b"---", b"...\n", b"```\n", b"~~~\n", b"<!--", b"-->", b"]: # (", b"![x](http://a/?b={", b"](../../"),
    *(b": ", b":\n", b"- ", b"? ", b"&a ", b"*a ", b"!!x ", b"|\n", b">-\n", b"{", b"}", b"[", b"]", b"'", b'"', b"\\"),
)
_BYTES = (
    b"\t",
    b"\r",
    b"\r\n",
    b"\x00",
    b"\x1b[31m",
    b"\xff",
    b"\xc3",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b"\xe2\x80\xa8",
)
_CHARACTERS = tuple(one.encode() for one in ("\u200b", "\u202e", "\U000e0041", "İ", "ß", "\U0001f3f4", "é", "漢"))
_FIELDS = (
    *(b"always_load: true\n", b"tools: []\n", b"tools: '*'\n", b"model: claude-3-opus\n", b"name: con\n", b"kind: x\n"),
    *(
        b"heartbeats:\n  - cron: '* * * * *'\n    prompt: x\n",
        b"budget: {daily: {maxCostUsd: 0}}\n",
        b"maxSteps: 1e9\n",
    ),
)
_PROSE = (
    *(
        b"never edit ",
        b"you are read-only ",
        b"run `npm test`\n",
        b"LAUNCH_TASK to ",
        b"https://webhook.site/",
        b"QUJD",
    ),
    *(
        b"ghp_",
        b"AKIA",
        b"sk-ant-api03-",
        b"-----BEGIN PRIVATE KEY-----\n",
        b"~/.ssh/id_rsa ",
        b"\\x41",
        b"a" * 64,
        b" " * 64,
    ),
)
PIECES = (*_MARKS, *_BYTES, *_CHARACTERS, *_FIELDS, *_PROSE)


def mutate(data: bytes, other: bytes, random_: random.Random) -> bytes:
    """Return `data` after one to six changes."""
    for _ in range(random_.choice((1, 1, 2, 3, 6))):
        data = random_.choice(_CHANGES)(data, other, random_)
    return data[: 3 << 20]


def _span(data: bytes, random_: random.Random, longest: int = 400) -> tuple[int, int]:
    start = random_.randrange(len(data) + 1)
    # Half of all changes hit the first lines, where the fields are.
    start = min(start, random_.randrange(600)) if random_.random() < 0.5 else start
    return start, min(len(data), start + random_.randrange(longest))


def _flip(data: bytes, other: bytes, random_: random.Random) -> bytes:
    index = _span(data, random_)[0]
    return data[:index] + bytes([random_.randrange(256)]) + data[index + 1 :]


def _remove(data: bytes, other: bytes, random_: random.Random) -> bytes:
    start, end = _span(data, random_)
    return data[:start] + data[end:]


def _double(data: bytes, other: bytes, random_: random.Random) -> bytes:
    start, end = _span(data, random_, 60)
    return data[:start] + data[start:end] * random_.choice((2, 3, 50, 2000)) + data[end:]


def _insert(data: bytes, other: bytes, random_: random.Random) -> bytes:
    index = _span(data, random_)[0]
    return data[:index] + random_.choice(PIECES) * random_.choice((1, 1, 1, 2, 40, 5000)) + data[index:]


def _splice(data: bytes, other: bytes, random_: random.Random) -> bytes:
    start, end = _span(other, random_, 2000)
    index = _span(data, random_)[0]
    return data[:index] + other[start:end] + data[index:]


def _cut(data: bytes, other: bytes, random_: random.Random) -> bytes:
    return data[: _span(data, random_)[0]]


def _shuffle(data: bytes, other: bytes, random_: random.Random) -> bytes:
    lines = data.split(b"\n")
    first, second = random_.randrange(len(lines)), random_.randrange(min(len(lines), 20))
    lines[first], lines[second] = lines[second], lines[first]
    return b"\n".join(lines)


def _reencode(data: bytes, other: bytes, random_: random.Random) -> bytes:
    text = data.decode("utf-8", "replace")
    change: Callable[[str], bytes] = random_.choice(
        (
            lambda text: text.encode("utf-16"),
            lambda text: text.encode("latin-1", "replace"),
            lambda text: text.replace("\n", "\r\n").encode(),
            lambda text: text.upper().encode(),
            lambda text: text.replace(" ", "\u00a0").encode(),
            lambda text: text.replace("\n", " ").encode(),
        )
    )
    return change(text)


_CHANGES = (_flip, _flip, _remove, _remove, _double, _insert, _insert, _insert, _splice, _cut, _shuffle, _reencode)


def verdict_of(data: bytes, path: Path) -> str:
    """Check one file as `personae check` would, in every respect but the disk; return its verdict in a word."""
    subject, diagnostics, fate = _read(data, path)
    if subject is not None:
        for rule in FILE_RULES:
            diagnostics += rule(subject, CONTEXT)
        for tree_rule in TREE_RULES:
            diagnostics += tree_rule([subject], CONTEXT)
    for item in diagnostics:
        if not (item.rule and item.message and item.line >= 1 and item.column >= 1):
            raise AssertionError(f"no proper diagnostic: {item!r}")
    severities = {item.severity for item in diagnostics}
    return fate + "".join(f", {severity}" for severity in ("error", "warning", "note") if severity in severities)


def _read(data: bytes, path: Path) -> tuple[Subject | None, list[Diagnostic], str]:
    place = home_of(path)
    if place is not None:
        parsed = parse(data, file=path.as_posix(), home=place[0], slug=place[1])
        fate = "sound" if parsed.persona else "left alone" if parsed.left_alone else "broken"
        if parsed.text is None:
            return None, list(parsed.diagnostics), fate
        document = parsed.document
        body, body_line = (document.body, document.body_line) if document else ("", 1)
        subject = _subject(path, "persona", parsed.text, body, body_line, persona=parsed.persona, places=parsed.places)
        return subject, list(parsed.diagnostics), fate
    dialect = detect(path) or sniff(path, data)
    if dialect is None:
        return None, [], "nobody's"
    read = read_agent(data, file=path.as_posix(), dialect=dialect)
    subject = _subject(path, dialect.id, read.text, read.body, read.body_line, agent=read.agent, places=read.places)
    return subject, list(read.diagnostics), f"{dialect.id} {read.fate}"


def _subject(
    path: Path,
    dialect: str,
    text: str,
    body: str,
    body_line: int,
    *,
    persona: Persona | None = None,
    agent: ForeignAgent | None = None,
    places: Mapping[str, tuple[int, int]],
) -> Subject:
    return Subject(
        file=path.as_posix(),
        path=path,
        root=ROOT,
        dialect=dialect,
        text=text,
        body=body,
        body_line=body_line,
        persona=persona,
        agent=agent,
        places=places,
    )


class _HangError(Exception):
    """A file took too long."""


def _too_long(number: int, frame: FrameType | None) -> None:
    raise _HangError


def seeds(corpus: Path) -> list[tuple[str, bytes]]:
    """Return path and bytes of every real file."""
    folders = [corpus] if corpus.is_dir() else [HERE / "tests" / "check" / "labelled", HERE / "src" / "personae"]
    files = sorted(file for folder in folders for file in folder.rglob("*") if file.suffix in SUFFIXES)
    return [(file.as_posix(), file.read_bytes()) for file in files]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200_000)
    parser.add_argument("--start", type=int, default=0, help="number of the first file")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    parser.add_argument("--keep", type=Path, default=Path("fuzz-failures"))
    options = parser.parse_args()
    real = seeds(options.corpus)
    print(f"{len(real)} real files, {options.count:,} to be made of them", flush=True)
    failures, verdicts, slowest = run(real, options.start, options.count, options.seed, options.keep)
    print(f"verdicts: {dict(verdicts.most_common())}")
    print(f"slowest: {slowest[0]:.3f} s of processor time (file {slowest[1]})")
    print(f"failures: {failures}")
    sys.exit(1 if failures else 0)


def run(
    real: list[tuple[str, bytes]], start: int, count: int, seed: int, keep: Path
) -> tuple[int, Counter[str], tuple[float, int]]:
    """Check `count` mutated files; return how many failed, the verdicts, and the slowest with its number."""
    signal.signal(signal.SIGVTALRM, _too_long)
    failures, verdicts, slowest = 0, Counter[str](), (0.0, -1)
    began = time.monotonic()
    for number in range(start, start + count):
        random_ = random.Random(seed * 1_000_003 + number)
        (path, data), (_, other) = random_.choice(real), random_.choice(real)
        path = random_.choice(PATHS) if random_.random() < 0.5 else path
        made = mutate(data, other, random_)
        took, before = 0.0, time.thread_time()
        signal.setitimer(signal.ITIMER_VIRTUAL, 20 * LONGEST_S)
        try:
            verdicts[verdict_of(made, ROOT / path.lstrip("/"))] += 1
            took = time.thread_time() - before
            problem = f"took {took:.1f} s" if took > LONGEST_S else ""
        except Exception:
            problem = traceback.format_exc()
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        slowest = max(slowest, (took, number))
        if problem:
            failures += 1
            keep.mkdir(parents=True, exist_ok=True)
            (keep / f"{number}{Path(path).suffix}").write_bytes(made)
            print(f"file {number} as {path}: {problem}", flush=True)
        if (number + 1 - start) % 10_000 == 0:
            rate = (number + 1 - start) / (time.monotonic() - began)
            print(f"{number + 1 - start:,} files, {rate:.0f} a second, {failures} failures", flush=True)
    return failures, verdicts, slowest


if __name__ == "__main__":
    main()
