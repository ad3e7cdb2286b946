"""Whom an adoption may spawn, and how its prompt lists them: by name and line alone, within a size that never grows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from personae.adopt.compose import Section
from personae.adopt.frames import framed, harmless, one_line
from personae.library.heads import Head
from personae.library.ranking import ranked
from personae.library.roster import Shelf
from personae.persona.rules import spawn_targets

__all__ = ["MOST_BYTES", "Spawnable", "agent_lines", "agents_section", "spawnable", "targets_of"]

MOST_BYTES = 1_900
"""Of the lines. With their frame and both tools it stays below 3,000 characters, however many personas there are."""
_LONGEST_LINE = 240
_SHORTEST_LINE = 40
_CUT_BYTES = len("…\n".encode()) + 1

_INTRO = (
    "Agents that you may start with the tool `agent`. One sees nothing of this conversation: its task must say all it "
    "needs. You get its last message."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spawnable:
    """Whom one adoption may spawn."""

    heads: tuple[Head, ...] = ()
    missing: tuple[str, ...] = ()
    """Named by its list, and not there, or not to be had as sub-agents."""
    listed: bool = False
    """Whether it names them; else it may spawn whoever declares the mode."""


def targets_of(specs: Sequence[str], tool: str) -> tuple[bool, tuple[str, ...] | None]:
    """Return whether `specs` hold `tool` (`agent` or `delegate`), and the personas it is limited to, None for any."""
    for spec in specs:
        found = spawn_targets(spec)
        if found is not None and found[0] == tool:
            return True, found[1]
    return False, ()


def spawnable(targets: Sequence[str] | None, shelf: Shelf, *, but: str) -> Spawnable:
    """Return the personas of `targets` (None: any) that declare the mode of sub-agents; never `but`, who asks."""
    names = sorted(shelf.names) if targets is None else list(dict.fromkeys(targets))
    heads: list[Head] = []
    missing: list[str] = []
    for name in names:
        head = shelf.head(name).head if name != but else None
        if head is None or "sub-agent" not in head.modes:
            missing.append(name)
        else:
            heads.append(head)
    return Spawnable(heads=tuple(heads), missing=() if targets is None else tuple(missing), listed=targets is not None)


def agents_section(found: Spawnable, task: str | None) -> Section | None:
    """Return the section `<available_agents>`; None where there is nobody."""
    if not found.heads:
        return None
    order = ranked(found.heads, task or "")
    lines = agent_lines(order, most_bytes=MOST_BYTES)
    if found.listed and len(lines) < len(order):
        # It named them, so it knows whom it wants: every name, in less room.
        lines = _every_name(order, most_bytes=MOST_BYTES)
    left = len(order) - len(lines)
    more = "of your list" if found.listed else "; `find_agent` finds them by a task"
    rest = f"\n… and {left:,} more {more}.".replace(" ;", ";") if left else ""
    shown = f"{len(lines)} of {len(order)} shown" + (", the nearest to the task" if left and task else "")
    text = "\n".join([_INTRO, *lines]) + rest
    return Section(name="agents", text=framed("available_agents", text), because=f"it may spawn them: {shown}")


def agent_lines(heads: Sequence[Head], *, most_bytes: int) -> list[str]:
    """Return `- name: line` of the first of `heads`, as many as fit into `most_bytes` of UTF-8."""
    lines: list[str] = []
    left = most_bytes
    for head in heads:
        line = _line(head, _LONGEST_LINE)
        left -= len(line.encode()) + 1
        if left < 0:
            break
        lines.append(line)
    return lines


def _every_name(heads: Sequence[Head], *, most_bytes: int) -> list[str]:
    each = max(_SHORTEST_LINE, most_bytes // len(heads) - _CUT_BYTES)
    lines = [_line(head, each) for head in heads]
    return (
        lines
        if sum(len(line.encode()) + 1 for line in lines) <= most_bytes
        else agent_lines(heads, most_bytes=most_bytes)
    )


def _line(head: Head, longest: int) -> str:
    line = f"- {head.slug}: {one_line(harmless(head.line))}"
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"
