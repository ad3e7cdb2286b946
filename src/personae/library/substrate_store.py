"""Finds the scripts of the project's `[substrate] paths`, which `requires` may name too."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from personae.errors import Diagnostic
from personae.library.project import FILE_NAME, Project
from personae.library.substrate import SHIPPED, declared_substrate

__all__ = ["Substrate", "read_substrate"]

_SCRIPTS = frozenset([".py", ".sh", ".ps1", ""])


@dataclass(frozen=True, slots=True, kw_only=True)
class Substrate:
    """What personas of one project may hard-depend on."""

    names: frozenset[str] = SHIPPED
    diagnostics: tuple[Diagnostic, ...] = ()


def read_substrate(project: Project) -> Substrate:
    """Return the substrate of `project`. A folder or script whose real path leaves the project gives no names."""
    names, wrong = set(declared_substrate(project)), list[Diagnostic]()
    root = Path(os.path.realpath(project.root))
    for index, written in enumerate(project.substrate_paths):
        folder = Path(os.path.realpath(project.root / written))
        if not folder.is_relative_to(root):
            wrong.append(_wrong(project, index, f"{written!r} is not inside the project"))
        elif not folder.is_dir():
            wrong.append(_wrong(project, index, f"there is no folder {written!r}"))
        else:
            names.update(_scripts(folder, root))
    return Substrate(names=frozenset(names), diagnostics=tuple(wrong))


def _scripts(folder: Path, root: Path) -> list[str]:
    """Return the scripts directly in `folder` without their suffix, as the listing spells them."""
    found: list[str] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                name = Path(entry.name)
                if name.suffix in _SCRIPTS and name.stem[0] != "." and entry.is_file() and _inside(entry.path, root):
                    found.append(name.stem)
    except OSError:
        return []
    return found


def _inside(path: str, root: Path) -> bool:
    return Path(os.path.realpath(path)).is_relative_to(root)


def _wrong(project: Project, index: int, message: str) -> Diagnostic:
    field = f"substrate.paths[{index}]"
    line = (project.origins.get(field) or project.origins.get("substrate.paths", "")).rpartition(":")[2]
    return Diagnostic(
        rule="substrate-path",
        message=message,
        file=project.file or FILE_NAME,
        line=int(line) if line.isdigit() else 1,
        field=field,
        found=project.substrate_paths[index],
        expected="a folder of the project",
        help="Name a folder relative to the project file, such as scripts.",
    )
