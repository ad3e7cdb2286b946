"""Makes safe repairs in files, and shows them first. Each is kept only if reading the file again proves it.

A repair counts when the finding is gone and no key stands twice and nothing that could be read is broken now.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from personae.check.outputs.columns import visible
from personae.check.outputs.seam import Sources
from personae.check.repairs import repair
from personae.errors import Diagnostic, Fix
from personae.persona.dialects import detect, read_agent, sniff
from personae.persona.parse import home_of, parse

__all__ = ["Read", "attach", "diff", "plan"]

Read: TypeAlias = Callable[[str], bytes | None]
"""Name of a file, as diagnostics have it, to its bytes; None when it cannot be read."""

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
_MOST_REPAIRS = 500
_BREAKS = frozenset(
    [
        *("invalid-yaml", "invalid-toml", "unclosed-frontmatter", "no-frontmatter", "invalid-encoding"),
        *("broken-frontmatter", "lost-frontmatter", "not-utf-8", "duplicate-key", "other-kind"),
    ]
)


def attach(findings: Iterable[Diagnostic], *, sources: Sources) -> list[Diagnostic]:
    """Return `findings`, each with its repair where it has one. Not proved yet, which only `plan` does."""
    return [replace(item, fix=repair(item, sources(item.file) or ())) for item in findings]


def plan(findings: Sequence[Diagnostic], *, read: Read, base: Path) -> dict[str, bytes]:
    """Return the new bytes of each file of which something can be repaired; nothing is written.

    `base` is the folder that the files are named from: their place says who reads them. What a repair brings to light,
    such as the next fault of a file that could not be read, is repaired too.
    """
    files: dict[str, list[Diagnostic]] = {}
    for item in findings:
        files.setdefault(item.file, []).append(item)
    changes = {}
    for file, found in files.items():
        before = read(file)
        after = _repaired(before, found, path=base / file) if before is not None else None
        if after is not None and after != before:
            changes[file] = after
    return changes


def diff(changes: Mapping[str, bytes], *, read: Read) -> str:
    """Return what `changes` would change, as a unified diff for people; invisible characters by their numbers."""
    parts: list[str] = []
    for file, after in changes.items():
        before = read(file) or b""
        texts = (_visible_lines(before), _visible_lines(after))
        parts += difflib.unified_diff(*texts, fromfile=file, tofile=file, lineterm="", n=2)
    return "\n".join(parts)


def _visible_lines(data: bytes) -> list[str]:
    """Return the lines of `data` as a terminal may show them."""
    return [visible(line.rstrip("\r\n")) for line in _lines_of(data)]


def _repaired(data: bytes, findings: Sequence[Diagnostic], *, path: Path) -> bytes | None:
    """Return `data` with every repair that holds; None when the file cannot be read by anyone here."""
    file = findings[0].file
    now = _read_again(data, file, path)
    if now is None:
        return None
    # What was there and is not asked for is suppressed, or somebody's known debt.
    left_alone = set(map(_identity, now)) - set(map(_identity, findings))
    for _ in range(_MOST_REPAIRS):
        # From below: what is removed moves nothing that is looked at later.
        wanted = sorted((item for item in now if _identity(item) not in left_alone), key=lambda item: -item.line)
        step = next((step for item in wanted if (step := _step(data, item, now, path)) is not None), None)
        if step is None:
            break
        data, now = step
    return data


def _step(
    data: bytes, item: Diagnostic, now: Sequence[Diagnostic], path: Path
) -> tuple[bytes, list[Diagnostic]] | None:
    """Return the bytes with `item` repaired, and what is wrong in them; None when there is no repair that holds."""
    lines = _lines_of(data)
    fix = repair(item, [line.rstrip("\r\n") for line in lines])
    changed = _changed(lines, fix) if fix else None
    after = _read_again(changed, item.file, path) if changed is not None else None
    if changed is None or after is None or not _holds(item, now, after):
        return None
    return changed, after


def _holds(item: Diagnostic, before: Sequence[Diagnostic], after: Sequence[Diagnostic]) -> bool:
    said_before, says_now = Counter(map(_key, before)), Counter(map(_key, after))
    is_gone = says_now[_key(item)] < said_before[_key(item)]
    return is_gone and not Counter(map(_break, after)).keys() - Counter(map(_break, before)).keys() - {""}


def _key(item: Diagnostic) -> tuple[str, str, int]:
    return item.rule, item.field, item.line


def _identity(item: Diagnostic) -> tuple[str, str, str]:
    return item.rule, item.field, item.message


def _break(item: Diagnostic) -> str:
    rule = item.rule if item.rule in _BREAKS else item.rule.partition("-")[2]
    return rule if rule in _BREAKS else ""


def _changed(lines: list[str], fix: Fix) -> bytes | None:
    if fix.line > len(lines):
        return None
    old = lines[fix.line - 1]
    ending = old[len(old.rstrip("\r\n")) :]
    new = [] if fix.text is None else [f"{fix.text}{ending}"]
    return "".join([*lines[: fix.line - 1], *new, *lines[fix.line :]]).encode("utf-8", "surrogateescape")


def _lines_of(data: bytes) -> list[str]:
    return _LINE.findall(data.decode("utf-8", "surrogateescape"))


def _read_again(data: bytes, file: str, path: Path) -> list[Diagnostic] | None:
    """Return what is wrong with `data`, read by whom its place says; None when nobody is known to read it."""
    home = home_of(path)
    if home is not None:
        return list(parse(data, file=file, home=home[0], slug=home[1]).diagnostics)
    dialect = detect(path) or sniff(path, data)
    return list(read_agent(data, file=file, dialect=dialect).diagnostics) if dialect else None
