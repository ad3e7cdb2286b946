"""Findings as a JSON array for programs: eight keys that are always there, and what else is known."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from personae.check.outputs.seam import Sources
from personae.errors import Diagnostic

__all__ = ["as_json"]

_ALWAYS = ("file", "line", "column", "rule", "severity", "field", "message", "help")
_IF_KNOWN = ("found", "expected", "end_line", "end_column")


def as_json(findings: Sequence[Diagnostic], *, sources: Sources) -> str:
    """Return an array with an object per finding; `[]` without any. Lines and columns count from 1."""
    return json.dumps([_object(item) for item in findings], ensure_ascii=False, indent=2)


def _object(item: Diagnostic) -> dict[str, object]:
    plain: dict[str, object] = {key: getattr(item, key) for key in _ALWAYS}
    plain |= {key: value for key in _IF_KNOWN if (value := getattr(item, key))}
    if item.related:
        plain["related"] = [asdict(place) for place in item.related]
    if item.fix:
        plain["fix"] = asdict(item.fix)
    return plain
