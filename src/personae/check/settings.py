"""`[check]` of the project file: what is left out, how severe a rule is, and what is suppressed, each with a reason."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any, cast, get_args

from personae.errors import Diagnostic, Severity, UnknownNameError
from personae.library.tomltree import compose_toml
from personae.persona.shapes import Field, ListOf, MapOf, Named, Reading, Text
from personae.persona.yamltree import MappingNode

__all__ = ["CHECK", "Ignore", "Settings", "matches", "read_settings", "unknown_rule"]

CHECK = MapOf(
    {
        "exclude": Field(shape=ListOf(Text()), doc="files left out, as patterns from the project's root"),
        "baseline": Field(shape=Text(), doc="file of findings that are known and tolerated"),
        "rules": Field(shape=Named(Text(choices=get_args(Severity))), doc="how severe a rule is here"),
        "ignore": Field(
            shape=ListOf(
                MapOf(
                    {
                        "rule": Field(shape=Text(), required=True, doc="the rule, or a pattern such as codex-*"),
                        "files": Field(shape=ListOf(Text()), doc="patterns of files; absent is every file"),
                        "reason": Field(shape=Text(), required=True, doc="why the finding is fine here"),
                    }
                )
            ),
            doc="findings that are suppressed",
        ),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignore:
    """One `[[check.ignore]]`."""

    rule: str
    files: tuple[str, ...] = ()
    reason: str
    line: int = 1

    def covers(self, rule: str, file: str) -> bool:
        """Return whether a finding of `rule` in `file`, relative to the project's root, is suppressed."""
        return matches(rule, self.rule) and (not self.files or any(matches(file, item) for item in self.files))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a project says about checking."""

    file: str = ""
    exclude: tuple[str, ...] = ()
    baseline: str | None = None
    severities: Mapping[str, Severity] = field(default_factory=lambda: MappingProxyType({}))
    ignores: tuple[Ignore, ...] = ()


def read_settings(text: str, *, file: str) -> tuple[Settings, list[Diagnostic]]:
    """Read `[check]` of a project file that parses; what is wrong there is left out and reported."""
    tree, _ = compose_toml(text, file=file)
    node = next((value for key, value in tree.value if key.value == "check"), None) if tree else None
    if not isinstance(node, MappingNode):
        return Settings(file=file), []
    reading = Reading(file=file, first_line=1)
    values = cast("dict[str, Any]", CHECK.read(node, "check", reading) or {})
    return _settings(values, reading), reading.diagnostics


def _settings(values: dict[str, Any], reading: Reading) -> Settings:
    severities: dict[str, Severity] = {}
    for rule, word in values.get("rules", {}).items():
        path = f"check.rules.{rule}"
        _expect_rule(rule, path, reading)
        if word in get_args(Severity):
            severities[rule] = word
            continue
        help = "To switch a rule off, write [[check.ignore]] with rule and reason."
        message, expected = f"{word!r} is not one of error, warning, note", "error, warning or note"
        reading.report("invalid-choice", reading.nodes[path], path, message, found=word, expected=expected, help=help)
    ignores = []
    for index, entry in enumerate(values.get("ignore", ())):
        path = f"check.ignore[{index}]"
        if not {"rule", "reason"} <= entry.keys():
            continue  # reported by its shape
        _expect_rule(entry["rule"], f"{path}.rule", reading)
        if not entry["reason"].strip():
            reading.report(
                "suppression-without-reason",
                reading.nodes[f"{path}.reason"],
                f"{path}.reason",
                "the reason is empty, so nothing is suppressed",
                help="Say why the finding is fine here.",
            )
            continue
        line = reading.nodes[path].start_mark.line + 1
        files = tuple(entry.get("files", ()))
        ignores.append(Ignore(rule=entry["rule"], files=files, reason=entry["reason"], line=line))
    return Settings(
        file=reading.file,
        exclude=tuple(values.get("exclude", ())),
        baseline=values.get("baseline"),
        severities=MappingProxyType(severities),
        ignores=tuple(ignores),
    )


def _expect_rule(rule: str, path: str, reading: Reading) -> None:
    help = unknown_rule(rule)
    if help is not None:
        line, column = reading.nodes[path].start_mark.line + 1, reading.nodes[path].start_mark.column + 1
        reading.diagnostics.append(
            Diagnostic(
                rule="unknown-rule",
                severity="warning",
                message=f"there is no rule {rule!r}",
                file=reading.file,
                line=line,
                column=column,
                field=path,
                found=rule,
                help=help,
            )
        )


def unknown_rule(rule: str) -> str | None:
    """Return the way out when no rule is called `rule`; None when one is, or when it is a pattern."""
    if "*" in rule or "?" in rule:
        return None
    from personae.check import rulebook  # noqa: PLC0415  the documents of all rules, for those who name one

    try:
        rulebook.get(rule)
    except UnknownNameError as error:
        return error.help
    return None


def matches(name: str, pattern: str) -> bool:
    """Return whether `name` fits `pattern`: `*` stays in its folder, `**` does not; no slash means any folder."""
    return _compiled(pattern).fullmatch(name) is not None


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    if "/" not in pattern.rstrip("/"):
        pattern = f"**/{pattern}"
    pattern = pattern.lstrip("/")
    if pattern.endswith("/"):
        pattern += "**"
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    return re.compile("".join(_WILD.get(part) or re.escape(part) for part in parts), re.DOTALL)


_WILD = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
