"""Commands: in bubblewrap where it exists, else only after a yes. They end when their time, their run or we end."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from personae.tools import sandboxing
from personae.tools.approve import Approve, Question
from personae.tools.say import found
from personae.tools.workspace import Refused, Workspace

__all__ = ["shell_tool"]

MOST_OUTPUT_BYTES = 30_000
LONGEST_S = 600
_LONGEST_COMMAND = 20_000
_KEPT = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ")
"""Of our environment. Keys of providers lie in it, so a command gets no more."""


def shell_tool(workspace: Workspace, *, who: str, approve: Approve) -> Callable[..., Coroutine[None, None, str]]:
    """Return the tool; `who` is the persona that asks."""

    async def shell(command: str, timeout_s: int = 120, network: bool = False) -> str:
        """Run a command with sh at the top of what is visible. It has no network, unless a person allows it.

        Args:
            command: What to run.
            timeout_s: After so many seconds it is stopped; 600 at most.
            network: Ask the person for network access.
        """
        if not command.strip() or "\0" in command or len(command) > _LONGEST_COMMAND:
            return f"A command has 1 to {_LONGEST_COMMAND:,} characters."
        try:
            return await _run(workspace, _Wish(who=who, command=command, network=network), approve, timeout_s)
        except Refused as refusal:
            return str(refusal)
        except OSError as error:
            return f"The command cannot run: {(error.strerror or type(error).__name__).lower()}."

    return shell


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    who: str
    command: str
    network: bool


async def _run(workspace: Workspace, wish: _Wish, approve: Approve, timeout_s: int) -> str:
    timeout_s = max(1, min(timeout_s, LONGEST_S))
    program = await asyncio.to_thread(sandboxing.program)
    if program is None:
        await _allowed(approve, wish, "run a command without a sandbox, as you, with your files and network")
        return await _watched(["/bin/sh", "-c", wish.command], workspace, timeout_s)
    if wish.network:
        await _allowed(approve, wish, "run a command with network access, in its sandbox")
    async with sandboxing.held(workspace, wait_s=timeout_s):
        words = await asyncio.to_thread(
            partial(sandboxing.wrapped, workspace, program, wish.command, network=wish.network)
        )
        return await _watched(words, workspace, timeout_s)


async def _allowed(approve: Approve, wish: _Wish, what: str) -> None:
    if not await approve(Question(who=wish.who, what=what, detail=wish.command)):
        raise Refused(f"The command was not run: nobody said yes to {what.split(',')[0].replace('run', 'running', 1)}.")


@dataclass(slots=True)
class _Output:
    """The beginning and the end of what a command says."""

    head: bytearray = field(default_factory=bytearray)
    tail: bytearray = field(default_factory=bytearray)
    dropped: int = 0

    def take(self, data: bytes) -> None:
        room = MOST_OUTPUT_BYTES // 2
        fits = room - len(self.head)
        self.head += data[:fits]
        self.tail += data[fits:]
        if len(self.tail) > room:
            self.dropped += len(self.tail) - room
            del self.tail[:-room]

    def text(self) -> str:
        middle = f"\n({self.dropped:,} bytes are left out here)\n" if self.dropped else ""
        return f"{self.head.decode('utf-8', 'replace')}{middle}{self.tail.decode('utf-8', 'replace')}"


async def _watched(words: list[str], workspace: Workspace, timeout_s: int) -> str:
    """Run `words`; whatever they started in their group is gone when this returns, is cancelled or times out."""
    output = _Output()
    reading, writing = os.pipe()
    loop = asyncio.get_running_loop()
    os.set_blocking(reading, False)
    loop.add_reader(reading, _take, reading, output, loop)
    try:
        try:
            process = await asyncio.create_subprocess_exec(
                *words,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=writing,
                stderr=writing,
                cwd=workspace.root.joinpath(*workspace.base),
                env=_environment(),
                start_new_session=True,
            )
        finally:
            os.close(writing)
        try:
            async with asyncio.timeout(timeout_s):
                ended = f"exit code {await process.wait()}"
        except TimeoutError:
            ended = f"stopped after {timeout_s} s"
        finally:
            await _kill(process)
        _take(reading, output, loop)
    finally:
        loop.remove_reader(reading)
        os.close(reading)
    return found("shell", output.text().strip("\n") or "(no output)", ended=ended)


def _take(reading: int, output: _Output, loop: asyncio.AbstractEventLoop) -> None:
    with suppress(BlockingIOError):
        for _ in range(16):  # so that a command that never stops talking leaves time for others
            data = os.read(reading, 65_536)
            if not data:
                loop.remove_reader(reading)
                return
            output.take(data)


async def _kill(process: asyncio.subprocess.Process) -> None:
    # The group's id stays taken while it has a member; when all are gone there is nothing to kill.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    await asyncio.shield(process.wait())


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {"PATH": os.defpath, **kept, "HOME": "/tmp", "TERM": "dumb"}
