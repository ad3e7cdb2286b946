"""Glob and grep within a workspace. No link is followed, and nothing is looked through without end."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from fnmatch import translate
from functools import lru_cache
from typing import Any

from personae.tools.files import read_text
from personae.tools.jail import Spot, Walk, missing, reach
from personae.tools.matching import matches
from personae.tools.say import count, found, refusing
from personae.tools.workspace import Refused, Workspace

__all__ = ["search_tools"]

MOST_PATHS = 500
MOST_MATCHES = 200
MOST_FILE_BYTES = 1_000_000
MOST_BYTES = 30_000_000
_LONGEST_SHOWN = 300
_LONGEST_PATTERN = 500
_WILD = re.compile(r"[*?\[]")


def search_tools(workspace: Workspace) -> dict[str, Callable[..., Any]]:
    """Return the tools by name."""

    @refusing
    def glob(pattern: str) -> str:
        """Find files by name, such as src/**/*.py. A star stays within a name, two stars cross folders.

        Args:
            pattern: The pattern, from the top of what is visible.
        """
        return _glob(workspace, pattern)

    @refusing
    def grep(pattern: str, path: str = ".", files: str = "", ignore_case: bool = False) -> str:
        """Find lines in text files.

        Args:
            pattern: A regular expression.
            path: The folder to look through, or one file.
            files: Only files whose name or path fits this pattern, such as *.py.
            ignore_case: Take capitals for small letters.
        """
        return _grep(workspace, pattern, path, files, ignore_case=ignore_case)

    return {"glob": glob, "grep": grep}


def _glob(workspace: Workspace, pattern: str) -> str:
    _check(pattern)
    names = pattern.split("/")
    fixed = next((at for at, name in enumerate(names) if _WILD.search(name)), len(names) - 1)
    start = "/".join(names[:fixed]) or ("/" if pattern.startswith("/") else ".")
    rest = tuple(name for name in names[fixed:] if name not in ("", "."))
    walk, paths, more = Walk(workspace), list[str](), False
    with reach(workspace, start) as top:
        if top.name:
            raise missing(top.folder, start) if top.found is None else Refused(f"{start!r} is not a folder.")
        for spot in walk.files(top):
            if _fits(spot.parts[len(top.parts) :], rest) and str(spot.parts).isprintable():
                more = len(paths) == MOST_PATHS
                if more:
                    break
                paths.append(workspace.shown(spot.area, spot.parts))
    if not paths:
        return f"No file fits {pattern!r}.{_cut(walk)}"
    said = f"\nThere are more than {MOST_PATHS}." if more else ""
    return found("glob", "\n".join(sorted(paths)), pattern=pattern) + said + _cut(walk)


def _grep(workspace: Workspace, pattern: str, path: str, files: str, *, ignore_case: bool) -> str:
    _check(pattern)
    _check(files)
    skipped: list[str] = []
    walk = Walk(workspace)
    with reach(workspace, path) as top:
        if top.found is None:
            raise missing(top.folder, path)
        texts = list(_texts(workspace, walk, top, files, skipped))
    if files and not texts and not skipped:
        return f"No file below {path!r} is called {files!r}. A folder goes into path; files is a name such as *.py."
    hits = matches(pattern, texts, ignore_case=ignore_case, most=MOST_MATCHES + 1)
    if isinstance(hits, str):
        return hits
    said = f" Not looked through: {count(len(skipped), 'file')} (no text, too large, or linked)." if skipped else ""
    if not hits:
        return f"No line matches in {count(len(texts), 'file')}.{said}{_cut(walk)}"
    lines = [f"{name}:{number}: {line.strip()[:_LONGEST_SHOWN]}" for name, number, line in hits[:MOST_MATCHES]]
    if len(hits) > MOST_MATCHES:
        said = f" There are more than {MOST_MATCHES}.{said}"
    told = f"{said}{_cut(walk)}".strip()
    return f"{found('grep', chr(10).join(lines), pattern=pattern)}\n{told}".rstrip()


def _texts(workspace: Workspace, walk: Walk, top: Spot, files: str, skipped: list[str]) -> Iterator[tuple[str, str]]:
    left = MOST_BYTES
    for spot in walk.files(top):
        if files and not (_fits(spot.parts[-1:], (files,)) or _fits(spot.parts[len(top.parts) :], files.split("/"))):
            continue
        shown = workspace.shown(spot.area, spot.parts)
        if left < 0:
            walk.cut = True
            return
        try:
            if spot.found is not None and spot.found.st_size > MOST_FILE_BYTES and not top.name:
                raise Refused("too large")
            text = read_text(spot, shown, most_bytes=MOST_FILE_BYTES)
        except Refused:
            if top.name:
                raise
            skipped.append(shown)
            continue
        left -= len(text)
        yield shown, text


def _fits(names: Sequence[str], pattern: Sequence[str]) -> bool:
    """Say whether `names` fit `pattern`, name by name; it takes the product of both lengths at most."""
    reached = {0}
    for at in range(len(pattern)):
        if pattern[at] == "**":
            reached = set(range(min(reached, default=len(names) + 1), len(names) + 1))
        else:
            wanted = _pattern(pattern[at])
            reached = {here + 1 for here in reached if here < len(names) and wanted.fullmatch(names[here])}
    return len(names) in reached


@lru_cache(maxsize=256)
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(translate(name))


def _check(pattern: str) -> None:
    if len(pattern) > _LONGEST_PATTERN or "\0" in pattern:
        raise Refused(f"A pattern has at most {_LONGEST_PATTERN} characters that can be seen.")


def _cut(walk: Walk) -> str:
    return " Not everything was looked through: there is too much. Name a folder." if walk.cut else ""
