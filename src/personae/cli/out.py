"""What the commands print: data on standard output, everything else on standard error, color on a terminal only."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict
from decimal import Decimal
from typing import Protocol
from unicodedata import combining, east_asian_width

import click

from personae.errors import Diagnostic, InvalidError, PersonaeError

__all__ = [
    "Screen",
    "as_json",
    "data",
    "diagnostics",
    "failure",
    "json_line",
    "json_option",
    "note",
    "on",
    "prepare",
    "progress",
    "still",
    "table",
    "warn",
    "width",
]

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")


def prepare() -> None:
    """Make both streams UTF-8, whatever the locale says: personas hold emoji, and a terminal may guess at one."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="replace")


def data(text: str) -> None:
    """Print the result of a command."""
    click.echo(text)


def as_json(value: object) -> None:
    """Print the result of a command as JSON."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))


def json_line(value: object) -> str:
    """Return `value` as JSON in one line."""
    return json.dumps(value, ensure_ascii=False, default=_plain)


class Screen(Protocol):
    """Something that is drawn again and again at the end of the terminal."""

    def above(self, text: str) -> None:
        """Print lines above it, where they stay."""

    def still(self) -> AbstractContextManager[None]:
        """Keep it off the terminal for a while, such as while a person types."""
        ...


@contextmanager
def on(screen: Screen) -> Iterator[None]:
    """Let what is said meanwhile stand above `screen`."""
    _screens.append(screen)
    try:
        yield
    finally:
        _screens.pop()


def still() -> AbstractContextManager[None]:
    """Keep whatever is drawn at the end of the terminal off it for a while."""
    return _screens[-1].still() if _screens else nullcontext()


def note(text: str) -> None:
    """Say something that is not the result."""
    if _screens:
        _screens[-1].above(text)
    else:
        click.echo(text, err=True)


def warn(text: str) -> None:
    """Say something that may be wrong."""
    note(click.style(text, fg="yellow"))


def progress(sign: str, text: str, *, color: str | None = None, dim: bool = False) -> None:
    """Print a line of progress: a colored sign and a text."""
    note(f"{click.style(sign, fg=color, bold=True)} {click.style(text, dim=dim)}")


def failure(error: PersonaeError) -> None:
    """Say what went wrong and the way out."""
    if isinstance(error, InvalidError) and error.diagnostics and error.diagnostics[0].file:
        diagnostics(error.diagnostics)
    else:
        click.secho("Error: ", err=True, fg="red", bold=True, nl=False)
        note(error.message)
    if error.help:
        note(f"  {error.help}")


def diagnostics(items: Sequence[Diagnostic], *, to_stdout: bool = False) -> None:
    """Print diagnostics, each with its place before it and its way out after it."""
    for item in items:
        first, _, rest = str(item).partition("\n")
        severity, _, place = first.partition(":")
        click.echo(f"{click.style(severity, fg=_COLORS[item.severity], bold=True)}:{place}\n{rest}", err=not to_stdout)


def table(rows: Sequence[Sequence[str]], *, header: Sequence[str] = ()) -> str:
    """Return `rows` as aligned columns; wide characters count as two, the last column is not padded."""
    lines = [list(header), *map(list, rows)] if header else [list(row) for row in rows]
    widths = [max(map(width, column)) for column in zip(*lines, strict=True)]
    text = [
        "  ".join(
            [*(cell + " " * (size - width(cell)) for cell, size in zip(line[:-1], widths, strict=False)), line[-1]]
        )
        for line in lines
    ]
    return "\n".join(_fitted(line.rstrip()) for line in text)


def _fitted(line: str) -> str:
    """Cut a line that would wrap on this terminal; a pipe gets all of it."""
    columns = shutil.get_terminal_size().columns
    if not sys.stdout.isatty() or width(line) <= columns:
        return line
    while width(line) >= columns:
        line = line[:-1]
    return line + "…"


def width(text: str) -> int:
    """Return how many columns `text` takes on a terminal."""
    return sum(
        0 if combining(char) or char in "\ufe0f\u200d" else 2 if east_asian_width(char) in "WF" else 1 for char in text
    )


_screens: list[Screen] = []
"""At most one is drawn at a time: the last."""

_COLORS = {"error": "red", "warning": "yellow", "note": "blue"}


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (tuple, set, frozenset)):
        return list(value)
    if hasattr(value, "__dataclass_fields__"):
        return asdict(value)  # type: ignore[call-overload]
    return str(value)
