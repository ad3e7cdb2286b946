"""`personae check`: whether every persona is sound, and every agent of other tools."""

from __future__ import annotations

import os
import shutil
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import click

from personae.check.engine import check
from personae.check.outputs import FORMATS, render
from personae.check.report import Report, Request
from personae.check.sources import Sources
from personae.cli import out
from personae.cli.failures import DONE, FAILED, WRONG_USE
from personae.errors import Diagnostic, PersonaeError, StorageError, UsageError
from personae.library.roots import find_root

__all__ = ["command"]

_PATH = click.Path(path_type=Path)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Options:
    format: str
    strict: bool
    baseline: Path | None
    cache: bool


@click.command("check")
@click.argument("paths", nargs=-1, type=_PATH)
@click.option("--format", "form", type=click.Choice(tuple(FORMATS)), default="text", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Short for --format json.")
@click.option("--strict", is_flag=True, help="Let warnings fail too.")
@click.option("--as", "host", metavar="HOST", help="Read every file as this tool's, such as claude or codex.")
@click.option("--fix", is_flag=True, help="Show the safe repairs as a diff, and make them after a yes.")
@click.option("--yes", is_flag=True, help="With --fix: do not ask.")
@click.option("--baseline", type=_PATH, help="Leave out the findings that this file lists.")
@click.option("--write-baseline", "write_to", type=_PATH, help="Write all errors and warnings to this file.")
@click.option("--no-inline", is_flag=True, help="Let no comment in a file suppress anything.")
@click.option("--no-cache", is_flag=True, help="Read every file, even of an unchanged tree.")
@click.option("--jobs", type=click.IntRange(min=1), help="Processes at most; by default one per processor.")
@click.option("--watch", is_flag=True, help="Check again whenever a file changes, until Ctrl-C.")
def command(
    paths: tuple[Path, ...],
    form: str,
    as_json: bool,
    strict: bool,
    host: str | None,
    fix: bool,
    yes: bool,
    baseline: Path | None,
    write_to: Path | None,
    no_inline: bool,
    no_cache: bool,
    jobs: int | None,
    watch: bool,
) -> None:
    """Check the personas of this project, or the files and folders in PATHS; agents of other tools too.

    \b
    Exit code 0: clean, or warnings only (1 with --strict)
              1: findings
              2: wrong use, or a file that cannot be parsed
    """
    options = _Options(format="json" if as_json else form, strict=strict, baseline=baseline, cache=not no_cache)
    request = replace(_request(paths), host=_host(host), inline=not no_inline, jobs=jobs or os.cpu_count() or 1)
    if watch:
        _watch(request, options)
        return
    report = _check(request, options)
    if write_to is not None:
        _write_baseline(report, write_to)
        return
    if fix and _fixed(report, request.base, yes=yes):
        report = _check(request, options)
    _show(report, request, options)
    raise click.exceptions.Exit(_code(report, strict=strict))


def _request(paths: Sequence[Path]) -> Request:
    """Return what is asked for: the given paths, or the whole project with the user's own personas."""
    try:
        here = Path.cwd()
    except FileNotFoundError:
        help = "Change to a folder that does."
        raise StorageError("read", "the working folder", "it no longer exists", help=help) from None
    today = datetime.now(UTC).date()
    for path in paths:
        if not path.exists() and not path.is_symlink():
            raise UsageError(f"there is no file or folder {path}", help="Check the spelling.")
    if paths:
        return Request(paths=[here / path for path in paths], base=here, today=today, sniff=True)
    root = find_root(here)
    return Request(paths=_whole(root), base=root, today=today, user=True)


def _whole(root: Path) -> list[Path]:
    """Return what to look through: the project, but never all of somebody's home or disk."""
    if root not in (Path.home(), Path(root.anchor)):
        return [root]
    return [folder for pattern in (".agents", "personas", ".*/agents", ".*/droids") for folder in root.glob(pattern)]


def _host(host: str | None) -> str | None:
    if host is None:
        return None
    # The tables of hosts are loaded only for a check that needs them.
    from personae.errors import UnknownNameError  # noqa: PLC0415
    from personae.persona.dialects import HOSTS  # noqa: PLC0415

    if host not in HOSTS:
        raise UnknownNameError("host", host, HOSTS)
    return host


def _check(request: Request, options: _Options) -> Report:
    report = check(request, remember=options.cache)
    nobodys = [file for file, verdict in report.verdicts.items() if verdict == "unknown"]
    if nobodys:
        help = "Personas live at .agents/SLUG/persona.md and personas/SLUG.md; --as HOST reads it as another tool's."
        raise UsageError(f"{nobodys[0]} is not where a persona or an agent lives", help=help)
    path = options.baseline or (Path(report.baseline) if report.baseline else None)
    if path is None or (options.baseline is None and not path.exists()):
        return report
    from personae.check import baseline  # noqa: PLC0415  most checks have none

    rest = baseline.subtract(report.diagnostics, baseline.read(path))
    if rest.gone:
        stale = "1 entry" if len(rest.gone) == 1 else f"{len(rest.gone):,} entries"
        verb = "is" if len(rest.gone) == 1 else "are"
        out.note(f"{stale} of {path.name} {verb} no longer found: write it anew (--write-baseline)")
    return replace(report, diagnostics=rest.findings, known=rest.known)


def _show(report: Report, request: Request, options: _Options) -> None:
    sources = Sources(request.base, report.places)
    if options.format == "text":
        from personae.check.outputs.text import as_text  # noqa: PLC0415  the one of five that is asked for

        is_terminal = sys.stdout.isatty()
        columns = shutil.get_terminal_size().columns if is_terminal else 0
        text = as_text(report.diagnostics, sources=sources.lines, columns=columns, color=is_terminal)
        text = f"{text}\n" if text else ""
    else:
        text = render(options.format, report.diagnostics, sources=sources.lines)
    if text:
        click.echo(text)
    out.note(_summary(report))


def _watch(request: Request, options: _Options) -> None:
    from personae.check.watch import changes  # noqa: PLC0415  most checks happen once

    for changed in changes(request.paths):
        if changed:
            out.note(f"\n{datetime.now(UTC).astimezone():%H:%M:%S} {len(changed)} changed")
        try:
            _show(_check(request, options), request, options)
        except PersonaeError as error:
            out.failure(error)


def _write_baseline(report: Report, path: Path) -> None:
    from personae.check import baseline  # noqa: PLC0415  most checks have none

    serious = [item for item in report.diagnostics if item.severity != "note"]
    baseline.write(path, serious)
    out.note(f"wrote {_count(len(serious), 'finding')} to {path.as_posix()}")


def _fixed(report: Report, base: Path, *, yes: bool) -> bool:
    """Show the safe repairs and make them after a yes; return whether any was made."""
    # Repairs are proved by reading the files again, which takes all readers.
    from personae.check import fixes  # noqa: PLC0415
    from personae.persona.store import write_bytes  # noqa: PLC0415

    sources = Sources(base, report.places)
    changes = fixes.plan(report.diagnostics, read=sources.data, base=base)
    if not changes:
        out.note("nothing here can be repaired safely")
        return False
    click.echo(fixes.diff(changes, read=sources.data), err=True)
    what = f"{_count(len(changes), 'file')} would change"
    if not yes:
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            out.note(f"{what}, which needs a yes: personae check --fix --yes")
            return False
        if not click.confirm(f"{what}. Go on?", err=True):
            return False
    for file, data in changes.items():
        if Sources(base, report.places).data(file) != sources.data(file):
            raise StorageError("write", file, "it changed meanwhile", help="Run it again: nothing of it was written.")
        write_bytes(sources.path(file), data)
    out.note(f"changed {_count(len(changes), 'file')}")
    return True


def _summary(report: Report) -> str:
    counts = Counter(item.severity for item in report.diagnostics)
    found = [_count(counts[severity], severity) for severity in ("error", "warning", "note") if counts[severity]]
    parts = [", ".join(found) or "clean"]
    if report.suppressed:
        parts.append(f"{report.suppressed} suppressed")
    if report.known:
        parts.append(f"{report.known} in the baseline")
    return f"{_checked(report.hosts)} checked: {'; '.join(parts)}"


def _checked(hosts: Mapping[str, int]) -> str:
    personas, total = hosts.get("persona", 0), sum(hosts.values())
    if personas == total:
        return _count(personas, "persona")
    return f"{_count(total, 'file')} ({', '.join(f'{count} {host}' for host, count in hosts.items())})"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' if number != 1 else ''}"


def _code(report: Report, *, strict: bool) -> int:
    if report.has_unparsable():
        return WRONG_USE
    return FAILED if any(_fails(item, strict=strict) for item in report.diagnostics) else DONE


def _fails(item: Diagnostic, *, strict: bool) -> bool:
    return item.severity == "error" or (strict and item.severity == "warning")
