"""The command line: one module per command, loaded when it is called."""

from __future__ import annotations

from personae.cli.app import main

__all__ = ["main"]
