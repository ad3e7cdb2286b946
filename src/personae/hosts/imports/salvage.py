"""Frontmatter that is no YAML, read all the same: repairs that take less and less for granted.

The last one believes in nothing but the keys that a host knows: a line that begins with one starts a value, and every
other line goes on with the value before it. So dialogue in a description never becomes a key.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Collection, Iterator

from personae.persona.yamltree import MappingNode, compose

__all__ = ["attempts", "normalized"]

_FENCED = re.compile(r"\A---[^\S\n]*\n(?P<frontmatter>.*?)^---[^\S\n]*(?P<body>\n.*|)\Z", re.MULTILINE | re.DOTALL)
_KEY = re.compile(r"(?P<key>[A-Za-z_][A-Za-z0-9_-]*)[^\S\n]*:(?:[^\S\n]+(?P<value>.*)|)")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")


def normalized(data: bytes) -> tuple[bytes, tuple[str, ...]]:
    """Return `data` as UTF-8 with `\\n` line ends and without control characters, and what was done to it."""
    done: list[str] = []
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if data.startswith(mark):
            text = data.decode(encoding, "replace")
            done.append("the file is UTF-16; it was read as such")
            break
    else:
        if data.startswith(codecs.BOM_UTF8):
            data = data[len(codecs.BOM_UTF8) :]
            done.append("a byte-order mark was taken off")
        text = data.decode("utf-8", "replace")
        if "\ufffd" in text and b"\xef\xbf\xbd" not in data:
            done.append("bytes that are not UTF-8 were replaced by U+FFFD")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if _CONTROL.search(text):
        text = _CONTROL.sub("", text)
        done.append("control characters were taken out")
    return text.encode(), tuple(done)


def attempts(text: str, known: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield other forms of `text` that may be read, best first, with what was done. `known` are the host's keys."""
    fenced = _FENCED.match(text)
    if fenced is None:
        return
    frontmatter, body = fenced["frontmatter"], fenced["body"]
    quoted = "\n".join(map(_quoted, frontmatter.split("\n")))
    if quoted != frontmatter:
        yield f"---\n{quoted}---{body}", "values with a colon in them were put into quotes"
    scanned = _scanned(frontmatter, known)
    if scanned:
        yield (
            f"---\n{scanned}---{body}",
            "the frontmatter is no YAML; it was read key by key, by the keys that are known",
        )


def _scanned(frontmatter: str, known: Collection[str]) -> str:
    """Return `frontmatter` with each known key on one line; of a key that stands twice, the first."""
    found: dict[str, list[str]] = {}
    current: list[str] | None = None
    for line in frontmatter.split("\n"):
        match = _KEY.fullmatch(line)
        if match is not None and match["key"] in known and match["key"] not in found:
            current = found[match["key"]] = [match["value"] or ""]
        elif current is not None:
            current.append(line)
    return "".join(f"{key}: {_value(lines)}\n" for key, lines in found.items())


def _quoted(line: str) -> str:
    """Return `line` with its value in quotes where it is none without: numbers and lists stay what they are."""
    match = _KEY.fullmatch(line)
    value = match["value"] if match else None
    # What opens a list, a map or a block goes on below, and a line cannot tell whether it is sound.
    if match is None or not value or value.startswith(("[", "{", "|", ">", '"', "'")) or _is_value(value):
        return line
    return f"{match['key']}: {json.dumps(value.rstrip(), ensure_ascii=False)}"


def _is_value(text: str) -> bool:
    root, problems = compose(f"k: {text}\n", file="", first_line=1)
    return not problems and isinstance(root, MappingNode) and len(root.value) == 1


def _value(lines: list[str]) -> str:
    """Return a value as it stands where that is YAML by itself, else its text in quotes."""
    text = "\n".join(lines).rstrip("\n")
    return text if _is_value(text) else json.dumps(_unindented(text), ensure_ascii=False)


def _unindented(text: str) -> str:
    text = re.sub(r"\A[|>][+-]?[^\S\n]*\n", "", text)
    return "\n".join(line.strip() for line in text.split("\n")).strip().strip("\"'")
