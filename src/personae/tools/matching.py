"""The regular expressions of `grep`, run as a program of its own: a pattern that never ends is killed with it.

A match holds the interpreter's lock, so in this process it could be neither stopped nor waited beside.
Nothing but the standard library: it is started as a file, without the package.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

__all__ = ["NEVER_ENDS", "Hit", "matches"]

Hit = tuple[str, int, str]
"""File, line from 1, the line."""
NEVER_ENDS = "The search did not end within 10 s. Use a simpler pattern, or search fewer files."
_TIMEOUT_S = 10.0
_LONGEST_LINE = 2_000


def matches(pattern: str, texts: Iterable[tuple[str, str]], *, ignore_case: bool, most: int) -> list[Hit] | str:
    """Return the lines of `texts` (name, text) that match, at most `most`; or why it cannot be said."""
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        return f"{pattern!r} is not a regular expression: {error}."
    order: dict[str, str | bool | int] = {"pattern": pattern, "ignore_case": ignore_case, "most": most}
    if re.escape(pattern) == pattern or not re.search(r"[\\^$.|?*+()\[\]{}]", pattern):
        return list(_search(order, texts))
    given = "\n".join(json.dumps(item) for item in (order, *texts))
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", str(Path(__file__).resolve())],
            input=given.encode(),
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=True,
            env={},
        )
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError):
        return NEVER_ENDS
    return [(str(name), int(line), str(text)) for name, line, text in json.loads(done.stdout)]


def _search(order: dict[str, str | bool | int], texts: Iterable[tuple[str, str]]) -> Iterator[Hit]:
    wanted = re.compile(str(order["pattern"]), re.IGNORECASE if order["ignore_case"] else 0)
    left = int(order["most"])
    for name, text in texts:
        for number, line in enumerate(text.split("\n"), start=1):
            if wanted.search(line[:_LONGEST_LINE]):
                yield name, number, line
                left -= 1
                if not left:
                    return


def _main() -> None:
    first, *rest = sys.stdin.buffer.read().split(b"\n")
    json.dump(list(_search(json.loads(first), (json.loads(line) for line in rest))), sys.stdout)


if __name__ == "__main__":
    _main()
