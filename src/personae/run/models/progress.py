"""How a long wait is shown: a bar on a terminal, a line now and then elsewhere. It knows nothing of what is fetched."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol, TextIO

from personae.run.models.catalog import size_text

__all__ = ["Progress", "ProgressBar", "silent"]

_WIDTH = 28
_TERMINAL_EVERY_S = 0.1
_PLAIN_EVERY_S = 10.0


class Progress(Protocol):
    """Told how far something is; called often, so it must be cheap."""

    def __call__(self, done_bytes: int, total_bytes: int, label: str) -> None:
        """Take the news; `done_bytes == total_bytes` is the last of it."""


def silent(done_bytes: int, total_bytes: int, label: str) -> None:
    """Show nothing."""


class ProgressBar:
    """Writes to a stream: one line that redraws itself on a terminal, else a line every ten seconds."""

    def __init__(self, stream: TextIO, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream, self._clock = stream, clock
        self._terminal = stream.isatty()
        self._last_s: float | None = None
        self._start: tuple[float, int] | None = None
        self._label = ""

    def __call__(self, done_bytes: int, total_bytes: int, label: str) -> None:
        """Draw, unless the last drawing is too fresh."""
        now_s = self._clock()
        if self._start is None or label != self._label:
            self._start, self._label, self._last_s = (now_s, done_bytes), label, None
        every_s = _TERMINAL_EVERY_S if self._terminal else _PLAIN_EVERY_S
        ended = total_bytes > 0 and done_bytes >= total_bytes
        if not ended and self._last_s is not None and now_s - self._last_s < every_s:
            return
        self._last_s = now_s
        text = self._text(done_bytes, total_bytes, now_s=now_s)
        self._stream.write(f"\r\x1b[K{text}" + ("\n" if ended else "") if self._terminal else f"{text}\n")
        self._stream.flush()

    def _text(self, done_bytes: int, total_bytes: int, *, now_s: float) -> str:
        if total_bytes <= 0:
            return self._label
        share = min(1.0, done_bytes / total_bytes)
        amount = f"{size_text(done_bytes)} of {size_text(total_bytes)}"
        if not self._terminal:
            return f"{self._label}: {share:.0%}, {amount}"
        filled = round(share * _WIDTH)
        bar = "#" * filled + "-" * (_WIDTH - filled)
        return f"{self._label} [{bar}] {share:4.0%} {amount}{self._rest(done_bytes, total_bytes, now_s=now_s)}"

    def _rest(self, done_bytes: int, total_bytes: int, *, now_s: float) -> str:
        start_s, start_bytes = self._start or (now_s, done_bytes)
        spent_s, fetched = now_s - start_s, done_bytes - start_bytes
        if spent_s < 1 or fetched <= 0:
            return ""
        rate = fetched / spent_s
        return f", {size_text(int(rate))}/s, {(total_bytes - done_bytes) / rate:.0f} s left"
