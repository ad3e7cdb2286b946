"""`personae check`: whether every persona is sound."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import click

from personae.cli import out
from personae.cli.failures import DONE, FAILED, WRONG_USE
from personae.cli.here import here
from personae.errors import Diagnostic, UsageError
from personae.library.library import open_library
from personae.library.store import PersonaFile, find_root, list_home, load_files, load_project, user_folder, walk
from personae.persona.parse import home_of

__all__ = ["command"]

# A file that cannot be parsed at all makes the whole answer worthless, so it has a code of its own.
_UNPARSABLE = frozenset(
    [
        *("unreadable", "invalid-encoding", "file-too-large", "frontmatter-too-large"),
        *("unclosed-frontmatter", "no-frontmatter", "invalid-yaml", "invalid-toml"),
        *("yaml-alias", "yaml-anchor", "yaml-tag", "yaml-too-deep"),
    ]
)


@click.command("check")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--strict", is_flag=True, help="Let warnings fail too.")
@out.json_option
def command(paths: tuple[Path, ...], strict: bool, as_json: bool) -> None:
    """Check the personas of this project, or those in PATHS (files or folders).

    \b
    Exit code 0: clean, or warnings only (1 with --strict)
              1: findings
              2: wrong use, or a file that cannot be parsed
    """
    count, found = _check(paths)
    if as_json:
        out.as_json([asdict(item) for item in found])
    else:
        out.diagnostics(found, to_stdout=True)
        out.note(_summary(count, found))
    raise click.exceptions.Exit(_code(found, strict=strict))


def _check(paths: Sequence[Path]) -> tuple[int, list[Diagnostic]]:
    if not paths:
        library = open_library(here())
        found = [item for item in library.diagnostics if not _is_built_in(item)]
        return len(list_home(library.project.root)) + len(list_home(user_folder())), found
    root = find_root(here())
    loaded = load_files(_files(paths), root=here())
    _, project_found = load_project(root) if any(path.resolve() == root for path in paths) else (None, [])
    return loaded.files, [*project_found, *loaded.diagnostics]


def _files(paths: Sequence[Path]) -> Iterator[PersonaFile]:
    seen: set[Path] = set()
    for path in paths:
        if path.is_dir():
            files = walk(path)
        elif place := home_of(path.absolute()):
            files = [PersonaFile(path, *place)]
        elif path.exists():
            raise UsageError(
                f"{path} is not where a persona lives",
                help="Personas live at .agents/SLUG/persona.md and personas/SLUG.md.",
            )
        else:
            raise UsageError(f"there is no file or folder {path}", help="Check the spelling.")
        for file in files:
            if file.path.resolve() not in seen:
                seen.add(file.path.resolve())
                yield file


def _is_built_in(item: Diagnostic) -> bool:
    return "/" not in item.file and item.file.endswith(".md")


def _summary(count: int, found: Sequence[Diagnostic]) -> str:
    sums = {severity: sum(item.severity == severity for item in found) for severity in ("error", "warning", "note")}
    parts = [f"{number} {severity}{'s' if number != 1 else ''}" for severity, number in sums.items() if number]
    return f"{count} persona{'s' if count != 1 else ''} checked: {', '.join(parts) or 'clean'}"


def _code(found: Sequence[Diagnostic], *, strict: bool) -> int:
    if any(item.rule in _UNPARSABLE for item in found if item.severity == "error"):
        return WRONG_USE
    serious = [item for item in found if item.severity == "error" or (strict and item.severity == "warning")]
    return FAILED if serious else DONE
