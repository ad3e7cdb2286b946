"""Every rule as a document: what `personae explain RULE` prints and what docs/rules.md is made of.

A document is the docstring of a function that is named like the rule. It has a sentence, a line with the severity, and
the five headings of `HEADINGS`. Its examples are whole files; a test runs them.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType, ModuleType
from typing import cast, get_args

from personae.check.rulebook import danger, hosts, identity, meaning, project, reading, substance, surroundings
from personae.errors import Severity, UnknownNameError
from personae.persona.dialects.hosts import HOSTS

__all__ = ["HEADINGS", "Rule", "all_rules", "as_markdown", "get"]

HEADINGS = ("What it does", "Why it is bad", "Example", "Instead", "Known limits")
_CHAPTERS: Mapping[str, ModuleType] = {
    "Reading the file": reading,
    "Who it is": identity,
    "What its fields say": substance,
    "The project around it": project,
    "What it leans on": surroundings,
    "What it means": meaning,
    "What it endangers": danger,
    "Agents of other tools": hosts,
}
_ANY_HOST = "HOST"
"""Stands in the id of a rule that each host has, such as `HOST-wrong-type` for `gemini-wrong-type`."""
_KINDS = {"file": "", "bytes": ", written with the escapes of its bytes", "unicode": ", written with escapes"}
_BLOCK = re.compile(
    r"^```(?P<kind>file|bytes|unicode|link) (?P<path>[^\n]+?)(?: x(?P<times>\d+))?(?: only=(?P<only>\d+))?\n"
    r"(?P<content>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
_SEVERITY = re.compile(r"^Severity: (\w+)\.(?: (.+))?$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule, for people."""

    id: str
    severity: Severity
    """The usual one; the section "What it does" says when it is another."""
    summary: str
    """One sentence."""
    sections: Mapping[str, str]
    """Heading to Markdown, in the order of `HEADINGS`."""
    chapter: str

    def as_markdown(self) -> str:
        """Return the document as `personae explain` prints it."""
        parts = [f"# {self.id}", f"{self.summary} ({self.severity})"]
        parts += [f"## {heading}\n\n{_for_people(text)}" for heading, text in self.sections.items()]
        return "\n\n".join(parts) + "\n"


def get(rule: str) -> Rule:
    """Return the document of `rule`. Raises `UnknownNameError` with the close matches."""
    found = _by_id().get(rule) or _of_host(rule)
    if found is None:
        raise UnknownNameError("rule", rule, _by_id())
    return found


def _of_host(rule: str) -> Rule | None:
    """Return the document of a host's rule, with what is known of that host."""
    host, _, word = rule.partition("-")
    table, general = HOSTS.get(host), _by_id().get(f"{_ANY_HOST}-{word}")
    if table is None or general is None:
        return None
    limits = f"{general.sections['Known limits']} Facts of {table.title} {table.version}: {table.evidence}, "
    sections = {**general.sections, "Known limits": f"{limits}{table.verified} ({table.source})."}
    return replace(general, id=rule, sections=MappingProxyType(sections))


def all_rules() -> tuple[Rule, ...]:
    """Return every document, in the order of the chapters."""
    return tuple(_by_id().values())


def as_markdown(rules: Sequence[Rule]) -> str:
    """Return the page docs/rules.md."""
    lines = [_INTRODUCTION]
    for chapter in dict.fromkeys(rule.chapter for rule in rules):
        members = [rule for rule in rules if rule.chapter == chapter]
        lines.append(f"## {chapter}\n")
        lines += ["| rule | severity | in one sentence |", "| --- | --- | --- |"]
        lines += [f"| [`{rule.id}`](#{rule.id}) | {rule.severity} | {rule.summary} |" for rule in members]
        lines.append("")
        lines += [_entry(rule) for rule in members]
    return "\n".join(lines)


_INTRODUCTION = """# The rules of `personae check`

This page is made by `python -m personae.check.rulebook > docs/rules.md`; `personae explain RULE` prints one of them.
An error fails the check, a warning fails it under `--strict`, a note never does.
Every example here is run by a test.
"""


def _entry(rule: Rule) -> str:
    body = "\n\n".join(f"**{heading}.**\n\n{_for_people(text)}" for heading, text in rule.sections.items())
    return f"### {rule.id}\n\n{rule.summary} Severity: {rule.severity}.\n\n{body}\n"


def _for_people(text: str) -> str:
    """Return a section with the name of each file above it, instead of in the fence, where nobody would see it."""
    return _BLOCK.sub(_shown, text)


def _shown(block: re.Match[str]) -> str:
    path, content = block["path"], block["content"]
    if block["kind"] == "link":
        return f"`{path}`, a link to `{content.strip()}`"
    said = _KINDS[block["kind"]]
    if block["times"]:
        which = f"line {block['only']}" if block["only"] else "the last line"
        said += f", with {which} {int(block['times']):,} times"
    language = {"md": "markdown", "toml": "toml", "py": "python"}.get(path.rpartition(".")[2], "text")
    return f"`{path}`{said}:\n\n```{language}\n{content}```"


@cache
def _by_id() -> Mapping[str, Rule]:
    found = {}
    for chapter, module in _CHAPTERS.items():
        for name, function in vars(module).items():
            if inspect.isfunction(function) and function.__module__ == module.__name__:
                prefix = f"{_ANY_HOST}-" if module is hosts else ""
                rule = _read(prefix + name.replace("_", "-"), inspect.getdoc(function) or "", chapter)
                found[rule.id] = rule
    return MappingProxyType(found)


def _read(rule: str, document: str, chapter: str) -> Rule:
    head, *rest = _HEADING.split(document)
    severity = _SEVERITY.search(head)
    sections = dict(zip(rest[::2], (text.strip() for text in rest[1::2]), strict=True))
    if tuple(sections) != HEADINGS or severity is None or severity[1] not in get_args(Severity):
        raise ValueError(f"the document of {rule} has the headings {tuple(sections)}, not {HEADINGS}")
    return Rule(
        id=rule,
        severity=cast("Severity", severity[1]),
        summary=head[: severity.start()].strip(),
        sections=MappingProxyType(sections),
        chapter=chapter,
    )
