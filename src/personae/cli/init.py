"""`personae init`: the project file, with every key explained and none set."""

from __future__ import annotations

import click

from personae.cli import out
from personae.cli.here import here
from personae.errors import UsageError
from personae.library.project import FILE_NAME
from personae.persona.store import write_bytes

__all__ = ["TEMPLATE", "command"]

TEMPLATE = """\
# personae.toml: what the personas of this project share. Every key is optional; the values shown are examples.
# personae config shows each value in force and where it comes from.

[project]
# timezone = "Europe/Berlin"      # days turn and heartbeats fire in it; UTC if absent
# roots = ["../other-project"]    # what visibility: all may read beside this project

[defaults]
# model = "claude-opus-5"         # for personas that name none
# tools = ["read", "grep", "glob"]
# substitute = "embedded"         # may answer where a wished model is not configured

# [defaults.budget]
# daily.maxCostUsd = 5
# perRun.maxTokens = 200000

# [tiers.T0]                      # the model-and-effort ladder, rung by rung
# model = "ollama/llama3.3"
# effort = "low"

# [workflow.review]               # who wears a workflow step
# persona = "reviewer"

# [capabilities.board-sync]       # something personas may compose under enhances
# tools = ["board.read"]
# command = "board"
"""


@click.command("init")
def command() -> None:
    """Write personae.toml into the working folder."""
    path = here() / FILE_NAME
    if path.exists():
        raise UsageError(f"{FILE_NAME} is here already", help="Edit it; personae config shows what is in force.")
    write_bytes(path, TEMPLATE.encode())
    out.note(f"wrote {FILE_NAME}: every key is optional. Next: personae new SLUG, or personae list.")
