"""`personae show`: the exact prompt of a persona, its size, and why each part is there."""

from __future__ import annotations

import click

from personae.adopt.adopt import adopt
from personae.adopt.adoption import Adoption, Refusal, as_error
from personae.cli import out
from personae.cli.here import slug_argument
from personae.cli.world import world_here
from personae.library.registry import place
from personae.persona.model import MODES, Persona

__all__ = ["command"]


@click.command("show")
@slug_argument("name")
@click.option("--mode", type=click.Choice(MODES), help="As worn in this mode; the first it declares if absent.")
@click.option("--task", help="Show it with this task.")
@click.option("--warm", is_flag=True, help="Show a sub-agent with its own memory.")
@click.option("--model", "override", help="Show which model would answer with --model.")
@out.json_option
def command(name: str, mode: str | None, task: str | None, warm: bool, override: str | None, as_json: bool) -> None:
    """Print the exact prompt of persona NAME; its size and each reason go to standard error."""
    world = world_here(override=override)
    if mode is None:
        head = world.shelf.head(name).head
        mode = head.modes[0] if head else MODES[0]
    found = adopt(name, mode, world=world, task=task, warm=warm)
    # A prompt can be shown where no model can answer it; the reason stands below.
    adoption = found.would_be if isinstance(found, Refusal) else found
    if adoption is None or adoption.persona is None:
        assert isinstance(found, Refusal)
        raise as_error(found)
    if as_json:
        out.as_json(_entry(adoption, adoption.persona))
        return
    prompt = adoption.prompt
    out.data("\n\n".join(text for text in (prompt.system_text, prompt.user_text) if text))
    out.note("")
    out.note(out.table(_reasons(adoption, adoption.persona)))
    for lack in adoption.degraded:
        out.warn(f"degraded: {lack}")


def _reasons(adoption: Adoption, persona: Persona) -> list[list[str]]:
    prompt, model = adoption.prompt, adoption.model
    rows = [
        [section.name, f"{len(section.text):,} characters", f"~{section.tokens:,} tokens", section.because]
        for section in (*prompt.system, *prompt.user)
    ]
    rows.append(["in all", "", f"~{prompt.tokens:,} tokens", f"mode {adoption.mode}"])
    rows.append(["memory", "", f"~{adoption.recalled.tokens:,} tokens", adoption.recalled.because])
    rows.append(["from", place(persona), "", f"layer {persona.source.layer if persona.source else 'python'}"])
    rows.append(["tools", ", ".join(adoption.tools.granted) or "none", "", adoption.tools.because])
    rows.append(["model", model.name or "none", f"effort {model.effort}", model.because])
    rows.append(["digest", adoption.digest, "", "changes when anything the model gets does"])
    return rows


def _entry(adoption: Adoption, persona: Persona) -> dict[str, object]:
    prompt, model = adoption.prompt, adoption.model
    sections = [
        {"name": section.name, "text": section.text, "tokens": section.tokens, "because": section.because}
        for section in (*prompt.system, *prompt.user)
    ]
    return {
        "name": persona.name,
        "mode": adoption.mode,
        "file": place(persona),
        "system": prompt.system_text,
        "user": prompt.user_text,
        "sections": sections,
        "tokens": prompt.tokens,
        "digest": adoption.digest,
        "tools": adoption.tools.granted,
        "memory": adoption.recalled.because,
        "degraded": adoption.degraded,
        "model": {
            "name": model.name,
            "effort": model.effort,
            "available": model.available,
            "because": model.because,
            "help": model.help,
        },
    }
