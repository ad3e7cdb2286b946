"""Done-checks: a command's exit code, or a file's state. They are the person's, and no model can change one."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import re
import shlex
import signal
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from personae.errors import StorageError, UsageError
from personae.persona.store import read_bytes

__all__ = [
    "Check",
    "CheckChangedError",
    "DoneCheck",
    "Verdict",
    "check_of",
    "command_check",
    "done_check",
    "file_check",
]

_MOST_OUTPUT = 2_000


class CheckChangedError(UsageError):
    """A file that the check consists of is no longer what it was when the run began."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a check said of one answer."""

    passed: bool
    said: str
    """Its output, or what was found; for the next round."""


Check: TypeAlias = Callable[[str], Coroutine[Any, Any, Verdict]]
"""Is given the newest answer. Raises `CheckChangedError`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoneCheck:
    """What a person gave as the check of a run: a command, or a file. Plain data, which a run keeps."""

    command: str = ""
    file: str = ""
    """`PATH`, or `PATH~REGEX`."""
    before: Mapping[str, str] = field(default_factory=dict)
    """The files that the command names, each with its digest, as they were when the run began."""


def done_check(*, command: str | None = None, file: str | None = None, root: Path) -> DoneCheck:
    """Return the check that was given, with its files in `root` as they are now."""
    if command is None:
        return DoneCheck(file=file or "")
    return DoneCheck(command=command, before=_digests(command, root))


def check_of(given: DoneCheck, *, root: Path) -> Check:
    """Return the check that `given` is. Raises `UsageError` for one that can never be done."""
    if given.file:
        return file_check(given.file, root=root)
    return command_check(given.command, root=root, before=given.before)


def command_check(
    command: str, *, root: Path, before: Mapping[str, str] | None = None, timeout_s: float = 300.0
) -> Check:
    """Return a check that passes when `command` exits 0 in `root`; it is given the answer on standard input.

    `before` are the files it names as they have to be; as they are now, where that is not given.
    """
    if not command.strip():
        raise UsageError("the check is empty", help='Give a command, such as --check "pytest -q".')
    expected = _digests(command, root) if before is None else before

    async def check(answer: str) -> Verdict:
        _refuse_changed(expected, root)
        process = await asyncio.create_subprocess_shell(
            command,
            cwd=root,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(timeout_s):
                output, _ = await process.communicate(answer.encode())
        except TimeoutError:
            return Verdict(passed=False, said=f"the check did not end within {timeout_s:g} s")
        finally:
            if process.returncode is None:
                _kill(process)
                await process.wait()
        text = output.decode("utf-8", "replace").strip()[-_MOST_OUTPUT:]
        return Verdict(passed=process.returncode == 0, said=text or f"the check exited with {process.returncode}")

    return check


def file_check(spec: str, *, root: Path) -> Check:
    """Return a check on a file: `PATH` passes when it exists and is not empty, `PATH~REGEX` when its text matches."""
    name, sign, pattern = spec.partition("~")
    try:
        wanted = re.compile(pattern, re.MULTILINE)
    except re.error as error:
        raise UsageError(f"{pattern!r} is not a regular expression: {error}", help="Quote it for the shell.") from None
    path = root / name

    async def check(answer: str) -> Verdict:
        try:
            text = read_bytes(path).decode("utf-8", "replace")
        except StorageError as error:
            return Verdict(passed=False, said=f"{name}: {error.reason}")
        if not sign:
            return Verdict(passed=bool(text.strip()), said=f"{name} has {len(text):,} characters")
        found = wanted.search(text)
        return Verdict(passed=found is not None, said=f"{name} {'matches' if found else 'does not match'} {pattern}")

    return check


def _kill(process: asyncio.subprocess.Process) -> None:
    """Kill the shell and what it started; a child left alive would keep the pipe open, and us waiting."""
    with contextlib.suppress(ProcessLookupError):
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def _digests(command: str, root: Path) -> Mapping[str, str]:
    """Return the digests of the files that are named in `command`, by their names there."""
    try:
        words = shlex.split(command)
    except ValueError:
        words = command.split()
    return {word: _digest(root / word) for word in words if not word.startswith("-") and (root / word).is_file()}


def _refuse_changed(expected: Mapping[str, str], root: Path) -> None:
    for name, digest in expected.items():
        if _digest(root / name) != digest:
            raise CheckChangedError(
                f"{Path(name).name}, part of the done-check, was changed while the run was on",
                help="Look at the change, and start again.",
            )


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return "-"
