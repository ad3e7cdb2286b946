"""The `personae` command: loads a command, runs it, and turns what was raised into a sentence and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module

import click

from personae import __version__
from personae.cli import failures, out
from personae.errors import PersonaeError, close_matches

__all__ = ["COMMANDS", "main"]

COMMANDS = {
    "init": "init",
    "new": "new",
    "edit": "edit",
    "rename": "rename",
    "rm": "remove",
    "list": "list_",
    "show": "show",
    "check": "check",
    "plan": "plan",
    "run": "run",
    "team": "team",
    "models": "models",
    "doctor": "doctor",
    "config": "config",
    "schema": "schema",
    "completion": "completion",
}
"""Command to the module of `personae.cli` that holds it, in the order `--help` shows them."""


class _LazyGroup(click.Group):
    """Loads a command's module when it is called, so that `check` never pays for what `run` needs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        command = import_module(f"personae.cli.{module}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            matches = close_matches(args[0], COMMANDS)
            way_out = f"Did you mean {matches[0]}?" if matches else "See personae --help."
            raise click.UsageError(f"there is no command {args[0]!r}. {way_out}", ctx) from error


@click.command(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="personae", message="%(prog)s %(version)s")
def personae() -> None:
    """Define, check and run the personas of your AI agents.

    \b
    personae new reviewer           write a persona
    personae check                  is every persona sound?
    personae show reviewer          the exact prompt, and why
    personae run "GOAL" --with F    plan it, run it, each step under its persona
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with the code of DESIGN.md, section 3."""
    out.prepare()
    try:
        personae.main(list(arguments) if arguments is not None else None, prog_name="personae", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Exit as stop:
        code = stop.exit_code
    except (click.Abort, KeyboardInterrupt):
        out.note("stopped")
        code = failures.INTERRUPTED
    except click.ClickException as error:
        error.show(sys.stderr)
        code = failures.WRONG_USE
    except PersonaeError as error:
        out.failure(error)
        code = failures.code_of(error)
    except BrokenPipeError:
        # The reader has seen enough, as `head` does. Python would complain once more while closing the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    else:
        code = 0
    sys.exit(code)
