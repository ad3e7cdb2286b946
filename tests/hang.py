"""Turns a hang into a failure, for tests of input that has no end. It measures nothing."""

from __future__ import annotations

import signal
from collections.abc import Iterator

__all__ = ["a_hang_fails"]

_PATIENCE_S = 20


def a_hang_fails() -> Iterator[None]:
    """Guard each test of a module: `guarded = pytest.fixture(autouse=True)(a_hang_fails)`. None takes long."""

    def too_long(*_: object) -> None:
        raise TimeoutError(f"it takes longer than {_PATIENCE_S} seconds")

    if not hasattr(signal, "SIGALRM"):
        yield
        return
    before = signal.signal(signal.SIGALRM, too_long)
    signal.alarm(_PATIENCE_S)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)
