"""What one persona may read and write, as a plain value, and the rules on names. It looks at no disk by itself."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from personae.errors import StorageError
from personae.library.project import FILE_NAME, Project
from personae.memory.place import memory_path
from personae.persona.model import Persona

__all__ = ["PROTECTED", "Area", "Refused", "Workspace", "folded", "is_protected", "parts_of", "scratch", "workspace_of"]

PROTECTED = (".agents", "personas", ".personae", ".git", FILE_NAME)
"""Not written by tools: what decides who may do what, and what Git runs by itself.

The project file is among them since it holds pools, roots and approvals: whoever writes it grants himself tools.
"""
_AT_THE_TOP_ONLY = frozenset({"personas"})
"""A common name for a folder of source; only the project's own holds personas."""

_LONGEST = 4096
_DEEPEST = 64
# Names that Windows makes up for names longer than 8.3, such as GIT~1 for .git (CVE-2014-9390).
_SHORT_NAME = re.compile(r"(?:git|agents|person)[^.]*~\d+")


class Refused(Exception):  # noqa: N818 - what the model reads is a sentence, not an error
    """A tool does not do what it was asked to; the text says why, for the model. It never leaves the tools."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A folder of the disk with all below it."""

    root: Path
    """Its real path; nothing in it is reached except downward from here."""
    name: str = ""
    """Another than the project is reached as `@name/…`."""
    under: tuple[str, ...] = ()
    """Only what is in this folder of `root` belongs to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """The read set and the write set of one persona."""

    root: Path
    """Where a path with a leading `/` begins; a real path."""
    reads: tuple[Area, ...]
    writes: tuple[Area, ...]
    nested: bool = False
    """Whether projects within the project are read as well. None of them is written."""
    guarded: bool = True
    """Whether `PROTECTED` holds; a temporary folder has nothing to protect."""
    unwritten: tuple[tuple[str, ...], ...] = ()
    """Further files that are not written: the persona's own file and its memory."""

    @property
    def base(self) -> tuple[str, ...]:
        """Where a path without a leading `/` begins."""
        return self.reads[0].under

    def shown(self, area: Area, parts: Sequence[str]) -> str:
        """Return the path as a model may give it back."""
        if area.name:
            return "/".join([f"@{area.name}", *parts])
        rest = parts[len(self.base) :] if tuple(parts[: len(self.base)]) == self.base else None
        return "/".join(rest) or "." if rest is not None else "/" + "/".join(parts)


def workspace_of(persona: Persona | None, project: Project) -> Workspace:
    """Return what `persona` (None: the brain alone) sees of `project`, by its visibility."""
    root = project.root.resolve()
    visibility = persona.visibility if persona else "cabinet"
    if persona is not None and visibility == "folder":
        own = Area(root=root, under=(".agents", persona.name))
        unwritten = ((*own.under, "persona.md"), *_memory(persona, root))
        return Workspace(root=root, reads=(own,), writes=(own,), unwritten=unwritten)
    whole = Area(root=root)
    others = _others(project.roots, root) if visibility == "all" else ()
    return Workspace(root=root, reads=(whole, *others), writes=(whole,), nested=visibility == "all")


def scratch(folder: Path) -> Workspace:
    """Return a workspace that is `folder` and nothing else, all of it to be written."""
    area = Area(root=folder.resolve())
    return Workspace(root=area.root, reads=(area,), writes=(area,), nested=True, guarded=False)


def parts_of(workspace: Workspace, path: str) -> tuple[Area, tuple[str, ...]]:
    """Return the area and the names that `path` goes through, before any of them is looked up. Raises `Refused`."""
    if len(path) > _LONGEST:
        raise Refused(f"The path is longer than {_LONGEST:,} characters.")
    area, start, names = workspace.reads[0], workspace.base, path.split("/")
    if path.startswith("/"):
        start = ()
    elif names[0].startswith("@"):
        found = next((item for item in workspace.reads if item.name and item.name == names[0][1:]), None)
        area, start, names = (area, start, names) if found is None else (found, (), names[1:])
    parts = (*start, *(name for name in names if name not in ("", ".")))
    for name in parts:
        _check_name(name, path)
    if len(parts) > _DEEPEST:
        raise Refused(f"The path goes through more than {_DEEPEST} folders.")
    return area, parts


def folded(name: str) -> str:
    """Return what `name` may be taken for by a file system that ignores case, Unicode forms, or a trailing dot."""
    seen = "".join(each for each in unicodedata.normalize("NFKC", name) if unicodedata.category(each) != "Cf")
    return unicodedata.normalize("NFKC", seen.casefold()).partition(":")[0].rstrip(". ")


def is_protected(workspace: Workspace, area: Area, parts: Sequence[str]) -> str:
    """Return the name for whose sake `parts` is not written, or an empty text."""
    if not workspace.guarded:
        return ""
    own = [folded(name) for name in parts]
    for kept in workspace.unwritten:
        if own == [folded(name) for name in kept]:
            return kept[-1]
    for at, name in enumerate(own[len(area.under) :]):
        top = at == 0 and not area.under
        if (name in PROTECTED and (top or name not in _AT_THE_TOP_ONLY)) or _SHORT_NAME.match(name):
            return parts[len(area.under) + at]
    return ""


def _check_name(name: str, path: str) -> None:
    plain = unicodedata.normalize("NFKC", name)
    if plain in (".", ".."):
        raise Refused(f"{path!r} is refused: a path goes only downward, without '..'.")
    if any(unicodedata.category(each) in ("Cc", "Cf", "Cs", "Zl", "Zp") for each in name):
        raise Refused(f"{path!r} is refused: it has a character that cannot be seen.")
    if any(each in plain for each in "/\\:\0"):
        raise Refused(f"{path!r} is refused: a name has no '\\' and no ':'. Write '/' between folders.")
    if name.endswith((".", " ")):
        raise Refused(f"{path!r} is refused: a name does not end in a dot or a space.")
    if name.startswith("~"):
        raise Refused(f"{path!r} is refused: '~' is nobody's home here. A leading '/' is the top of the project.")


def _memory(persona: Persona, root: Path) -> tuple[tuple[str, ...], ...]:
    try:
        return (memory_path(persona, root).relative_to(root).parts,)
    except (StorageError, ValueError):
        return ()


def _others(roots: Sequence[str], root: Path) -> tuple[Area, ...]:
    """Return the other projects; of two with one name the second is called `name-2`."""
    areas: dict[str, Area] = {}
    for text in roots:
        real = (root / Path(text).expanduser()).resolve()
        if real == root or not real.is_dir():
            continue
        name, number = real.name, 2
        while name in areas:
            name, number = f"{real.name}-{number}", number + 1
        areas[name] = Area(root=real, name=name)
    return tuple(areas.values())
