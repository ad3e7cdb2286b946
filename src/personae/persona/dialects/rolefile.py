"""A Codex role: TOML bytes to agent, diagnostics and fate. Positions come from a scan, for TOML readers keep none."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any

from personae.persona.dialects.agent import ReadAgent
from personae.persona.dialects.assemble import Naming, agent_from, places_of
from personae.persona.dialects.cuts import decode
from personae.persona.dialects.keys import check_keys
from personae.persona.dialects.report import Report
from personae.persona.dialects.table import HostTable
from personae.persona.dialects.toml11 import as_toml_1_0
from personae.persona.dialects.values import Value, from_toml
from personae.persona.patterns import lazy
from personae.persona.source import MAX_FILE_BYTES

__all__ = ["read_role"]

_AT = lazy(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_KEY = lazy(r"""[ \t]*(?:\[+[ \t]*)?(?:"([^"\\]+)"|'([^']+)'|([A-Za-z0-9_-]+))[^\n=\]]*(=?)[ \t]*""")
_PROMPT = "developer_instructions"
_QUOTES = '"""'
_PROMPT_OPENING = lazy(rf"^{_PROMPT} *= *{_QUOTES}", re.MULTILINE)
_MARK = "\ue000"
_SPECIAL = b"\\" + bytes({*range(32), 127} - {9, 10})


def read_role(data: bytes, *, file: str, table: HostTable, naming: Naming) -> ReadAgent:
    """Read the role in `data` as Codex would."""
    report = Report(file, table)
    if len(data) > MAX_FILE_BYTES:
        message = f"the file has {len(data):,} bytes, at most {MAX_FILE_BYTES:,} are read"
        report.add("file-too-large", message, severity="warning", help="No model here takes a prompt of that size.")
        return ReadAgent(agent=None, diagnostics=tuple(report.diagnostics))
    decoded = decode(data)
    text = decoded.text
    if decoded.broken_at is not None:
        line = text.count("\n", 0, text.find("\ufffd")) + 1
        report.breaks("not-utf-8", "a byte here is not UTF-8", at=(line, 1), help="Save the file as UTF-8.")
        return ReadAgent(agent=None, fate=report.fate, diagnostics=tuple(report.diagnostics), text=text)
    values = _parsed(text, report)
    if values is None:
        return ReadAgent(agent=None, fate=report.fate, diagnostics=tuple(report.diagnostics), text=text)
    check_keys(values, table, report)
    prompt = values.get(_PROMPT)
    name = values["name"].text if "name" in values else naming.stem
    without_prompt = {key: value for key, value in values.items() if key != _PROMPT}
    agent = agent_from(without_prompt, table, prompt=prompt.text.strip() if prompt else "", name=name)
    return ReadAgent(
        agent=agent,
        agents=(agent,),
        fate=report.fate,
        diagnostics=tuple(report.diagnostics),
        places=places_of(values),
        text=text,
        body=prompt.text if prompt else "",
        body_line=prompt.line if prompt else 1,
    )


def _parsed(text: str, report: Report) -> dict[str, Value] | None:
    """Return the top level of `text`. Codex reads TOML 1.1; Python's reader takes 1.0, so the rest is rewritten."""
    document = _without_reading_prompt(text)
    if document is None:
        try:
            document = tomllib.loads(text)
        except (ValueError, RecursionError) as error:
            try:
                document = tomllib.loads(as_toml_1_0(text))
            except (ValueError, RecursionError):
                _refused(error, text, report)
                return None
    places = _places(text)
    return {name: from_toml(item, *places.get(name, (1, 1))) for name, item in document.items()}


def _without_reading_prompt(text: str) -> dict[str, Any] | None:
    """Return what `tomllib.loads` would, None where only it can tell.

    `tomllib` looks at each character, and nearly all of them are the prompt's. One in three double quotes, without
    anything to unescape, means itself: a mark is read in its place.
    """
    opening = _PROMPT_OPENING.search(text)
    if opening is None or _MARK in text:
        return None
    start = opening.end()
    prompt, quotes, rest = text[start:].partition(_QUOTES)
    is_first = _QUOTES not in text[: start - 3] and "'''" not in text[:start]
    if not (is_first and quotes and _means_itself(prompt)) or rest.startswith('"'):
        return None
    try:
        document = tomllib.loads(f"{text[:start]}{_MARK}{quotes}{rest}")
    except (ValueError, RecursionError):
        return None
    if document.get(_PROMPT) != _MARK:
        return None
    document[_PROMPT] = prompt.removeprefix("\n")
    return document


def _means_itself(text: str) -> bool:
    """Whether nothing in a text between three double quotes is an escape or forbidden."""
    data = text.encode()
    return len(data.translate(None, _SPECIAL)) == len(data)


def _refused(error: Exception, text: str, report: Report) -> None:
    said = str(error) if isinstance(error, tomllib.TOMLDecodeError) else "it cannot be read"
    found = _AT.search(said)
    line, column = 1, 1
    if found is not None:
        line = int(found.group(1)) if found.group(1) else text.count("\n") + 1
        column = int(found.group(2)) if found.group(2) else 1
        said = said[: found.start()]
    message = f"invalid TOML: {said[:1].lower()}{said[1:]}"
    help = 'Write key = "value"; a text of several lines stands between three quotes.'
    report.breaks("broken-frontmatter", message, at=(line, column), help=help)


def _places(text: str) -> Mapping[str, tuple[int, int]]:
    """Return where the value of each top-level key begins, outside of texts of several lines."""
    places: dict[str, tuple[int, int]] = {}
    open_quote = ""
    for number, line in enumerate(text.split("\n"), 1):
        if open_quote:
            if open_quote in line:
                open_quote = ""
            continue
        found = _KEY.match(line)
        if found is not None:
            name = found.group(1) or found.group(2) or found.group(3)
            column = (found.end() if found.group(4) else found.start(found.lastindex or 0)) + 1
            places.setdefault(name, (number, column))
        for quote in ('"""', "'''"):
            if line.count(quote) % 2:
                open_quote = quote
    return places
