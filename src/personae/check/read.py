"""One file on disk to what rules see: whose it is, what became of it, and where its project begins."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path, PurePath

from personae.check.report import Outcome, is_unparsable
from personae.check.subject import PERSONA, Subject
from personae.check.walk import stamp_of
from personae.errors import Diagnostic, StorageError
from personae.library.roots import FILE_NAME
from personae.persona.dialects import Dialect, detect, read_agent, sniff
from personae.persona.dialects.detect import FOLDERS
from personae.persona.model import Home
from personae.persona.parse import Parsed, home_of, parse
from personae.persona.store import read_bytes

__all__ = ["Owner", "ReadFile", "Target", "outcome_of", "read_target", "recognize", "root_of"]

_ATTEMPTS = 3
_HOST_FOLDERS = frozenset(outer for outer, _ in FOLDERS if outer.startswith("."))
_OTHER_SUFFIXES = (".prompt.md", ".instructions.md", ".chatmode.md")
_OTHER_FOLDERS = _HOST_FOLDERS | {"commands", "command", "prompts", "rules", "skills", "output-styles"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One file to check."""

    path: str
    where: Path
    """The same as a path."""
    file: str
    """As diagnostics name it."""
    dialect: Dialect | None = None
    """None is ours, or not known yet."""
    home: tuple[Home, str] | None = None
    root: str
    """The folder that its home lies in."""
    selected: bool = True
    """Whether its findings are reported; others are read for what they say about these."""
    stamp: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFile:
    """What reading one file gave."""

    target: Target
    dialect: str
    subjects: tuple[Subject, ...] = ()
    """Several where a file holds several agents; none where it cannot be decoded or is left alone."""
    diagnostics: tuple[Diagnostic, ...] = ()
    left_alone: bool = False
    is_nobodys: bool = False
    text: str = ""
    parsed: Parsed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Whose a file is, as far as its path tells; nobody's yet where only its text may tell."""

    dialect: Dialect | None = None
    home: tuple[Home, str] | None = None
    is_project: bool = False


def recognize(path: Path, *, host: str | None, sniffing: bool) -> Owner | None:
    """Return whose file lies at `path`, None when it is nobody's. With `host` every file is that host's.

    With `sniffing` a file may turn out to be somebody's by what it holds.
    """
    if path.name == FILE_NAME:
        return Owner(is_project=True)
    if host is not None:
        return Owner(dialect=Dialect(host, (host,)))
    home = home_of(path)
    if home is not None and home[0] is Home.AGENTS:
        return Owner(home=home)
    dialect = detect(path)
    if dialect is not None:
        return Owner(dialect=dialect)
    if home is not None:
        return Owner(home=home)
    if sniffing or path.parent.name == "agents":
        return None if _is_something_else(path) else Owner()
    return None


def _is_something_else(path: PurePath) -> bool:
    """Whether a file at `path` is a prompt, a command or a rule of a host: those look like agents and are none."""
    return path.name.endswith(_OTHER_SUFFIXES) or not _OTHER_FOLDERS.isdisjoint(path.parts[:-1])


def root_of(path: Path, dialect: Dialect | None, home: tuple[Home, str] | None) -> str:
    """Return the folder that the home of `path` lies in."""
    # Cut out of the text: among many files a `Path` for each step costs more than reading them.
    text = str(path)
    if home is not None:
        return text.rsplit(os.sep, 3 if home[0] is Home.AGENTS else 2)[0] or path.anchor
    is_skill = dialect is not None and dialect.id == "skill"
    parts = path.parts
    for part in parts:
        if part in _HOST_FOLDERS or (is_skill and part == "skills"):
            return text[: text.index(f"{os.sep}{part}{os.sep}")] or path.anchor
    return text.rsplit(os.sep, 2 if len(parts) > 2 and parts[-2] in ("agents", "config") else 1)[0] or path.anchor


def read_target(target: Target, *, buffers: Mapping[str, bytes] | None = None) -> ReadFile:
    """Read one file, or what `buffers` has instead. Total: what cannot be read is a finding."""
    try:
        held = buffers.get(target.path) if buffers else None
        data = held if held is not None else _steady(target)
    except StorageError as error:
        message, help = f"cannot be read: {error.reason}", _way_out(error)
        finding = Diagnostic(rule="unreadable", message=message, file=target.file, help=help)
        return ReadFile(target=target, dialect=_dialect(target), diagnostics=(finding,))
    if target.home is not None:
        return _persona(target, data, *target.home)
    dialect = target.dialect or sniff(target.where, data)
    if dialect is None:
        return ReadFile(target=target, dialect="", left_alone=True, is_nobodys=True)
    return _agent(target, data, dialect)


def _way_out(error: StorageError) -> str:
    return error.help if "personae list" not in error.help else "It went away, or the link to it leads nowhere."


def _steady(target: Target) -> bytes:
    """Return the bytes of a file that did not change while they were read."""
    before = target.stamp
    for _ in range(_ATTEMPTS):
        data = read_bytes(target.where)
        after = stamp_of(target.path)
        if after == before or not before:
            return data
        before = after
    raise StorageError(
        "read", target.file, "it keeps changing while it is read", help="Check it again when it is done."
    )


def _dialect(target: Target) -> str:
    return target.dialect.id if target.dialect else PERSONA if target.home else ""


def _persona(target: Target, data: bytes, home: Home, slug: str) -> ReadFile:
    parsed = parse(data, file=target.file, home=home, slug=slug)
    subjects: tuple[Subject, ...] = ()
    if parsed.text is not None and (parsed.persona is not None or not parsed.left_alone):
        document = parsed.document
        subject = Subject(
            file=target.file,
            path=target.where,
            root=_folder(target.root),
            dialect=PERSONA,
            text=parsed.text,
            body=document.body if document else "",
            body_line=document.body_line if document else 1,
            persona=parsed.persona,
            places=parsed.places,
        )
        subjects = (subject,)
    return ReadFile(
        target=target,
        dialect=PERSONA,
        subjects=subjects,
        diagnostics=parsed.diagnostics,
        left_alone=parsed.left_alone,
        text=parsed.text or "",
        parsed=parsed,
    )


def _agent(target: Target, data: bytes, dialect: Dialect) -> ReadFile:
    # The whole path, because hosts name agents by the folders above them; findings get the name that people know.
    read = read_agent(data, file=target.where, dialect=dialect)
    found = tuple(_renamed(read.diagnostics, target))
    agents = read.agents if len(read.agents) > 1 else (read.agent,)
    subjects = tuple(
        Subject(
            file=target.file,
            path=target.where,
            root=_folder(target.root),
            dialect=dialect.id,
            text=read.text,
            body=read.body,
            body_line=read.body_line,
            agent=agent,
            places=read.places,
        )
        for agent in agents
    )
    # A document beside agents, such as a README, that its host passes over without a word.
    left_alone = read.agent is None and read.fate == "skipped" and not found
    return ReadFile(
        target=target,
        dialect=dialect.id,
        subjects=subjects,
        diagnostics=found,
        left_alone=left_alone,
        text=read.text,
    )


@lru_cache(maxsize=64)
def _folder(path: str) -> Path:
    return Path(path)


def _renamed(found: tuple[Diagnostic, ...], target: Target) -> Iterator[Diagnostic]:
    for item in found:
        yield replace(item, file=target.file) if item.file == target.path else item


def outcome_of(found: list[Diagnostic], *, left_alone: bool) -> Outcome:
    """Return the verdict on a file of which `found` is all that remains."""
    if any(is_unparsable(item) for item in found):
        return "unparsable"
    if any(item.severity != "note" for item in found):
        return "findings"
    return "left alone" if left_alone else "clean"
