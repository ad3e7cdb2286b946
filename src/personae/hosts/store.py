"""Writes compiled files below a folder: all are made before the first is written, and each is replaced in one step."""

from __future__ import annotations

import stat
from collections.abc import Iterable
from pathlib import Path

from personae.errors import StorageError
from personae.hosts.artifact import Artifact
from personae.persona.store import write_bytes

__all__ = ["write_artifacts"]


def write_artifacts(artifacts: Iterable[Artifact], folder: Path) -> list[Path]:
    """Write `artifacts` below `folder`, over what stands there; return their paths. Raises `StorageError`."""
    written = []
    for artifact in artifacts:
        path = folder / artifact.path
        write_bytes(path, artifact.text.encode())
        if artifact.executable:
            _make_executable(path)
        written.append(path)
    return written


def _make_executable(path: Path) -> None:
    try:
        path.chmod(path.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    except OSError as error:
        raise StorageError("make executable", path.as_posix(), (error.strerror or str(error)).lower()) from error
