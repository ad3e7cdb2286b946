"""`personae.lock`: what was installed for which host, and the digest of each file as it was written. Pure.

It is meant to be committed: whoever clones the project can tell our files from others', and CI can tell that they are
in step. It may be edited by hand, merged badly, or written by somebody who means harm, so every path in it is
checked: no entry reaches a file that no host reads an agent from.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath, PureWindowsPath
from types import MappingProxyType

from personae.errors import Diagnostic, InvalidFileError
from personae.hosts.compile import COMPILERS, table_of
from personae.hosts.ledger import LIMITS
from personae.persona import slug as slugs

__all__ = ["ANY", "LOCK_NAME", "Entry", "Lock", "Wish", "digest", "parse_lock", "path_problem", "render_lock"]

LOCK_NAME = "personae.lock"
ANY = "*"
"""Stands for every persona."""

_VERSION = 1
_DIGEST = re.compile(r"[0-9a-f]{64}")
_RESTORE = (
    "Restore it from version control. Or remove it and install again: files that are as they would be written are "
    "taken over, and nothing else is touched."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody asked to be installed for one host."""

    personas: tuple[str, ...] | None = None
    """None is all personas of the project."""
    allow: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Persona, or `*` for all, to the limits that the host may lose, as `--allow-widening` names them; sorted."""

    def allowed(self, persona: str) -> tuple[str, ...]:
        """Return the limits that `persona` may lose."""
        return tuple(field for name, fields in self.allow if name in (persona, ANY) for field in fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One file that is ours."""

    hosts: tuple[str, ...]
    """Whom it was written for; several where they read the same file."""
    persona: str
    """Empty for a file that serves all of them."""
    sha256: str
    """Of its bytes, as they were written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """What is installed at one place."""

    wishes: Mapping[str, Wish] = field(default_factory=lambda: MappingProxyType({}))
    files: Mapping[str, Entry] = field(default_factory=lambda: MappingProxyType({}))
    """By path, relative to the root, `/` between parts."""


def digest(data: bytes) -> str:
    """Return the digest of a file's bytes, as the lock has it."""
    return hashlib.sha256(data).hexdigest()


def render_lock(lock: Lock) -> bytes:
    """Return the text of `lock`, one line per host and file, so that version control merges what does not collide."""
    hosts = [f"    {_json(host)}: {_json(_plain(wish))}" for host, wish in sorted(lock.wishes.items())]
    files = [
        f"    {_json(path)}: {_json({'hosts': list(entry.hosts), 'persona': entry.persona, 'sha256': entry.sha256})}"
        for path, entry in sorted(lock.files.items())
    ]
    return f'{{\n  "version": {_VERSION},\n{_block("hosts", hosts)},\n{_block("files", files)}\n}}\n'.encode()


def _plain(wish: Wish) -> dict[str, object]:
    plain: dict[str, object] = {"personas": "all" if wish.personas is None else list(wish.personas)}
    return plain | {"allow": {name: list(fields) for name, fields in wish.allow}} if wish.allow else plain


def _block(name: str, lines: list[str]) -> str:
    return f'  "{name}": {{\n' + ",\n".join(lines) + "\n  }" if lines else f'  "{name}": {{}}'


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def parse_lock(data: bytes, *, file: str = LOCK_NAME) -> Lock:
    """Read a lock. Raises `InvalidFileError` with everything that is wrong in it."""
    try:
        top = json.loads(data)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        raise _invalid([_wrong(file, "it is not JSON", line=line)]) from error
    if not isinstance(top, dict):
        raise _invalid([_wrong(file, "it is no lock file")])
    version = top.get("version")
    if isinstance(version, int) and version > _VERSION:
        message = f"it has version {version}, and this personae knows {_VERSION}"
        raise InvalidFileError([_wrong(file, message)], help="Update personae.")
    wrong: list[Diagnostic] = []
    if version != _VERSION:
        wrong.append(_wrong(file, f"the version is {version!r}, not {_VERSION}", at="version"))
    wishes = dict(_wishes(top.get("hosts"), file, wrong))
    files = dict(_files(top.get("files"), file, wrong))
    if wrong:
        raise _invalid(wrong)
    return Lock(wishes=MappingProxyType(wishes), files=MappingProxyType(files))


def _wishes(value: object, file: str, wrong: list[Diagnostic]) -> Iterator[tuple[str, Wish]]:
    if not isinstance(value, dict):
        wrong.append(_wrong(file, "a map of hosts is expected", at="hosts"))
        return
    for host, wish in value.items():
        at = f"hosts.{host}"
        wish = wish if isinstance(wish, dict) else {}
        personas, allow = _texts(wish.get("personas")), _allow(wish.get("allow", {}))
        is_all = wish.get("personas") == "all"
        if host not in COMPILERS:
            wrong.append(_wrong(file, f"there is no host {host!r}", at=at))
        elif (personas is None and not is_all) or allow is None:
            wrong.append(
                _wrong(file, 'personas is "all" or a list of slugs, and allow a map of these to lists of limits', at=at)
            )
        elif any(not set(fields) <= LIMITS for _, fields in allow):
            wrong.append(_wrong(file, f"allow names limits: {', '.join(sorted(LIMITS))}", at=at))
        elif any(slugs.problem(slug) for slug in (*(personas or ()), *(name for name, _ in allow if name != ANY))):
            wrong.append(_wrong(file, "a persona here is no slug", at=at))
        else:
            yield host, Wish(personas=None if is_all else personas, allow=allow)


def _files(value: object, file: str, wrong: list[Diagnostic]) -> Iterator[tuple[str, Entry]]:
    if not isinstance(value, dict):
        wrong.append(_wrong(file, "a map of files is expected", at="files"))
        return
    for path, entry in value.items():
        at = f"files.{path}"
        entry = entry if isinstance(entry, dict) else {}
        hosts, persona, sha = _texts(entry.get("hosts")), entry.get("persona"), entry.get("sha256")
        problem = path_problem(path)
        if problem:
            wrong.append(_wrong(file, problem, at=at))
        elif not hosts or not isinstance(persona, str) or not isinstance(sha, str) or not _DIGEST.fullmatch(sha):
            wrong.append(_wrong(file, "hosts, persona and the sha256 of the file are expected", at=at))
        elif not set(hosts) <= COMPILERS.keys():
            wrong.append(_wrong(file, "it names a host that does not exist", at=at))
        else:
            yield path, Entry(hosts=hosts, persona=persona, sha256=sha)


def _allow(value: object) -> tuple[tuple[str, tuple[str, ...]], ...] | None:
    if not isinstance(value, dict):
        return None
    pairs = [(name, _texts(fields)) for name, fields in sorted(value.items())]
    sound = tuple((name, fields) for name, fields in pairs if fields is not None)
    return sound if len(sound) == len(pairs) else None


def _texts(value: object) -> tuple[str, ...] | None:
    is_list = isinstance(value, list) and all(isinstance(item, str) for item in value)
    return tuple(value) if is_list and isinstance(value, list) else None


def path_problem(text: str) -> str:
    """Return why `text` is no place of a file of ours, below whatever root; empty when it is one."""
    path, windows = PurePosixPath(text), PureWindowsPath(text)
    if not text or not text.isprintable() or path.is_absolute() or windows.drive or windows.root or "\\" in text:
        return f"{text!r} is no path below the root"
    if str(path) != text or ".." in path.parts or path.name == "":
        return f"{text!r} is no plain path below the root"
    if not any(path.is_relative_to(place) and path != place for place in _PLACES) and text not in _FILES:
        return f"{text!r} is not where a host reads a file of ours"
    return ""


def _places() -> Iterator[PurePosixPath]:
    for host in COMPILERS:
        table = table_of(host)
        for folder in (*table.folders, *(name.removeprefix("~/") for name in table.user_folders)):
            path = PurePosixPath(folder)
            if folder != ".":
                # A host's own folder as a whole; of those that serve others too, only the part for agents.
                yield path if path.parts[0] in _SHARED or len(path.parts) == 1 else PurePosixPath(path.parts[0])


_SHARED = frozenset([".github", ".config", ".agents", "agents", "mcp"])
_PLACES = frozenset(_places())
_FILES = frozenset(["AGENTS.md"])


def _wrong(file: str, message: str, *, at: str = "", line: int = 1) -> Diagnostic:
    return Diagnostic(rule="invalid-lock", message=message, file=file, line=line, field=at)


def _invalid(wrong: list[Diagnostic]) -> InvalidFileError:
    return InvalidFileError(wrong, help=_RESTORE)
