"""The sandbox where there may be one: the only module of `tools` that knows that bubblewrap is for Linux alone."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from personae.tools.workspace import Refused, Workspace

__all__ = ["held", "program", "wrapped"]

_BETWEEN_TRIES_S = 0.05


def program() -> str | None:
    """Return bubblewrap, or None where commands cannot be put in a sandbox."""
    if sys.platform != "linux":
        return None
    from personae.tools.sandbox import bubblewrap  # noqa: PLC0415 - fcntl is not on every system

    return bubblewrap()


@asynccontextmanager
async def held(workspace: Workspace, *, wait_s: float) -> AsyncIterator[None]:
    """Hold the workspace for one command, after waiting for the one before it. Raises `Refused`."""
    from personae.tools import sandbox  # noqa: PLC0415 - fcntl is not on every system

    for _ in range(max(1, int(wait_s / _BETWEEN_TRIES_S))):
        holding = sandbox.held(workspace)
        try:
            holding.__enter__()
        except BlockingIOError:
            await asyncio.sleep(_BETWEEN_TRIES_S)
            continue
        try:
            yield
        finally:
            holding.__exit__(None, None, None)
        return
    raise Refused("The command was not run: another command is still running in this project.")


def wrapped(workspace: Workspace, program: str, command: str, *, network: bool) -> list[str]:
    """Return the command line that runs `command` in the sandbox. Raises `Refused`."""
    from personae.tools import sandbox  # noqa: PLC0415 - fcntl is not on every system

    return sandbox.wrapped(workspace, program, command, network=network)
