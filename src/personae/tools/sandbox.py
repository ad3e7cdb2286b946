"""The arguments of bubblewrap for one workspace: what a command sees, and what of it it can write."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path

from personae.library.project import FILE_NAME
from personae.tools.workspace import PROTECTED, Refused, Workspace

__all__ = ["bubblewrap", "held", "wrapped"]

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix/store")
_ETC = (
    *("alternatives", "ca-certificates", "ca-certificates.conf", "group", "hosts", "ld.so.cache", "ld.so.conf"),
    *("ld.so.conf.d", "localtime", "mime.types", "nsswitch.conf", "passwd", "pki", "resolv.conf", "ssl"),
)
"""Of /etc what programs need to start and to check certificates; the rest may hold keys."""
_ALONE = (
    *("--unshare-all", "--unshare-user", "--die-with-parent", "--new-session"),
    # Started by root, a command would keep the right to mount, and so to undo what is mounted over.
    *("--cap-drop", "ALL"),
    *("--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"),
)
_MOST_ENTRIES = 200_000
_KEEPS_PLACE = "# personae: keeps its place while a command runs\n"
_MARK = ".personae-place"


@lru_cache(maxsize=1)
def bubblewrap() -> str | None:
    """Return the program where it is installed and the system lets it work; some forbid user namespaces."""
    program = shutil.which("bwrap")
    if program is None:
        return None
    system = [word for path in _SYSTEM for word in ("--ro-bind-try", path, path)]
    try:
        subprocess.run(
            [program, *_ALONE, *system, "--", "/bin/sh", "-c", ":"], check=True, capture_output=True, timeout=10
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return program


@contextmanager
def held(workspace: Workspace) -> Iterator[None]:
    """Hold the workspace for one command: a second one could change what is bound while it is being bound.

    What is protected and not there is given a place meanwhile, so that a command cannot make it.
    Raises `BlockingIOError` while another command has the workspace.
    """
    folder = os.open(workspace.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        made = _make_places(workspace)
        try:
            yield
        finally:
            _remove_places(made)
    finally:
        os.close(folder)


def wrapped(workspace: Workspace, program: str, command: str, *, network: bool) -> list[str]:
    """Return the command line. Raises `Refused` for a workspace that cannot be bound safely."""
    if workspace.root == Path(workspace.root.anchor):
        raise Refused("A command does not run where the whole disk is the project.")
    words = [program, *_ALONE, *(["--share-net"] if network else ())]
    for path in (*_SYSTEM, *(f"/etc/{name}" for name in _ETC), sys.base_prefix, sys.prefix):
        words += ["--ro-bind-try", path, path]
    for area in workspace.reads:
        top = str(area.root.joinpath(*area.under))
        words += ["--bind" if area in workspace.writes else "--ro-bind", top, top]
    words += _closed(workspace)
    start = str(workspace.root.joinpath(*workspace.base))
    return [*words, "--chdir", start, "--", "/bin/sh", "-c", command]


def _closed(workspace: Workspace) -> Iterator[str]:
    """Give the mounts over what is not written, and over other projects, which are not seen or not written."""
    for area in workspace.writes:
        top = area.root.joinpath(*area.under)
        for path in _kept(workspace, top):
            yield from ("--ro-bind", str(path), str(path))
        if workspace.guarded:
            for path, project in _inside(top):
                if project and not workspace.nested:
                    yield from ("--tmpfs", str(path), "--remount-ro", str(path))
                else:
                    yield from ("--ro-bind", str(path), str(path))


def _kept(workspace: Workspace, top: Path) -> list[Path]:
    names = [top / name for name in PROTECTED] if workspace.guarded else []
    kept = [*names, *(workspace.root.joinpath(*parts) for parts in workspace.unwritten)]
    for path in kept:
        if path.is_symlink():
            raise Refused(f"A command does not run here: {path.name!r} is a link, so it cannot be protected.")
    return [path for path in kept if path.exists() and path.is_relative_to(top)]


def _inside(top: Path) -> Iterator[tuple[Path, bool]]:
    """Give each other project below `top`, and each protected folder deeper down; True for a project."""
    left = _MOST_ENTRIES
    for folder, folders, files in os.walk(top):
        left -= len(folders) + len(files) + 1
        if left < 0:
            raise Refused(f"A command does not run here: the project has more than {_MOST_ENTRIES:,} files.")
        here = Path(folder)
        if here != top and (FILE_NAME in files or ".agents" in folders):
            folders.clear()
            yield here, True
            continue
        protected = [name for name in PROTECTED if name != "personas" and (name in folders or name in files)]
        folders[:] = [name for name in folders if name not in PROTECTED or (name == "personas" and here != top)]
        if here != top:
            for name in protected:
                if not (here / name).is_symlink():
                    yield here / name, False


def _make_places(workspace: Workspace) -> list[Path]:
    made: list[Path] = []
    for area in workspace.writes if workspace.guarded else ():
        for path in (area.root.joinpath(*area.under) / name for name in PROTECTED):
            with suppress(FileExistsError):
                if path.name == FILE_NAME:
                    with path.open("x", encoding="utf-8") as file:
                        file.write(_KEEPS_PLACE)
                else:
                    path.mkdir()
                    (path / _MARK).touch()
                made.append(path)
            made += [path] if path not in made and _is_left_over(path) else []
    return made


def _is_left_over(path: Path) -> bool:
    """Say whether a place is one that a command that was killed left behind."""
    with suppress(OSError):
        if path.name == FILE_NAME:
            return path.read_text("utf-8", "replace") == _KEEPS_PLACE
        return [item.name for item in path.iterdir()] == [_MARK]
    return False


def _remove_places(made: list[Path]) -> None:
    for path in made:
        with suppress(OSError):
            if _is_left_over(path) and path.name == FILE_NAME:
                path.unlink()
            elif _is_left_over(path):
                (path / _MARK).unlink()
                path.rmdir()
