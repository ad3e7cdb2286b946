"""The language server: findings, explanations, completions and repairs, while a persona is being written.

It speaks for what editors hold, saved or not; what is on disk counts for every other file.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer
from pygls.uris import from_fs_path, to_fs_path
from pygls.workspace import PositionCodec, ServerTextPosition, ServerTextRange

from personae import __version__
from personae.check import baseline, fixes, rulebook
from personae.check.cursor import dialect_of, key_at, offers, spot_at
from personae.check.engine import check
from personae.check.outputs.span import end_column
from personae.check.report import Request
from personae.errors import Diagnostic, PersonaeError, Place, Severity, UnknownNameError
from personae.library.roots import FILE_NAME, find_root

__all__ = ["create_server"]

_PAUSE_S = 0.2
"""Typing goes on within such a time; a file is checked when it stops."""
_SEVERITIES: dict[Severity, lsp.DiagnosticSeverity] = {
    "error": lsp.DiagnosticSeverity.Error,
    "warning": lsp.DiagnosticSeverity.Warning,
    "note": lsp.DiagnosticSeverity.Information,
}
_TRIGGERS = lsp.CompletionOptions(trigger_characters=[":", " ", "-"])
_REPAIRS = lsp.CodeActionOptions(code_action_kinds=[lsp.CodeActionKind.QuickFix])


class _Server(LanguageServer):
    """Knows, beside what every language server does, what was found in each open file."""

    def __init__(self) -> None:
        super().__init__("personae", __version__)
        self.found: dict[str, tuple[Diagnostic, ...]] = {}

    @property
    def codec(self) -> PositionCodec:
        return self.workspace.position_codec

    def text_of(self, uri: str) -> str:
        return self.workspace.get_text_document(uri).source

    def lines_of(self, uri: str) -> list[str]:
        # Not the document's own lines: those also end where Python, and neither YAML nor an editor, ends a line.
        return self.text_of(uri).replace("\r\n", "\n").replace("\r", "\n").split("\n")

    def path_of(self, uri: str) -> Path | None:
        path = to_fs_path(uri)
        return Path(path) if path else None


def create_server() -> LanguageServer:
    """Return the server; `start_io()` on it speaks over standard input and output until the editor leaves."""
    server = _Server()
    server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)(_opened)
    server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)(_changed)
    server.feature(lsp.TEXT_DOCUMENT_DID_SAVE)(_saved)
    server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)(_closed)
    server.feature(lsp.TEXT_DOCUMENT_HOVER)(_hover)
    server.feature(lsp.TEXT_DOCUMENT_COMPLETION, _TRIGGERS)(_complete)
    server.feature(lsp.TEXT_DOCUMENT_CODE_ACTION, _REPAIRS)(_repairs)
    return server


def _opened(server: _Server, params: lsp.DidOpenTextDocumentParams) -> None:
    _publish(server, params.text_document.uri)


async def _changed(server: _Server, params: lsp.DidChangeTextDocumentParams) -> None:
    uri, version = params.text_document.uri, params.text_document.version
    await asyncio.sleep(_PAUSE_S)
    document = server.workspace.text_documents.get(uri)
    if document is not None and document.version == version:
        _publish(server, uri)


def _saved(server: _Server, params: lsp.DidSaveTextDocumentParams) -> None:
    _publish(server, params.text_document.uri)
    if (server.path_of(params.text_document.uri) or Path()).name == FILE_NAME:  # it speaks for other folders' files too
        for uri in list(server.workspace.text_documents):
            _publish(server, uri)


def _closed(server: _Server, params: lsp.DidCloseTextDocumentParams) -> None:
    server.found.pop(params.text_document.uri, None)
    _send(server, params.text_document.uri, ())


def _publish(server: _Server, uri: str) -> None:
    """Check the open files of one project together: two may be wrong together, such as two personas of one slug."""
    path = server.path_of(uri)
    if path is None:
        return
    root = find_root(path.parent)
    open_files = {
        str(other): name
        for name in server.workspace.text_documents
        if (other := server.path_of(name)) is not None and _is_checked(other) and find_root(other.parent) == root
    }
    found: dict[str, list[Diagnostic]] = {name: [] for name in (uri, *open_files.values())}
    try:
        for file, item in _findings(server, root, open_files):
            found[open_files[file]].append(item)
    except PersonaeError as error:
        found[uri].append(Diagnostic(rule="unreadable", message=error.message, help=error.help))
    for name, items in found.items():
        if name == uri or server.found.get(name) != tuple(items):
            server.found[name] = tuple(items)
            _send(server, name, items)


def _is_checked(path: Path) -> bool:
    return path.name == FILE_NAME or dialect_of(path) is not None


def _findings(server: _Server, root: Path, open_files: Mapping[str, str]) -> Iterator[tuple[str, Diagnostic]]:
    """Yield path and finding of everything wrong in `open_files`, as editors hold them."""
    if not open_files:
        return
    request = Request(
        paths=tuple(map(Path, open_files)),
        base=root,
        today=datetime.now(UTC).date(),
        buffers={path: server.text_of(uri).encode("utf-8", "surrogatepass") for path, uri in open_files.items()},
    )
    report = check(request, remember=False)
    found = report.diagnostics
    if report.baseline and Path(report.baseline).exists():
        found = baseline.subtract(found, baseline.read(Path(report.baseline))).findings
    for item in found:
        path = report.places.get(item.file, "")
        if path in open_files:
            yield path, item


def _send(server: _Server, uri: str, found: Sequence[Diagnostic]) -> None:
    document = server.workspace.text_documents.get(uri)
    lines = server.lines_of(uri) if document else []
    items = [_diagnostic(server, item, lines, uri) for item in found]
    version = document.version if document else None
    server.text_document_publish_diagnostics(
        lsp.PublishDiagnosticsParams(uri=uri, diagnostics=items, version=version),
    )


def _diagnostic(server: _Server, item: Diagnostic, lines: Sequence[str], uri: str) -> lsp.Diagnostic:
    subject = f"{item.field}: {item.message}" if item.field else item.message
    path = server.path_of(uri)
    root = find_root(path.parent) if path else Path()
    related = [_related(place, root) for place in item.related]
    return lsp.Diagnostic(
        range=_range(server, item, lines),
        message=f"{subject}\n{item.help}" if item.help else subject,
        severity=_SEVERITIES[item.severity],
        code=item.rule,
        source="personae",
        related_information=related or None,
    )


def _related(place: Place, root: Path) -> lsp.DiagnosticRelatedInformation:
    start = lsp.Position(line=place.line - 1, character=place.column - 1)
    location = lsp.Location(uri=from_fs_path(str(root / place.file)) or "", range=lsp.Range(start=start, end=start))
    return lsp.DiagnosticRelatedInformation(location=location, message=place.message or place.file)


def _range(server: _Server, item: Diagnostic, lines: Sequence[str]) -> lsp.Range:
    line = min(item.line, len(lines)) - 1 if lines else 0
    text = lines[line] if lines else ""
    start = min(item.column, len(text) + 1) - 1
    end = min(end_column(item, text) - 1, max(len(text), start))
    here, there = ServerTextPosition(line, start), ServerTextPosition(line, end)
    return server.codec.range_to_client_units(list(lines), ServerTextRange(here, there))


def _hover(server: _Server, params: lsp.HoverParams) -> lsp.Hover | None:
    uri, lines = params.text_document.uri, server.lines_of(params.text_document.uri)
    at = server.codec.position_from_client_units(lines, params.position)
    parts = [
        _explained(item)
        for item in server.found.get(uri, ())
        if item.line - 1 == at.line and item.column - 1 <= at.character < end_column(item, lines[at.line])
    ]
    path = server.path_of(uri)
    dialect = dialect_of(path) if path else None
    if not parts and path is not None and dialect is not None:
        spot = spot_at(lines, at.line, at.character, in_toml=path.suffix == ".toml")
        known = key_at(dialect, spot) if spot else None
        if known is not None:
            takes = f"\n\nTakes: {', '.join(f'`{word}`' for word in known.words)}" if known.words else ""
            parts = [f"**{known.name}**: {known.doc}{takes}"]
    if not parts:
        return None
    return lsp.Hover(contents=lsp.MarkupContent(kind=lsp.MarkupKind.Markdown, value="\n\n---\n\n".join(parts)))


def _explained(item: Diagnostic) -> str:
    try:
        return rulebook.get(item.rule).as_markdown()
    except UnknownNameError:
        return item.message


def _complete(server: _Server, params: lsp.CompletionParams) -> lsp.CompletionList:
    uri, lines = params.text_document.uri, server.lines_of(params.text_document.uri)
    path = server.path_of(uri)
    dialect = dialect_of(path) if path else None
    if path is None or dialect is None:
        return lsp.CompletionList(is_incomplete=False, items=[])
    at = server.codec.position_from_client_units(lines, params.position)
    found = offers(dialect, lines, at.line, at.character, in_toml=path.suffix == ".toml")
    items = [
        lsp.CompletionItem(
            label=offer.label,
            kind=lsp.CompletionItemKind.Property if offer.is_key else lsp.CompletionItemKind.EnumMember,
            detail=offer.doc or None,
            insert_text=offer.insert,
            sort_text=f"{not offer.required:d}{number:03}",
        )
        for number, offer in enumerate(found)
    ]
    return lsp.CompletionList(is_incomplete=False, items=items)


def _repairs(server: _Server, params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
    uri = params.text_document.uri
    lines = server.lines_of(uri)
    actions = []
    for item in server.found.get(uri, ()):
        diagnostic = _diagnostic(server, item, lines, uri)
        within = params.range.start.line <= diagnostic.range.start.line <= params.range.end.line
        edit = _edit(server, item, uri) if within else None
        if edit is not None:
            actions.append(
                lsp.CodeAction(
                    title=f"Repair: {item.help or item.message}",
                    kind=lsp.CodeActionKind.QuickFix,
                    diagnostics=[diagnostic],
                    edit=lsp.WorkspaceEdit(changes={uri: [edit]}),
                    is_preferred=True,
                )
            )
    return actions


def _edit(server: _Server, item: Diagnostic, uri: str) -> lsp.TextEdit | None:
    """Return the repair of `item` as an edit of whole lines, if it holds."""
    path = server.path_of(uri)
    if path is None:
        return None
    text = server.text_of(uri)
    data = text.encode("utf-8", "surrogatepass")
    changed = fixes.plan([item], read={item.file: data}.get, base=find_root(path.parent)).get(item.file)
    if changed is None:
        return None
    before, after = text.split("\n"), changed.decode("utf-8", "surrogatepass").split("\n")
    first = next((number for number, pair in enumerate(zip(before, after, strict=False)) if pair[0] != pair[1]), 0)
    while before[-1:] == after[-1:] and min(len(before), len(after)) > first:
        before.pop()
        after.pop()
    new = "".join(f"{line}\n" for line in after[first:])
    return lsp.TextEdit(
        range=lsp.Range(start=lsp.Position(line=first, character=0), end=lsp.Position(line=len(before), character=0)),
        new_text=new,
    )
