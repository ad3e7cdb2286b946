"""What `plan` and `run` share: the goal, the texts given with --with, the plan from a file or from a model."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from personae.adopt.compose import Material
from personae.cli.here import open_here
from personae.errors import InvalidFileError, StorageError, UsageError
from personae.library.library import Library
from personae.library.providers import EMBEDDED
from personae.library.registry import Snapshot
from personae.library.tiers import ModelBinding
from personae.persona.source import MAX_FILE_BYTES, decode
from personae.persona.store import read_bytes
from personae.run.answerer import ModelAnswerer
from personae.run.models.catalog import CATALOG
from personae.run.models.progress import ProgressBar
from personae.tools.plugin import plugins_here
from personae.workflow.plan import Plan, Voice, Voices
from personae.workflow.planfile import parse_plan
from personae.workflow.problems import problems

__all__ = [
    "answerer_for",
    "given_option",
    "model_option",
    "notes_on",
    "read_given",
    "read_plan",
    "sound_library",
    "voices_here",
]

given_option = click.option(
    "--with",
    "given",
    multiple=True,
    metavar="FILE",
    help="Text for the steps to work on; - is standard input; repeatable.",
)
model_option = click.option("--model", "override", metavar="M", help="Let this model answer for everybody.")


def sound_library() -> tuple[Library, Snapshot]:
    """Return the project and its personas. Raises `InvalidFileError` when any file is broken."""
    library = open_here(sound=True)
    return library, library.registry.snapshot()


def read_given(names: Sequence[str]) -> list[Material]:
    """Return the texts of `--with`. Raises `UsageError` or `StorageError` naming the file."""
    return [Material(name=_shown(name), text=_text(name)) for name in names]


def read_plan(path: str, personas: Snapshot) -> Plan:
    """Return the plan in a file. Raises `InvalidFileError` with everything that keeps it from running."""
    plan, found = parse_plan(_bytes(path), file=path)
    if plan is None:
        raise InvalidFileError([item for item in found if item.severity == "error"])
    wrong = problems(plan, list(personas), voices=voices_here(), file=path)
    if wrong:
        raise InvalidFileError(wrong)
    return plan


def voices_here() -> Voices:
    """Return the persona that each tool of a plugin speaks in, for plugins that carry one."""
    owners = plugins_here().owners
    return {
        tool: Voice(plugin=owner.name, persona=owner.persona_name)
        for tool, owner in owners.items()
        if owner.persona_name
    }


def answerer_for(library: Library, override: str | None) -> ModelAnswerer:
    """Return who answers in this project; weights that must be fetched show their progress."""
    return ModelAnswerer(project=library.project, override=override, progress=ProgressBar(sys.stderr))


def notes_on(bindings: Iterable[ModelBinding]) -> list[str]:
    """Return what a reader must know about the models that answer: an embedded one is small, and says so."""
    weights = {binding.model: CATALOG.get(binding.model) for binding in bindings if binding.provider == EMBEDDED}
    return [f"{item.title} answers: {item.note}." for item in weights.values() if item is not None]


def _text(name: str) -> str:
    text, found = decode(_bytes(name), file=_shown(name))
    if text is None:
        raise UsageError(f"{_shown(name)}: {found[0].message}", help="Only UTF-8 text can be given; convert it first.")
    if not text.strip():
        raise UsageError(f"{_shown(name)} is empty", help="Give a text to work on.")
    return text


def _bytes(name: str) -> bytes:
    if name == "-":
        return sys.stdin.buffer.read(MAX_FILE_BYTES + 1)
    try:
        return read_bytes(Path(name))
    except StorageError as error:
        raise UsageError(error.message, help="Check the path.") from error


def _shown(name: str) -> str:
    return "standard input" if name == "-" else Path(name).name
