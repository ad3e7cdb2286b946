"""Plain data to the text of a host's file: frontmatter, TOML, JSON, a shell script. Each reads back to the same data.

Every text is quoted, so that no YAML reader takes `off`, `1.0` or `a: b` for something else.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from personae.persona.render import quoted

__all__ = ["Data", "as_json", "as_markdown", "as_script", "as_toml"]

Data: TypeAlias = "str | int | bool | Sequence[Data] | Mapping[str, Data]"

_PLAIN_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_LONG = re.compile(r'"""|[\\\x00-\x08\x0b-\x1f\x7f]')


def as_markdown(keys: Mapping[str, Data], body: str, *, comments: Sequence[str] = ()) -> str:
    """Return a markdown file with `keys` as its frontmatter and `comments` on top of them."""
    lines = ["---", *_comment_lines(comments), *_yaml(keys, ""), "---"]
    return "\n".join(lines) + f"\n{body}\n"


def as_toml(keys: Mapping[str, str], *, comments: Sequence[str] = ()) -> str:
    """Return a TOML file of texts; those with line breaks span lines."""
    lines = [*_comment_lines(comments)]
    lines += [f"{name} = {_long(value) if chr(10) in value else quoted(value)}" for name, value in keys.items()]
    return "\n".join(lines) + "\n"


def as_json(data: Data) -> str:
    """Return a JSON file."""
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def as_script(
    command: Sequence[str], texts: Mapping[str, str], *, comments: Sequence[str] = (), in_new_folder: bool = False
) -> str:
    """Return a POSIX shell script that runs `command` with the script's own arguments behind it.

    A word `$name` of the command stands for one of `texts`, which the script holds verbatim. With `in_new_folder` it
    runs in an empty folder that is deleted when it ends.
    """
    lines = ["#!/bin/sh", *_comment_lines(comments), "set -eu"]
    for name, text in texts.items():
        mark = _mark(text)
        # A function: older shells stumble over a quote in a text that stands within $( ).
        lines += [f"{name}() {{", f"cat <<'{mark}'", text, mark, "}"]
    words = " ".join(
        f'"$({word[1:]})"' if word[:1] == "$" and word[1:] in texts else shlex.quote(word) for word in command
    )
    if in_new_folder:
        lines += ["folder=$(mktemp -d)", "trap 'rm -rf \"$folder\"' EXIT", "trap 'exit 130' INT TERM HUP"]
        lines += ['cd "$folder"', f'{words} "$@"']
    else:
        lines.append(f'exec {words} "$@"')
    return "\n".join(lines) + "\n"


def _comment_lines(comments: Sequence[str]) -> Iterator[str]:
    yield from (f"# {comment}" for comment in comments)


def _yaml(keys: Mapping[str, Data], indent: str) -> Iterator[str]:
    for name, value in keys.items():
        key = name if _PLAIN_KEY.fullmatch(name) else quoted(name)
        if isinstance(value, Mapping) and value:
            yield f"{indent}{key}:"
            yield from _yaml(value, f"{indent}  ")
        else:
            yield f"{indent}{key}: {_flow(value)}"


def _flow(value: Data) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, Mapping):
        return (
            "{}" if not value else "{" + ", ".join(f"{quoted(key)}: {_flow(item)}" for key, item in value.items()) + "}"
        )
    return f"[{', '.join(map(_flow, value))}]"


def _long(text: str) -> str:
    escaped = _LONG.sub(lambda found: _ESCAPES.get(found[0], f"\\u{ord(found[0][0]):04x}"), text)
    # A quote before the closing three would be read with them.
    return (
        f'"""\n{escaped[:-1]}\\""""' if escaped.endswith('"') and not escaped.endswith('\\"') else f'"""\n{escaped}"""'
    )


_ESCAPES = {'"""': '\\"\\"\\"', "\\": "\\\\"}


def _mark(text: str) -> str:
    """Return a line that does not stand in `text`."""
    mark, lines = "END_OF_TEXT", set(text.split("\n"))
    while mark in lines:
        mark += "_"
    return mark
