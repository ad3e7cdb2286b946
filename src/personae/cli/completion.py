"""`personae completion`: the script that lets a shell complete commands, options and slugs."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from personae.cli import out

__all__ = ["command"]

_SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", type=click.Choice(_SHELLS))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    """Print the completion script for SHELL.

    \b
    bash:  personae completion bash >> ~/.bashrc
    zsh:   personae completion zsh >> ~/.zshrc
    fish:  personae completion fish > ~/.config/fish/completions/personae.fish
    """
    shell_class = get_completion_class(shell)
    assert shell_class is not None
    out.data(shell_class(context.find_root().command, {}, "personae", "_PERSONAE_COMPLETE").source())
