"""Work that may be interrupted: Ctrl-C and SIGTERM leave its run as it is, to be gone on with."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

import click

from personae.cli import out
from personae.cli.failures import INTERRUPTED

__all__ = ["until_interrupted"]

TERMINATED = 143
"""What a shell gives for a process that SIGTERM ended."""

_T = TypeVar("_T")


def until_interrupted(run: str, work: Coroutine[Any, Any, _T]) -> _T:
    """Run `work`; Ctrl-C and SIGTERM end it so that the run can be resumed, and say how."""

    async def terminable() -> _T:
        task = asyncio.current_task()
        assert task is not None
        with suppress(NotImplementedError):  # Windows has no such signal
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        return await work

    try:
        return asyncio.run(terminable())
    except (KeyboardInterrupt, asyncio.CancelledError) as error:
        out.note(f"stopped; personae resume {run} goes on with it")
        terminated = isinstance(error, asyncio.CancelledError)
        raise click.exceptions.Exit(TERMINATED if terminated else INTERRUPTED) from None
