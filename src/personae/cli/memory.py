"""`personae memory`: what a persona remembers, searched, added to, and made shorter with a yes."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from personae.cli import out
from personae.cli.here import open_here, slug_argument
from personae.errors import InvalidFileError, UsageError
from personae.library.library import Library
from personae.memory.book import Book, append_entries, read_book
from personae.memory.compact import Compaction, apply, propose
from personae.memory.entry import DEFAULT_IMPORTANCE, MAX_IMPORTANCE, PERSON, Draft, Entry
from personae.memory.place import index_path, memory_path
from personae.memory.recall import Recall, recall
from personae.persona.model import Memory, Persona

__all__ = ["command"]

_BRAIN = "brain"
_ALLOWANCE_TOKENS = 1000


@click.command("memory")
@slug_argument("name")
@click.option("--recall", "query", metavar="QUERY", help="Print what a run with this question would recall.")
@click.option(
    "--tokens", type=click.IntRange(min=1), default=_ALLOWANCE_TOKENS, show_default=True, help="Allowance of --recall."
)
@click.option("--add", "text", metavar="TEXT", help="Remember TEXT; - reads standard input.")
@click.option(
    "--importance",
    type=click.IntRange(1, MAX_IMPORTANCE),
    default=DEFAULT_IMPORTANCE,
    show_default=True,
    help=f"Of what --add adds; {MAX_IMPORTANCE} is recalled whatever the question.",
)
@click.option("--compact", is_flag=True, help="Print what may go when the file is too long, as a diff.")
@click.option("--yes", is_flag=True, help="With --compact, write it.")
@out.json_option
def command(
    name: str,
    query: str | None,
    tokens: int,
    text: str | None,
    importance: int,
    compact: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Print what persona NAME remembers, one line an entry; NAME `brain` is the memory beneath every persona.

    The file is plain Markdown, yours to edit: every list item and paragraph in it is an entry.
    """
    if sum(given is not None and given is not False for given in (query, text, compact)) > 1:
        raise UsageError("--recall, --add and --compact do different things", help="Give one of them.")
    if yes and not compact:
        raise UsageError("--yes goes with --compact", help=f"personae memory {name} --compact --yes")
    library = open_here()
    persona = None if name == _BRAIN else _persona(library, name)
    root = library.project.root
    path = memory_path(persona, root)
    shown = path.relative_to(root.resolve()).as_posix()
    limit = (persona.memory if persona else Memory()).max_lines
    now = datetime.now(UTC)
    if query is not None:
        found = recall(path, query, budget_tokens=tokens, now=now, index=index_path(persona, root))
        _print_recall(found, as_json)
    elif text is not None:
        _add(path, text, shown, importance=importance, now=now, as_json=as_json)
        _note_length(read_book(path), shown, name, limit)
    elif compact:
        _compact(_book(path), shown, limit, now=now, yes=yes, as_json=as_json)
    else:
        book = _book(path)
        _print_book(book, shown, as_json)
        _note_length(book, shown, name, limit)


def _persona(library: Library, name: str) -> Persona:
    snapshot = library.registry.snapshot()
    if name not in snapshot and any(name in item.file.replace(".md", "").split("/") for item in library.errors):
        library.require_sound()
    return snapshot[name]


def _book(path: Path) -> Book:
    """Return the memory, with a word about bytes that are not UTF-8. Raises `InvalidFileError` when it is no text."""
    book = read_book(path)
    if any(item.severity == "error" for item in book.diagnostics):
        raise InvalidFileError(book.diagnostics)
    out.diagnostics(book.diagnostics)
    return book


def _print_book(book: Book, shown: str, as_json: bool) -> None:
    if as_json:
        current = {entry.id for entry in book.current}
        entries = [{**_plain(entry), "replaced": entry.id not in current} for entry in book.entries]
        out.as_json({"file": shown, "lines": book.lines, "entries": entries})
        return
    if not book.entries:
        out.note(f"{shown} {'remembers nothing' if book.text else 'is not there'} yet")
        return
    current = {entry.id for entry in book.current}
    out.data(out.table([_row(entry, entry.id in current) for entry in book.entries]))
    out.note(f"{_counted(len(book.entries))} in {shown}")


def _row(entry: Entry, is_current: bool) -> list[str]:
    day = f"{entry.date:%Y-%m-%d}" if entry.date else "-"
    origin = f"{entry.source} {entry.run}" if entry.run else entry.source
    first, *others = entry.text.split("\n")
    return [
        entry.id,
        day,
        str(entry.importance),
        origin if is_current else f"{origin}, replaced",
        first + (" …" if others else ""),
    ]


def _print_recall(found: Recall, as_json: bool) -> None:
    if as_json:
        entries = [{**_plain(item.entry), "score": item.score, "because": item.because} for item in found.entries]
        out.as_json({"entries": entries, "because": found.because, "left_out": found.left_out, "tokens": found.tokens})
        return
    if found.entries:
        out.data(found.text)
        out.note("")
        out.note(out.table([[item.entry.id, f"{item.score:.2f}", item.because] for item in found.entries]))
    more = f"; {found.left_out:,} more did not fit" if found.left_out else ""
    out.note(f"{found.because}{more}; ~{found.tokens:,} tokens")


def _add(path: Path, text: str, shown: str, *, importance: int, now: datetime, as_json: bool) -> None:
    if text == "-":
        text = sys.stdin.read()
    draft = Draft(text=text, date=now, source=PERSON, importance=importance)
    added = append_entries(path, [draft])
    if as_json:
        out.as_json([_plain(entry) for entry in added])
        return
    out.data(draft.id)
    out.note(f"added to {shown}" if added else f"{shown} has it already")


def _compact(book: Book, shown: str, limit: int, *, now: datetime, yes: bool, as_json: bool) -> None:
    proposal = propose(book, max_lines=limit, now=now)
    if as_json:
        out.as_json(_proposal_entry(proposal, book, shown, limit))
    elif proposal is None:
        out.note(f"{shown} has {book.lines:,} of at most {limit:,} lines: nothing has to go")
    elif not proposal.removed:
        out.note(f"{shown} has {book.lines:,} lines, at most {limit:,} are wanted, and people wrote all of them")
    else:
        out.data(proposal.diff(shown).removesuffix("\n"))
        out.note(out.table([[item.entry.id, item.because] for item in proposal.removed]))
        counted = _counted(len(proposal.removed))
        out.note(f"{counted} may go: {proposal.lines_before:,} lines become {proposal.lines_after:,}")
    if proposal is None or not proposal.removed:
        return
    if yes:
        apply(proposal)
        out.note(f"changed {shown}")
    elif not as_json:
        out.note("Nothing was written. Write it with --compact --yes.")


def _proposal_entry(proposal: Compaction | None, book: Book, shown: str, limit: int) -> dict[str, object]:
    removed = proposal.removed if proposal else ()
    return {
        "file": shown,
        "lines": book.lines,
        "max_lines": limit,
        "lines_after": proposal.lines_after if proposal else book.lines,
        "removed": [{**_plain(item.entry), "because": item.because} for item in removed],
        "diff": proposal.diff(shown) if proposal else "",
    }


def _note_length(book: Book, shown: str, name: str, limit: int) -> None:
    if book.lines > limit:
        out.warn(f"{shown} has {book.lines:,} lines, more than {limit:,}: personae memory {name} --compact")


def _counted(count: int) -> str:
    return f"{count:,} {'entry' if count == 1 else 'entries'}"


def _plain(entry: Entry) -> dict[str, object]:
    return {
        "id": entry.id,
        "text": entry.text,
        "date": entry.date.isoformat() if entry.date else None,
        "run": entry.run,
        "source": entry.source,
        "importance": entry.importance,
        "replaces": entry.replaces,
        "line": entry.line,
    }
