"""Writes compiled files below a folder: nobody else's are overwritten, and each is replaced in one step."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Sequence
from pathlib import Path

from personae.errors import StorageError, UsageError
from personae.hosts.artifact import Artifact
from personae.hosts.draft import STAMP
from personae.persona.store import read_bytes, write_bytes

__all__ = ["make_executable", "refuse_foreign", "write_artifacts"]

_SHOWN = 5


def refuse_foreign(artifacts: Iterable[Artifact], folder: Path) -> None:
    """Raise `UsageError` where a file of another hand stands in the way, or a link leads out of `folder`.

    Ours carry a stamp in their first lines. What holds the same text already is in nobody's way.
    """
    top = folder.resolve()
    foreign = [artifact.path.as_posix() for artifact in artifacts if _is_foreign(artifact, folder, top)]
    if foreign:
        more = f" and {len(foreign) - _SHOWN} more" if len(foreign) > _SHOWN else ""
        raise UsageError(
            f"not made by personae: {', '.join(foreign[:_SHOWN])}{more}",
            help="Nothing was written. Move them away, or give --yes to overwrite them.",
        )


def write_artifacts(artifacts: Sequence[Artifact], folder: Path) -> list[Path]:
    """Write `artifacts` below `folder`, over what stands there; return their paths. Raises `StorageError`."""
    written = []
    for artifact in artifacts:
        path = folder / artifact.path
        write_bytes(path, artifact.text.encode())
        if artifact.executable:
            make_executable(path)
        written.append(path)
    return written


def _is_foreign(artifact: Artifact, folder: Path, top: Path) -> bool:
    path = folder / artifact.path
    if not path.resolve().is_relative_to(top):
        return True
    if not path.exists():
        return False
    data = read_bytes(path)
    return data != artifact.text.encode() and STAMP.encode() not in data[:1000]


def make_executable(path: Path) -> None:
    """Let everybody run the file at `path`. Raises `StorageError`."""
    try:
        path.chmod(path.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    except OSError as error:
        raise StorageError("make executable", path.as_posix(), (error.strerror or str(error)).lower()) from error
