"""`personae chat`: a conversation on the terminal that wears a persona."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import TypeVar

import click

from personae.adopt.adoption import Adoption, Refusal, as_error
from personae.adopt.select import Selection
from personae.adopt.store import read_session, write_session
from personae.cli import out
from personae.cli.here import complete_slug
from personae.cli.recording import doing, new_run_of
from personae.cli.wearing import answerer_of, tell, tell_reflection, world_for
from personae.cli.work import model_option, notes_on
from personae.errors import PersonaeError
from personae.run.modes.chat import HELP, Chat

__all__ = ["command"]

_T = TypeVar("_T")


@click.command("chat")
@click.argument("name", required=False, shell_complete=complete_slug)
@model_option
@click.option("--no-reflect", is_flag=True, help="Remember nothing of this conversation.")
def command(name: str | None, override: str | None, no_reflect: bool) -> None:
    """Talk with persona NAME; without a name, with whom this project wears already, or with nobody put on.

    Inside, /help lists what else can be said: /wear, /step, /release, /who, /why, /history, /quit.
    """
    world = world_for(name, override=override)
    # Line editing where the system has it; without it the terminal's own is enough.
    with contextlib.suppress(ImportError):
        import_module("readline")
    title = f"a conversation with {name or 'whoever is worn'}"
    run = new_run_of("chat", title, persona=name or "")
    opened = doing(run, world=world, models=answerer_of(world))
    with asyncio.Runner() as runner:
        begun = runner.run(opened.__aenter__())
        try:
            session = read_session(world.project.root)
            chat = Chat(performer=begun.performer, run=run.id, within=begun.account, session=session)
            _converse(chat, runner, name, reflecting=not no_reflect)
        except BaseException as error:
            runner.run(opened.__aexit__(type(error), error, error.__traceback__))
            raise
        runner.run(opened.__aexit__(None, None, None))


def _converse(chat: Chat, runner: asyncio.Runner, name: str | None, *, reflecting: bool) -> None:
    _begin(chat, runner, name)
    while (line := _read(chat)) is not None:
        try:
            if not _handle(chat, runner, line):
                break
        except PersonaeError as error:
            out.failure(error)
    if reflecting and chat.said:
        out.note("reflecting on what was said; Ctrl-C skips it")
        reflection = _stoppable(runner, chat.end())
        if reflection is not None:
            tell_reflection(reflection)


def _begin(chat: Chat, runner: asyncio.Runner, name: str | None) -> None:
    found = runner.run(chat.begin(name))
    if isinstance(found, Refusal):
        raise as_error(found)
    for note in notes_on([chat.wearing.adoption.model]):
        out.warn(note)
    _keep(chat)
    _introduce(chat)


def _handle(chat: Chat, runner: asyncio.Runner, line: str) -> bool:
    """Do what `line` says; return whether the conversation goes on."""
    word, _, rest = line.partition(" ")
    if not word.startswith("/"):
        _answer(chat, runner, line)
        return True
    if word in ("/quit", "/exit"):
        return False
    commands: dict[str, Callable[[], None]] = {
        "/wear": lambda: _wear(chat, runner, chat.wear(rest.strip() or None)),
        "/step": lambda: _wear(chat, runner, chat.wear(step=rest.strip())),
        "/release": lambda: _wear(chat, runner, chat.release()),
        "/who": lambda: out.note(_who(chat)),
        "/why": lambda: _why(chat),
        "/history": lambda: _history(chat),
        "/help": lambda: out.note(HELP),
    }
    do = commands.get(word)
    if do is None:
        out.note(f"There is no {word}.\n{HELP}")
    else:
        do()
    return True


def _answer(chat: Chat, runner: asyncio.Runner, text: str) -> None:
    answer = _stoppable(runner, chat.say(text, on_text=lambda piece: click.echo(piece, nl=False)))
    click.echo()
    if answer is None:
        out.note("stopped; nothing of it was kept")


def _wear(chat: Chat, runner: asyncio.Runner, change: Awaitable[Adoption | Refusal | Selection]) -> None:
    async def awaited() -> Adoption | Refusal | Selection:
        return await change

    found = runner.run(awaited())
    if isinstance(found, Selection):
        out.note(f"{found.because}. {found.help}")
    elif isinstance(found, Refusal):
        out.failure(as_error(found))
    else:
        _keep(chat)
        _introduce(chat)


def _stoppable(runner: asyncio.Runner, work: Awaitable[_T]) -> _T | None:
    """Run `work`; Ctrl-C cancels it and gives None, and the conversation goes on."""

    async def run() -> _T | None:
        task = asyncio.ensure_future(work)
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, task.cancel)
        try:
            return await task
        except asyncio.CancelledError:
            return None
        finally:
            asyncio.get_running_loop().remove_signal_handler(signal.SIGINT)

    return runner.run(run())


def _read(chat: Chat) -> str | None:
    """Return the next line that is not empty, or None at the end of input. Ctrl-C at the prompt drops the line."""
    prompt = f"{chat.wearing.adoption.slug}> " if sys.stdin.isatty() else ""
    while True:
        try:
            line = input(prompt).strip()
        except EOFError:
            if prompt:
                click.echo()
            return None
        except KeyboardInterrupt:
            click.echo()
            continue
        if line:
            return line


def _keep(chat: Chat) -> None:
    write_session(chat.world.project.root, chat.session)


def _introduce(chat: Chat) -> None:
    out.note(_who(chat))
    tell(chat.wearing.adoption, chat.wearing.granted.not_yet)


def _who(chat: Chat) -> str:
    persona = chat.wearing.adoption.persona
    if persona is None:
        return "Nobody is put on: the brain alone. /wear NAME puts somebody on."
    return f"{persona.emoji} {persona.display_name or persona.name} is put on ({persona.name})."


def _why(chat: Chat) -> None:
    adoption = chat.wearing.adoption
    worn = chat.session.worn
    why = f"{worn.by}: {worn.because} (since {worn.since:%Y-%m-%d %H:%M} UTC)" if worn else "nobody was named"
    rows = [
        ["stance", adoption.slug, why],
        ["model", adoption.model.name, f"effort {adoption.model.effort}; {adoption.model.because}"],
        ["tools", ", ".join(sorted(chat.wearing.granted.tools)) or "none", adoption.tools.because],
        ["memory", f"{len(adoption.recalled.entries)} entries", adoption.recalled.because],
        ["digest", adoption.digest, f"~{adoption.prompt.tokens:,} tokens before anything is said"],
    ]
    out.note(out.table(rows))


def _history(chat: Chat) -> None:
    rows = [
        [f"{change.at:%Y-%m-%d %H:%M}", change.what, change.slug, change.because] for change in chat.session.changes
    ]
    out.note(out.table(rows) if rows else "nothing was put on yet")
