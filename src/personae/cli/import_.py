"""`personae import`: agent files of other tools become personas of this project, with a report of what each lost."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from personae.cli import out
from personae.cli.failures import DONE, FAILED
from personae.cli.here import here
from personae.errors import UsageError
from personae.hosts.imports.account import Change, Imported
from personae.hosts.imports.batch import Options, import_all
from personae.hosts.imports.reading import DIALECTS
from personae.hosts.imports.store import Placed, gather, place, write
from personae.library.library import Library, open_library
from personae.library.store import list_home
from personae.library.substrate_store import read_substrate
from personae.persona.model import Home

__all__ = ["command"]

_PATH = click.Path(path_type=Path)
_SIGNS = {"imported": ("+", "green"), "refused": ("!", "red"), "left-alone": ("-", None)}


@click.command("import")
@click.argument("paths", nargs=-1, required=True, type=_PATH)
@click.option("--from", "host", type=click.Choice(DIALECTS), metavar="HOST", help=f"Whose: {', '.join(DIALECTS)}.")
@click.option("--to", type=_PATH, help="Folder to write into, instead of this project.")
@click.option(
    "--home",
    type=click.Choice([home.value for home in Home]),
    help="Where they live there; agents for Cabinet's, else personas.",
)
@click.option("--dry-run", is_flag=True, help="Report, and write nothing.")
@click.option("--force", is_flag=True, help="Replace personas that are there already, without asking.")
@out.json_option
def command(
    paths: tuple[Path, ...],
    host: str | None,
    to: Path | None,
    home: str | None,
    dry_run: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Make personas of the agent files in PATHS: those of 14 tools, of Cabinet and of agentm.

    Nothing gets wider: a tool that has no counterpart here stays out. The report says of every field whether it was
    kept, mapped, narrowed, dropped or repaired, and why; --json has those that were kept too.

    \b
    personae import .claude/agents --dry-run
    personae import ../other/agents.yaml --from crewai
    personae import ../cabinet/.agents --home agents

    \b
    Exit code 0: everything was imported
              1: something was refused, or needs a yes
    """
    library = open_library(here())
    root = library.project.root if to is None else here() / to
    items = import_all(gather(paths, base=here()), _options(library, host, home))
    placed = place(items, root=root, here=list_home(root))
    agreed = [each for each in placed if each.standing == "new" or (each.standing == "differs" and force)]
    asked = [each for each in placed if each.standing == "differs" and not force]
    if as_json:
        out.as_json(_plain(items, placed, dry_run=dry_run))
    else:
        _show(items, placed)
    if not dry_run:
        agreed += _ask(asked)
        write(agreed)
    _summary(items, placed, written=0 if dry_run else len(agreed))
    failed = any(item.status == "refused" for item in items) or any(each.standing == "blocked" for each in placed)
    waiting = [] if dry_run else [each for each in asked if each not in agreed]
    if waiting:
        names = ", ".join(each.shown for each in waiting[:3]) + (" …" if len(waiting) > 3 else "")
        out.warn(f"left as they are, since they differ: {names}. --force replaces them.")
    raise click.exceptions.Exit(FAILED if failed or waiting else DONE)


def _options(library: Library, host: str | None, home: str | None) -> Options:
    return Options(
        host=host,
        home=Home(home) if home else None,
        substrate=read_substrate(library.project).names,
        known=frozenset(persona.name for persona in library.registry.snapshot().values()),
    )


def _ask(placed: Sequence[Placed]) -> list[Placed]:
    if not placed or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return []
    return [each for each in placed if click.confirm(f"{each.shown} is there and differs. Replace it?", err=True)]


def _show(items: Sequence[Imported], placed: Sequence[Placed]) -> None:
    places = {id(each.item): each for each in placed}
    alone = Counter(item.status for item in items)["left-alone"]
    for item in items:
        each = places.get(id(item))
        if item.status == "left-alone" and alone < len(items):
            continue  # a README beside agents; the summary counts them
        sign, color = _SIGNS["refused" if each and each.standing == "blocked" else item.status]
        click.echo(f"{click.style(sign, fg=color, bold=True)} {item.file}{_target(item, each)}")
        for change in item.changes if item.status == "imported" else ():
            if change.fate != "kept" or change.because:
                click.echo(f"    {_line(change)}")
        if item.help:
            click.echo(f"    {item.help}")


def _target(item: Imported, each: Placed | None) -> str:
    if each is None:
        return f": {item.reason}"
    if each.standing == "blocked":
        return f": {each.reason}"
    return f" -> {each.shown}{' (there already)' if each.standing == 'same' else ''}"


def _line(change: Change) -> str:
    arrow = f"{change.was} -> {change.now}" if change.now and change.was != change.now else change.was
    parts = [part for part in (change.field, arrow) if part]
    text = f"{change.fate}: {': '.join(parts)}" if parts else f"{change.fate}:"
    if not change.because:
        return text
    return f"{text} ({change.because})" if parts else f"{text} {change.because}"


def _plain(items: Sequence[Imported], placed: Sequence[Placed], *, dry_run: bool) -> dict[str, object]:
    places = {id(each.item): each for each in placed}
    return {
        "dry_run": dry_run,
        "files": [
            {
                "file": item.file,
                "dialect": item.dialect,
                "status": item.status,
                "slug": item.slug,
                "target": places[id(item)].shown if id(item) in places else "",
                "standing": places[id(item)].standing if id(item) in places else "",
                "reason": item.reason or (places[id(item)].reason if id(item) in places else ""),
                "help": item.help,
                "changes": [asdict(change) for change in item.changes],
            }
            for item in items
        ],
    }


def _summary(items: Sequence[Imported], placed: Sequence[Placed], *, written: int) -> None:
    counts = Counter(item.status for item in items)
    if not counts["imported"] and not counts["refused"]:
        raise UsageError("there is no agent in what was named", help="Name its file, and say whose it is: --from HOST.")
    blocked = sum(each.standing == "blocked" for each in placed)
    repaired = sum(item.is_repaired for item in items if item.status == "imported")
    same = sum(each.standing == "same" for each in placed)
    parts = [f"{counts['imported'] - blocked:,} can be imported", f"{written:,} written"]
    parts += [f"{count:,} {word}" for count, word in ((repaired, "repaired"), (same, "there already")) if count]
    if refused := counts["refused"] + blocked:
        parts.append(f"{refused:,} refused")
    if counts["left-alone"]:
        parts.append(f"{counts['left-alone']:,} left alone")
    out.note(", ".join(parts))
