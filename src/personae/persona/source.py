"""The bytes of a persona file: decoding and the cut into frontmatter and body. It knows nothing of YAML."""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

from personae.errors import Diagnostic
from personae.persona.patterns import lazy

__all__ = ["MAX_FILE_BYTES", "MAX_FRONTMATTER_CHARACTERS", "Document", "decode", "no_frontmatter", "split"]

MAX_FILE_BYTES = 1 << 20
"""A stance of a megabyte is some 250,000 tokens: more than any model here takes."""
MAX_FRONTMATTER_CHARACTERS = 1 << 16

_OTHER_ENCODINGS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
# Not `\s`, which would run on over the lines below.
_CLOSING_FENCE = lazy(r"^---[^\S\n]*(?:\n|\Z)", re.MULTILINE)
_SAVE_AS_UTF8 = "Save the file as UTF-8 without a byte-order mark."


class Document(NamedTuple):
    """A file's text in two parts; both with `\\n` line ends."""

    frontmatter: str | None
    """Between the fences, without them; None when the file does not begin with a fence."""
    body: str
    body_line: int
    """The line of the file, from 1, on which `body` begins."""


def decode(data: bytes, *, file: str) -> tuple[str | None, list[Diagnostic]]:
    """Return the text of `data` with `\\n` line ends, or None and what is wrong with it."""
    if len(data) > MAX_FILE_BYTES:
        message = f"the file has {len(data):,} bytes, at most {MAX_FILE_BYTES:,} are read"
        return None, [
            _broken("file-too-large", message, file, help="Move long material into a file the agent can read.")
        ]
    for mark, encoding in _OTHER_ENCODINGS:
        if data.startswith(mark):
            return None, [_broken("invalid-encoding", f"the file is {encoding}, not UTF-8", file, help=_SAVE_AS_UTF8)]
    found: list[Diagnostic] = []
    if data.startswith(codecs.BOM_UTF8):
        data = data[len(codecs.BOM_UTF8) :]
        message = "the file begins with a byte-order mark, and other tools will not see its frontmatter"
        found.append(
            Diagnostic(rule="byte-order-mark", severity="warning", message=message, file=file, help=_SAVE_AS_UTF8)
        )
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return None, [*found, _undecodable(data, error, file)]
    if "\x00" in text:
        line, column = _position(text, text.index("\x00"))
        message = "there is a NUL byte: this is not a text file"
        return None, [*found, _broken("invalid-encoding", message, file, line, column, help=_SAVE_AS_UTF8)]
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text, found


def split(text: str, *, file: str) -> tuple[Document, list[Diagnostic]]:
    """Cut `text` at its fences: a first line `---`, and the next line that is `---` alone."""
    opening, _, rest = text.partition("\n")
    if opening.rstrip() != "---":
        return Document(frontmatter=None, body=text, body_line=1), []
    end, after = _closing_fence(rest)
    if end < 0:
        message = 'the frontmatter is opened by "---" and never closed'
        problem = _broken("unclosed-frontmatter", message, file, help='Put a line "---" after the last key.')
        return Document(frontmatter=None, body="", body_line=1), [problem]
    if end > MAX_FRONTMATTER_CHARACTERS:
        message = f"the frontmatter has {end:,} characters, at most {MAX_FRONTMATTER_CHARACTERS:,} are read"
        problem = _broken("frontmatter-too-large", message, file, help="Long text belongs below the closing fence.")
        return Document(frontmatter=None, body="", body_line=1), [problem]
    frontmatter = rest[:end]
    return Document(frontmatter=frontmatter, body=rest[after:], body_line=frontmatter.count("\n") + 3), []


def no_frontmatter(file: str) -> Diagnostic:
    """Return what is wrong with a file that must be a persona and has no frontmatter."""
    return Diagnostic(
        rule="no-frontmatter",
        message='the file does not begin with a line "---"',
        file=file,
        expected="frontmatter between two lines ---",
        help="Begin the file with ---, then name:, role: and type:, then --- and the stance.",
    )


def _closing_fence(rest: str) -> tuple[int, int]:
    """Return where the frontmatter ends and where the body begins, or (-1, -1)."""
    fence = _CLOSING_FENCE.search(rest)
    return (-1, -1) if fence is None else fence.span()


def _undecodable(data: bytes, error: UnicodeDecodeError, file: str) -> Diagnostic:
    line, column = _position(data[: error.start].decode("utf-8"), error.start)
    byte = data[error.start]
    return Diagnostic(
        rule="invalid-encoding",
        message=f"byte 0x{byte:02x} is not UTF-8",
        file=file,
        line=line,
        column=column,
        found=f"0x{byte:02x}",
        expected="UTF-8",
        help=_SAVE_AS_UTF8,
    )


def _position(text: str, index: int) -> tuple[int, int]:
    before = text[:index]
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def _broken(rule: str, message: str, file: str, line: int = 1, column: int = 1, *, help: str) -> Diagnostic:
    return Diagnostic(rule=rule, message=message, file=file, line=line, column=column, help=help)
