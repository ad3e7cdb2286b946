"""Finds the files to import and writes the personas. What stands there already is never replaced without a yes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from personae.errors import StorageError, UsageError
from personae.hosts.imports.account import Imported
from personae.hosts.imports.batch import Source
from personae.hosts.places import Folders, in_the_way
from personae.library.store import SKIPPED_FOLDERS, PersonaFile
from personae.persona.model import Home
from personae.persona.store import read_bytes, write_bytes

__all__ = ["Placed", "gather", "place", "write"]

_SUFFIXES = (".md", ".toml", ".yaml", ".yml")

Standing = Literal["new", "same", "differs", "blocked"]
"""What stands at the place of a persona: nothing, the same text, another one, or something in its way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """An imported persona and the place it would go to."""

    item: Imported
    path: Path
    shown: str
    """The path for people, relative to the root."""
    standing: Standing
    reason: str = ""


def gather(paths: Sequence[Path], *, base: Path) -> list[Source]:
    """Read every file in `paths` that may hold an agent, folders all the way down. Raises `UsageError`.

    Links to folders are not followed, so no loop can arise.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if not path.exists():
            raise UsageError(f"there is no file or folder {path}", help="Check the spelling.")
        found.update(dict.fromkeys(_below(path) if path.is_dir() else [path]))
    return [_source(path, base) for path in found]


def _source(path: Path, base: Path) -> Source:
    full = Path(os.path.abspath(path))  # noqa: PTH100
    try:
        return Source(path=full, file=_shown(path, base), data=read_bytes(path))
    except StorageError as error:
        return Source(path=full, file=_shown(path, base), data=b"", problem=f"it cannot be read: {error.reason}")


def _below(folder: Path) -> Iterator[Path]:
    for name, folders, files in os.walk(folder):
        folders[:] = sorted(item for item in folders if item not in SKIPPED_FOLDERS)
        for file in sorted(files):
            path = Path(name, file)
            if file.endswith(_SUFFIXES) and path.is_file():
                yield path


def _shown(path: Path, base: Path) -> str:
    full = Path(os.path.abspath(path))  # noqa: PTH100
    return (full.relative_to(base) if full.is_relative_to(base) else full).as_posix()


def place(items: Iterable[Imported], *, root: Path, here: Iterable[PersonaFile] = ()) -> list[Placed]:
    """Return where each imported persona goes below `root`, and what stands there; `here` are its persona files."""
    taken = {file.slug.casefold(): file.path for file in here}
    folders = Folders()
    return [_place(item, root, taken.get(item.slug), folders) for item in items if item.status == "imported"]


def _place(item: Imported, root: Path, other: Path | None, folders: Folders) -> Placed:
    home = (".agents", item.slug, "persona.md") if item.home is Home.AGENTS else ("personas", f"{item.slug}.md")
    path = root.joinpath(*home)
    standing, reason = _standing(item, path, root, other, folders)
    return Placed(item=item, path=path, shown="/".join(home), standing=standing, reason=reason)


def _standing(item: Imported, path: Path, root: Path, other: Path | None, folders: Folders) -> tuple[Standing, str]:
    reason = in_the_way(path, root, folders)
    if not reason and other is not None and other != path:
        shown = other.relative_to(root).as_posix() if other.is_relative_to(root) else other.as_posix()
        reason = f"{item.slug} is here already: {shown}"
    if reason:
        return "blocked", reason
    if not path.exists():
        return "new", ""
    return ("same" if read_bytes(path) == item.text.encode() else "differs"), ""


def write(placed: Iterable[Placed]) -> None:
    """Write each persona in one step. Raises `StorageError`; then those before it stand, each of them whole."""
    for each in placed:
        if each.standing == "new" and each.path.exists():
            raise StorageError("write", each.shown, "it came into being meanwhile", help="Run it again.")
        write_bytes(each.path, each.item.text.encode())
