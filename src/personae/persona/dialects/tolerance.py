"""What Claude Code and OpenCode do to frontmatter that is no YAML, before they give it up."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from personae.persona.patterns import lazy

__all__ = ["REPAIRS"]

_LINE = lazy(r"([A-Za-z_][A-Za-z0-9_]*)\s*:\s*(.*)")
_DASHED_LINE = lazy(r"([A-Za-z_][A-Za-z0-9_-]*):[ \t]+(\S.*)")
# A value that begins so is quoted, or a block, or was meant as a list or map.
_LEFT_ALONE = ('"', "'", "|", ">", "[", "{", "&", "*", "!")


def _opencode(frontmatter: str) -> str:
    """Turn each one-line value with a colon into a block of text, as OpenCode does; quoted where that means the same.

    A quoted text keeps the numbers of the lines below. Only a block takes the indented lines that follow into it.
    """
    lines = frontmatter.split("\n")
    return "\n".join(
        _as_block(line, following[:1].isspace()) for line, following in zip(lines, [*lines[1:], ""], strict=True)
    )


def _as_block(line: str, goes_on: bool) -> str:
    if line[:1].isspace() or line.startswith("#"):
        return line
    found = _LINE.fullmatch(line)
    if found is None:
        return line
    value = found.group(2).strip()
    if ":" not in value or value in (">", "|") or value.startswith(('"', "'")):
        return line
    return f"{found.group(1)}: |-\n  {value}" if goes_on else f"{found.group(1)}: {_in_quotes(value)}"


def _in_quotes(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _claude(frontmatter: str) -> str:
    """Put each one-line value into quotes, as Claude Code does when YAML fails."""
    return "\n".join(_quoted(line) for line in frontmatter.split("\n"))


def _quoted(line: str) -> str:
    found = _DASHED_LINE.fullmatch(line)
    if found is None or found.group(2).startswith(_LEFT_ALONE):
        return line
    return f"{found.group(1)}: {_in_quotes(found.group(2).rstrip())}"


REPAIRS: Mapping[str, Callable[[str], str]] = {"opencode": _opencode, "claude": _claude}
"""By host id. Each keeps the order of lines; OpenCode's adds some."""
