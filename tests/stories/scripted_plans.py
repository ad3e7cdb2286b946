"""The plans that stories run with `scripted_personae.py`, and the project they run in."""

from __future__ import annotations

from pathlib import Path

__all__ = ["ASKING", "PLAN", "SCRIPT", "allow", "laid_out"]

SCRIPT = Path(__file__).with_name("scripted_personae.py")
PLAN = """\
goal: Say what the note says.
steps:
  - {id: facts, persona: researcher, task: Look at the note.}
  - {id: names, action: glob, args: {pattern: "*.md"}}
  - {id: weigh, persona: analyst, task: Weigh it., depends_on: [facts]}
  - {id: write, kind: writing, task: "Write up $names.output.", depends_on: [weigh]}
"""
ASKING = """\
goal: Say what the note says.
steps:
  - {id: facts, persona: researcher, task: Weigh the note.}
  - {id: write, kind: writing, task: Write it up., depends_on: [facts], needs_human: true}
"""


def laid_out(root: Path) -> Path:
    """Make a project with both plans and a note at `root`, and return it."""
    root.mkdir()
    (root / "personae.toml").write_text("")
    (root / "plan.yaml").write_text(PLAN)
    (root / "asking.yaml").write_text(ASKING)
    (root / "note.md").write_text("The pump at gate 4 runs again.\n")
    return root


def allow(root: Path, answers: int | None) -> None:
    """Let the model give so many answers in all, and keep every request after them waiting; None for no such end."""
    path = root / "allowed.tmp"
    path.write_text("" if answers is None else str(answers))
    path.rename(root / "allowed.txt")
