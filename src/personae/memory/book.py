"""A memory file as a value: its text, the entries in it, what is wrong with it. And adding to it."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from personae.errors import Diagnostic, InvalidFileError
from personae.memory.entry import Draft, Entry
from personae.memory.markdown import LINE, entries_of, ids_in, item_of
from personae.memory.store import change, read

__all__ = ["Book", "append_entries", "decode", "parse_book", "read_book"]

_NEW = (
    "# Memory\n"
    "\n"
    "<!-- One list item is one note: change and delete freely. The comment behind a note is its origin. -->\n"
    "\n"
)
_OTHER_ENCODINGS = {codecs.BOM_UTF16_LE: "UTF-16", codecs.BOM_UTF16_BE: "UTF-16"}
_SAVE_AS_UTF8 = "Save it as UTF-8."


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """A memory as it was read."""

    path: Path
    text: str
    """The whole file; bytes that are not UTF-8 are kept as lone surrogates."""
    entries: tuple[Entry, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def lines(self) -> int:
        """How many lines the file has."""
        return len(LINE.findall(self.text))

    @property
    def current(self) -> tuple[Entry, ...]:
        """The entries that no other one replaces."""
        replaced = {entry.replaces for entry in self.entries}
        return tuple(entry for entry in self.entries if entry.id not in replaced)


def read_book(path: Path) -> Book:
    """Return the memory at `path`, an empty one when there is none yet. Raises `StorageError`."""
    return parse_book(read(path), path=path)


def parse_book(data: bytes, *, path: Path) -> Book:
    """Return the memory that `data` holds. Total: a file that is no text has a diagnostic and no entries."""
    text, diagnostics = decode(data, path=path)
    entries = () if text is None else tuple(entries_of(text))
    return Book(path=path, text=text or "", entries=entries, diagnostics=diagnostics)


def append_entries(path: Path, drafts: Sequence[Draft]) -> tuple[Entry, ...]:
    """Write `drafts` at the end of the memory at `path` and return those that were new.

    A draft whose id stands there already, perhaps edited since, is left out. Nothing else in the file changes. Several
    processes may do this at once. Raises `StorageError`, and `InvalidFileError` when the file is no text.
    """
    added: list[Entry] = []

    def edit(data: bytes) -> bytes:
        text, diagnostics = decode(data, path=path)
        if text is None:
            raise InvalidFileError(diagnostics, help="Nothing was written.")
        known = ids_in(text)
        new = list({draft.id: draft for draft in drafts if draft.id not in known}.values())
        if not new:
            added.clear()
            return data
        before = _ready(text)
        items = "".join(item_of(draft, line_end=_line_end(before)) for draft in new)
        added[:] = _below(before, items)
        return (before + items).encode("utf-8", "surrogateescape")

    change(path, edit)
    return tuple(added)


def decode(data: bytes, *, path: Path) -> tuple[str | None, tuple[Diagnostic, ...]]:
    """Return the text of a memory, None when it is none, and what is wrong with its bytes."""
    name = path.as_posix()
    other = next((encoding for mark, encoding in _OTHER_ENCODINGS.items() if data.startswith(mark)), None)
    if other is not None or b"\x00" in data:
        message = f"the file is {other}, not UTF-8" if other else "there is a NUL byte: this is not a text file"
        return None, (Diagnostic(rule="invalid-encoding", message=message, file=name, help=_SAVE_AS_UTF8),)
    try:
        return data.decode(), ()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        wrong = Diagnostic(
            rule="invalid-encoding",
            severity="warning",
            message=f"byte 0x{data[error.start]:02x} is not UTF-8; it is kept, and read as an unknown character",
            file=name,
            line=line,
            help=_SAVE_AS_UTF8,
        )
        return data.decode("utf-8", "surrogateescape"), (wrong,)


def _ready(text: str) -> str:
    """Return `text` so that a list item can follow it."""
    if not text.strip("\ufeff \t\r\n"):
        text += ("\n" if text.endswith((" ", "\t")) else "") + _NEW
    if not text.endswith(("\n", "\r")):
        text += _line_end(text)
    last = LINE.findall(text)[-1]
    if last.strip() and not last.startswith(("-", "*", "+", " ", "\t")):
        text += _line_end(text)  # a heading or a paragraph: a list begins after a blank line
    return text


def _line_end(text: str) -> str:
    first = LINE.match(text)
    return "\r\n" if first and first.group().endswith("\r\n") else "\n"


def _below(before: str, items: str) -> list[Entry]:
    """Return the entries in `items` as they stand below `before`: nothing above can hide them."""
    lines, characters = len(LINE.findall(before)), len(before)
    return [
        replace(entry, line=entry.line + lines, start=entry.start + characters, end=entry.end + characters)
        for entry in entries_of(items)
    ]
