"""`personae show`: the exact prompt of a persona, its size, and why each part is there."""

from __future__ import annotations

import os

import click

from personae.adopt.compose import Prompt, compose
from personae.cli import out
from personae.cli.here import open_here, slug_argument
from personae.errors import UnknownNameError
from personae.library.library import Library
from personae.library.registry import place
from personae.library.tiers import ModelBinding, resolve_model
from personae.library.wishes import model_wish, rungs_of
from personae.persona.model import MODES, Persona
from personae.run.models.offer import look

__all__ = ["command"]


@click.command("show")
@slug_argument("name")
@click.option("--mode", type=click.Choice(MODES), help="Show it as worn in this mode.")
@click.option("--task", help="Show it with this task.")
@click.option("--model", "override", help="Show which model would answer with --model.")
@out.json_option
def command(name: str, mode: str | None, task: str | None, override: str | None, as_json: bool) -> None:
    """Print the exact prompt of persona NAME; its size and each reason go to standard error."""
    library = open_here()
    snapshot = library.registry.snapshot()
    broken = [item for item in library.errors if _is_of(item.file, name)]
    if name not in snapshot and broken:
        library.require_sound()
    persona = snapshot[name]
    if mode is not None and mode not in persona.modes:
        raise UnknownNameError("mode", mode, persona.modes)
    prompt = compose(persona, task=task)
    binding = _binding(library, persona, override)
    if as_json:
        out.as_json(_entry(persona, prompt, binding))
        return
    out.data("\n\n".join(text for text in (prompt.system_text, prompt.user_text) if text))
    out.note("")
    out.note(out.table(_reasons(persona, prompt, binding)))


def _is_of(file: str, name: str) -> bool:
    return name in file.replace(".md", "").split("/")


def _binding(library: Library, persona: Persona, override: str | None) -> ModelBinding:
    wish = model_wish(persona, library.project, override=override)
    return resolve_model(wish, look(os.environ, wish=wish, rungs=rungs_of(library.project)))


def _reasons(persona: Persona, prompt: Prompt, binding: ModelBinding) -> list[list[str]]:
    rows = [
        [section.name, f"{len(section.text):,} characters", f"~{section.tokens:,} tokens", section.because]
        for section in (*prompt.system, *prompt.user)
    ]
    rows.append(["from", place(persona), "", f"layer {persona.source.layer if persona.source else 'python'}"])
    rows.append(["tools", _tools(persona), "", "none can be called yet in this version"])
    rows.append(["model", binding.name or "none", f"effort {binding.effort}", binding.because])
    rows.append(["digest", prompt.digest, "", "changes when anything above does"])
    return rows


def _tools(persona: Persona) -> str:
    if persona.tools is None:
        return "the project's defaults"
    return ", ".join(persona.tools) or "none"


def _entry(persona: Persona, prompt: Prompt, binding: ModelBinding) -> dict[str, object]:
    sections = [
        {"name": section.name, "text": section.text, "tokens": section.tokens, "because": section.because}
        for section in (*prompt.system, *prompt.user)
    ]
    return {
        "name": persona.name,
        "file": place(persona),
        "system": prompt.system_text,
        "user": prompt.user_text,
        "sections": sections,
        "tokens": prompt.tokens,
        "digest": prompt.digest,
        "tools": persona.tools,
        "model": {
            "name": binding.name,
            "effort": binding.effort,
            "available": binding.available,
            "because": binding.because,
            "help": binding.help,
        },
    }
