"""The tree of a run at the end of a terminal, drawn again as it changes; what is said meanwhile stands above it."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text
from rich.tree import Tree

from personae.cli import out
from personae.cli.tree import Branch, RunTree, State

__all__ = ["drawn"]

_SIGNS: dict[State, tuple[str, str]] = {
    "waits": ("·", "dim"),
    "asks": ("?", "yellow"),
    "done": ("✓", "green"),
    "failed": ("✗", "red"),
    "stopped": ("✗", "red"),
}
_A_SECOND = 4
_TURNING = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


@contextmanager
def drawn(tree: RunTree) -> Iterator[None]:
    """Draw `tree` until the end, and leave it there as it then is."""
    screen = _Screen(tree)
    with out.on(screen), screen.live:
        yield
    screen.console.print(screen)


class _Screen:
    def __init__(self, tree: RunTree) -> None:
        self._tree = tree
        self.console = Console(file=sys.stderr)
        self.live = Live(
            self,
            console=self.console,
            refresh_per_second=_A_SECOND,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def above(self, text: str) -> None:
        """Print lines above it, where they stay."""
        self.console.print(Text.from_ansi(text), soft_wrap=True)

    @contextmanager
    def still(self) -> Iterator[None]:
        """Take it off the terminal for a while."""
        self.live.stop()
        try:
            yield
        finally:
            self.live.start()

    def __rich__(self) -> RenderableType:
        now = time.monotonic()
        return Group(*(self._grown(step, now) for step in self._tree.steps))

    def _grown(self, branch: Branch, now: float) -> Tree:
        grown = Tree(self._line(branch, now), guide_style="dim")
        for child in branch.children:
            grown.children.append(self._grown(child, now))
        return grown

    def _line(self, branch: Branch, now: float) -> RenderableType:
        turning = (_TURNING[int(now * _A_SECOND) % len(_TURNING)], "blue")
        sign = _SIGNS.get(branch.state, turning)
        # Plain text: what a model or a tool is called is no markup.
        text = (branch.text(now), "dim" if branch.state == "waits" else "")
        return Text.assemble(sign, " ", text, no_wrap=True, overflow="ellipsis")
