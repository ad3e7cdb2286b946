"""Findings that a team knows and has put off: a file that lists them, so that only new ones fail the check."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from personae.errors import Diagnostic, UsageError
from personae.persona.store import read_bytes, write_bytes

__all__ = ["Baseline", "Known", "Remaining", "fingerprint", "of", "read", "subtract", "write"]

_VERSION = 1
_MOST_BYTES = 64 << 20
_REWRITE = "Write it anew: personae check --write-baseline FILE."
# Lines move whenever a file is edited above them; the finding stays the same.
_LINE_NUMBERS = re.compile(r"\blines? \d+")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Known:
    """What makes two findings the same: neither the line nor the way out."""

    file: str
    rule: str
    field: str
    message: str
    """A hash of it: a baseline is committed, and messages quote files."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """Known findings, and how many of each."""

    known: Mapping[Known, int]

    def __len__(self) -> int:
        return sum(self.known.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Remaining:
    """What is left of findings after a baseline."""

    findings: tuple[Diagnostic, ...]
    known: int
    """How many the baseline covered."""
    gone: tuple[Known, ...]
    """Entries that nothing matches any more: they are fixed, or the file moved."""


def of(findings: Sequence[Diagnostic]) -> Baseline:
    """Return the baseline of `findings`."""
    return Baseline(Counter(_known(item) for item in findings))


def subtract(findings: Sequence[Diagnostic], baseline: Baseline) -> Remaining:
    """Return the findings that `baseline` does not know. Of equal ones it covers as many as it lists."""
    left = Counter(baseline.known)
    new: list[Diagnostic] = []
    for item in findings:
        known = _known(item)
        if left[known] > 0:
            left[known] -= 1
        else:
            new.append(item)
    gone = tuple(sorted((+left).elements()))
    return Remaining(findings=tuple(new), known=len(findings) - len(new), gone=gone)


def read(path: Path) -> Baseline:
    """Read a baseline file. Raises `StorageError`, and `UsageError` for a file that is none."""
    data = read_bytes(path, most=_MOST_BYTES)
    try:
        plain = json.loads(data)
        version = plain["version"]
        if version == _VERSION:
            return Baseline(Counter(Known(**_texts(entry)) for entry in plain["findings"]))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise UsageError(f"{path.as_posix()} is not a baseline of personae check", help=_REWRITE) from None
    raise UsageError(
        f"{path.as_posix()} is a baseline of version {version}, this personae reads {_VERSION}", help=_REWRITE
    )


def write(path: Path, findings: Sequence[Diagnostic]) -> Baseline:
    """Write `findings` as the baseline at `path`, sorted, a line each, and return it. Raises `StorageError`."""
    baseline = of(findings)
    entries = [
        {"file": known.file, "rule": known.rule, "field": known.field, "message": known.message}
        for known in sorted(Counter(baseline.known).elements())
    ]
    lines = ",\n".join(f"    {json.dumps(entry, ensure_ascii=False)}" for entry in entries)
    listed = f"[\n{lines}\n  ]" if entries else "[]"
    write_bytes(path, f'{{\n  "version": {_VERSION},\n  "findings": {listed}\n}}\n'.encode())
    return baseline


def fingerprint(item: Diagnostic) -> str:
    """Return a hash of what makes `item` the same finding in the next run."""
    known = _known(item)
    return _hash("\n".join((known.file, known.rule, known.field, known.message)))


def _known(item: Diagnostic) -> Known:
    message = _hash(_LINE_NUMBERS.sub("line", item.message))
    return Known(file=item.file, rule=item.rule, field=item.field, message=message)


def _hash(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _texts(entry: Mapping[str, object]) -> dict[str, str]:
    if not all(isinstance(value, str) for value in entry.values()):
        raise TypeError("every value of an entry is a text")
    return {key: str(value) for key, value in entry.items()}
