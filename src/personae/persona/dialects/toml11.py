"""What only TOML 1.1 allows, rewritten for 1.0: line breaks and a last comma in inline tables, two more escapes."""

from __future__ import annotations

import re

from personae.persona.patterns import lazy

__all__ = ["as_toml_1_0"]

_TOKEN = lazy(
    r"'''.*?'''|\"\"\"(?:\\.|[^\\])*?\"\"\"|'[^'\n]*'|\"(?:\\.|[^\"\\\n])*\"|#[^\n]*|[{}\[\]\n,]|[^'\"#{}\[\]\n,]+|.",
    re.DOTALL,
)
_ESCAPE = lazy(r"\\(\\|e|x[0-9a-fA-F]{2})")


def as_toml_1_0(text: str) -> str:
    """Return `text` with the same meaning in TOML 1.0, as far as the two differ; nonsense stays nonsense."""
    out: list[str] = []
    within: list[str] = []
    for token in _TOKEN.findall(text):
        if token[0] == '"' and "\\" in token:
            token = _ESCAPE.sub(_older, token)
        elif token in "{[":
            within.append(token)
        elif token in "}]" and within:
            if within.pop() == "{" and token == "}":
                _drop_last_comma(out)
        elif within and within[-1] == "{" and (token == "\n" or token[0] == "#"):
            token = " "
        out.append(token)
    return "".join(out)


def _older(found: re.Match[str]) -> str:
    which = found.group(1)
    if which == "\\":
        return found.group()
    return "\\u001b" if which == "e" else f"\\u00{which[1:]}"


def _drop_last_comma(out: list[str]) -> None:
    for index in range(len(out) - 1, -1, -1):
        if out[index] == ",":
            out[index] = " "
        elif out[index].strip():
            return
        else:
            continue
        return
