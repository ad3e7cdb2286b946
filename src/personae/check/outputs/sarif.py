"""Findings as SARIF 2.1.0 (OASIS), which code hosts and editors show beside the code."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from personae import __version__
from personae.check.baseline import fingerprint
from personae.check.outputs.seam import Sources
from personae.check.outputs.span import end_column
from personae.check.rulebook import Rule, get
from personae.errors import Diagnostic, Fix, Place, UnknownNameError

__all__ = ["as_sarif"]

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_DRIVE = re.compile(r"[A-Za-z]:/")


def as_sarif(findings: Sequence[Diagnostic], *, sources: Sources) -> str:
    """Return one log with one run. Files named relatively are relative to `%SRCROOT%`, as GitHub wants them."""
    rules = list(dict.fromkeys(item.rule for item in findings))
    run = {
        "tool": {
            "driver": {"name": "personae", "version": __version__, "rules": [_descriptor(rule) for rule in rules]}
        },
        # Our columns count characters; without this a reader would take them for UTF-16 units.
        "columnKind": "unicodeCodePoints",
        "results": [_result(item, rules.index(item.rule), sources) for item in findings],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2)


def _descriptor(id: str) -> dict[str, object]:
    try:
        rule: Rule = get(id)
    except UnknownNameError:  # a plugin's rule, or one of a newer version in a remembered report
        return {"id": id}
    return {
        "id": id,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.sections["What it does"]},
        "help": {"text": f"personae explain {id}", "markdown": rule.as_markdown()},
        "defaultConfiguration": {"level": rule.severity},
        "properties": {"tags": [rule.chapter]},
    }


def _result(item: Diagnostic, index: int, sources: Sources) -> dict[str, object]:
    lines = sources(item.file) if item.file else None
    subject = f"{item.field}: {item.message}" if item.field else item.message
    result: dict[str, object] = {
        "ruleId": item.rule,
        "ruleIndex": index,
        "level": item.severity,
        "message": {"text": f"{subject}. {item.help}" if item.help else subject},
        "partialFingerprints": {"personaeFinding/v1": fingerprint(item)},
    }
    if item.file:
        result["locations"] = [{"physicalLocation": {**_artifact(item.file), "region": _region(item, lines)}}]
    if item.related:
        result["relatedLocations"] = [_related(number, place) for number, place in enumerate(item.related)]
    if item.fix and (change := _change(item.fix, sources(item.fix.file))):
        result["fixes"] = [{"description": {"text": item.help or subject}, "artifactChanges": [change]}]
    return result


def _region(item: Diagnostic, lines: Sequence[str] | None) -> dict[str, object]:
    region: dict[str, object] = {"startLine": item.line, "startColumn": item.column}
    if not lines or item.line > len(lines):
        return region
    source = lines[item.line - 1]
    region["endLine"] = max(item.end_line, item.line)
    region["endColumn"] = max(item.end_column, 1) if item.end_line > item.line else end_column(item, source)
    return region


def _related(number: int, place: Place) -> dict[str, object]:
    region = {"startLine": place.line, "startColumn": place.column}
    location: dict[str, object] = {"id": number, "physicalLocation": {**_artifact(place.file), "region": region}}
    return location | ({"message": {"text": place.message}} if place.message else {})


def _change(fix: Fix, lines: Sequence[str] | None) -> Mapping[str, object] | None:
    if not lines or fix.line > len(lines):
        return None
    replacement = dict(_replacement(fix, lines[fix.line - 1]))
    return {**_artifact(fix.file), "replacements": [replacement]}


def _replacement(fix: Fix, line: str) -> Iterator[tuple[str, object]]:
    start = {"startLine": fix.line, "startColumn": 1}
    if fix.text is None:
        yield "deletedRegion", {**start, "endLine": fix.line + 1, "endColumn": 1}
    else:
        yield "deletedRegion", {**start, "endLine": fix.line, "endColumn": len(line) + 1}
        yield "insertedContent", {"text": fix.text}


def _artifact(file: str) -> dict[str, object]:
    if file.startswith("/") or _DRIVE.match(file):
        return {"artifactLocation": {"uri": f"file:///{quote(file.lstrip('/'), safe='/:')}"}}
    return {"artifactLocation": {"uri": quote(file, safe="/"), "uriBaseId": "%SRCROOT%"}}
