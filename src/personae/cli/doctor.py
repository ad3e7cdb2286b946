"""`personae doctor`: what works on this machine, what does not, and the fix for each."""

from __future__ import annotations

import os
import platform
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from ctypes import CDLL
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from typing import Literal

import click

from personae import __version__
from personae.cli import out
from personae.cli.failures import DONE, FAILED
from personae.cli.here import here
from personae.errors import PersonaeError
from personae.library.library import open_library
from personae.library.providers import PROVIDERS
from personae.library.tiers import resolve_model
from personae.library.wishes import model_wish, rungs_of
from personae.persona.yamltree import HAS_LIBYAML
from personae.run.models.catalog import CATALOG, size_text
from personae.run.models.machine import room, weights_folder
from personae.run.models.offer import look
from personae.run.models.weights import cached_weights

__all__ = ["command"]

Verdict = Literal["ok", "missing", "broken"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Finding:
    """One thing that was looked at."""

    what: str
    verdict: Verdict
    detail: str
    fix: str = ""


@click.command("doctor")
@out.json_option
def command(as_json: bool) -> None:
    """Look at this machine: Python, models, keys (by name only), weights, SQLite, sandbox; each lack with its fix.

    \b
    Exit code 0: everything needed works     1: something is broken
    """
    findings = [finding for look_at in _LOOKS for finding in look_at()]
    if as_json:
        out.as_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            sign, color = _SIGNS[finding.verdict]
            click.echo(f"{click.style(sign, fg=color, bold=True)} {finding.what}: {finding.detail}")
            if finding.fix:
                click.echo(f"    {finding.fix}")
    raise click.exceptions.Exit(FAILED if any(finding.verdict == "broken" for finding in findings) else DONE)


_SIGNS: dict[Verdict, tuple[str, str]] = {"ok": ("✓", "green"), "missing": ("–", "yellow"), "broken": ("✗", "red")}


def _python() -> Iterator[_Finding]:
    yield _Finding(what="personae", verdict="ok", detail=f"{__version__} on Python {platform.python_version()}")
    slow = "" if HAS_LIBYAML else "checking many files is some ten times slower: pip install --force-reinstall PyYAML"
    yield _Finding(
        what="libyaml",
        verdict="ok" if HAS_LIBYAML else "missing",
        detail="in use" if HAS_LIBYAML else "absent",
        fix=slow,
    )


def _project() -> Iterator[_Finding]:
    library = open_library(here())
    count = len(library.registry.snapshot())
    detail = f"{library.project.root}, {count} personas known"
    if library.errors:
        fix = "personae check"
        yield _Finding(what="project", verdict="broken", detail=f"{detail}, {len(library.errors)} errors", fix=fix)
    else:
        yield _Finding(what="project", verdict="ok", detail=detail)


def _models() -> Iterator[_Finding]:
    try:
        project = open_library(here()).project
    except PersonaeError as error:
        yield _Finding(what="default model", verdict="broken", detail=error.message, fix=error.help)
        return
    wish = model_wish(None, project)
    offer = look(os.environ, rungs=rungs_of(project))
    binding = resolve_model(wish, offer)
    verdict: Verdict = "ok" if binding.available else "broken"
    yield _Finding(
        what="default model", verdict=verdict, detail=f"{binding.name or 'none'}: {binding.because}", fix=binding.help
    )
    keys = [key for name in sorted(offer.providers) for key in PROVIDERS[name].keys if os.environ.get(key)]
    detail = ", ".join(dict.fromkeys(keys)) or "no provider's key is set"
    yield _Finding(what="keys", verdict="ok" if keys else "missing", detail=detail)
    for name in sorted(offer.uninstalled & offer.providers):
        fix = f"pip install '{PROVIDERS[name].install}'"
        yield _Finding(
            what=f"client of {name}", verdict="missing", detail="its key is set, its package is absent", fix=fix
        )
    ollama = ", ".join(offer.ollama_models)
    yield _Finding(what="Ollama", verdict="ok" if ollama else "missing", detail=ollama or "no local one answers")


def _engine() -> Iterator[_Finding]:
    installed = find_spec("xllamacpp") is not None
    fix = "" if installed else "pip install 'personae[embedded]'"
    yield _Finding(
        what="embedded engine",
        verdict="ok" if installed else "missing",
        detail="xllamacpp" if installed else "absent",
        fix=fix,
    )
    if installed and sys.platform == "linux":
        gomp = _loads("libgomp.so.1")
        fix = "" if gomp else "apt-get install libgomp1 (or your system's package of the GNU OpenMP runtime)"
        yield _Finding(
            what="libgomp",
            verdict="ok" if gomp else "broken",
            detail="loads" if gomp else "absent, the engine cannot load",
            fix=fix,
        )
    here_now = [name for name, weights in CATALOG.items() if cached_weights(weights)]
    spare = room(os.environ)
    detail = (
        f"{', '.join(here_now) or 'none yet'} in {weights_folder(os.environ)}, {size_text(spare.free_disk_bytes)} free"
    )
    fix = "" if here_now else "fetched at the first run, or now: personae models --fetch qwen2.5-coder-0.5b"
    yield _Finding(what="weights", verdict="ok" if here_now else "missing", detail=detail, fix=fix)


def _loads(library: str) -> bool:
    try:
        CDLL(library)
    except OSError:
        return False
    return True


def _system() -> Iterator[_Finding]:
    yield _Finding(what="SQLite", verdict="ok", detail=sqlite3.sqlite_version)
    sandbox = shutil.which("bwrap")
    fix = "" if sandbox else "apt-get install bubblewrap; shell commands of agents will be asked about without it"
    yield _Finding(what="bubblewrap", verdict="ok" if sandbox else "missing", detail=sandbox or "absent", fix=fix)


_LOOKS: tuple[Callable[[], Iterator[_Finding]], ...] = (_python, _project, _models, _engine, _system)
