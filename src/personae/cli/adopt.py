"""`personae adopt`: put a persona on, or refuse to, and say everything about it. It runs nothing."""

from __future__ import annotations

from collections.abc import Iterator

import click

from personae.adopt.adopt import adopt
from personae.adopt.adoption import Adoption, Refusal, as_error
from personae.adopt.select import Selection, select
from personae.cli import out
from personae.cli.failures import code_of
from personae.cli.here import complete_slug
from personae.cli.world import world_here
from personae.errors import UsageError
from personae.persona.model import MODES, Mode

__all__ = ["command"]


@click.command("adopt")
@click.argument("name", required=False, shell_complete=complete_slug)
@click.option("--mode", type=click.Choice(MODES), required=True, help="How it is worn.")
@click.option("--step", help="Put on whoever [workflow.STEP] names; a NAME beats it.")
@click.option("--task", help="With this task.")
@click.option("--warm", is_flag=True, help="Give a sub-agent its own memory.")
@click.option("--model", "override", metavar="M", help="Let this model answer.")
@out.json_option
def command(
    name: str | None, mode: Mode, step: str | None, task: str | None, warm: bool, override: str | None, as_json: bool
) -> None:
    """Put persona NAME on and print the adoption, or the refusal with everything in its way. Nothing runs.

    \b
    Exit code 0: adopted    1: no model can answer    2: no such name, mode or step    6: the gate refuses the file
    """
    world = world_here(override=override)
    selection = select(world.project, mode=mode, explicit=name, step=step)
    if selection.name is None:
        raise UsageError(selection.because, help=selection.help or "personae adopt NAME --mode M; personae list.")
    found = adopt(selection.name, mode, world=world, task=task, warm=warm)
    if isinstance(found, Refusal):
        _refused(found, as_json=as_json)
        raise click.exceptions.Exit(code_of(as_error(found)))
    if as_json:
        out.as_json(_entry(found, selection))
        return
    out.data(out.table(list(_rows(found, selection))))
    for lack in found.degraded:
        out.warn(f"degraded: {lack}")


def _refused(refusal: Refusal, *, as_json: bool) -> None:
    if as_json:
        out.as_json(
            {
                "adopted": False,
                "name": refusal.name,
                "mode": refusal.mode,
                "reason": refusal.reason,
                "violations": refusal.violations,
            }
        )
        return
    out.note(f"Refused: {refusal.name} as {refusal.mode} ({refusal.reason})")
    for item in refusal.violations:
        if item.file:
            out.diagnostics([item])
        else:
            out.note("\n".join(f"  {line}" for line in (item.message, item.help) if line))


def _rows(adoption: Adoption, selection: Selection) -> Iterator[list[str]]:
    prompt, limits = adoption.prompt, adoption.limits
    yield ["persona", adoption.slug, f"{selection.by}: {selection.because}"]
    for loser in selection.passed_over:
        yield ["", "passed over", loser]
    yield ["mode", adoption.mode, ""]
    yield ["model", adoption.model.name, f"effort {adoption.model.effort}; {adoption.model.because}"]
    yield ["tools", ", ".join(adoption.tools.granted) or "none", adoption.tools.because]
    for opinion in adoption.opinions:
        yield ["opinion", opinion.name, f"{opinion.reason}: {opinion.because}"]
    for skill in adoption.skills:
        yield ["skill", skill.slug, f"{skill.reason}: {skill.because}"]
    for capability in adoption.capabilities:
        yield ["capability", capability.name, f"{capability.reason}: {capability.because}"]
    entries = len(adoption.recalled.entries)
    yield ["memory", f"{entries} {'entry' if entries == 1 else 'entries'}", adoption.recalled.because]
    yield ["limits", f"{limits.max_steps} steps", _caps(adoption)]
    for section in (*prompt.system, *prompt.user):
        yield ["prompt", section.name, f"~{section.tokens:,} tokens; {section.because}"]
    yield ["digest", adoption.digest, f"~{prompt.tokens:,} tokens in all"]


def _caps(adoption: Adoption) -> str:
    budget = adoption.limits.budget
    caps = [
        f"${budget.per_run_max_cost_usd} a run" if budget.per_run_max_cost_usd is not None else "",
        f"${budget.daily_max_cost_usd} a day" if budget.daily_max_cost_usd is not None else "",
        f"{budget.per_run_max_tokens:,} tokens a run" if budget.per_run_max_tokens is not None else "",
    ]
    return ", ".join(cap for cap in caps if cap) or "no caps"


def _entry(adoption: Adoption, selection: Selection) -> dict[str, object]:
    return {
        "adopted": True,
        "name": adoption.slug,
        "mode": adoption.mode,
        "selection": {"by": selection.by, "because": selection.because, "passed_over": selection.passed_over},
        "model": {
            "name": adoption.model.name,
            "effort": adoption.model.effort,
            "because": adoption.model.because,
            "degraded": adoption.model.degraded,
        },
        "tools": adoption.tools,
        "opinions": [{"name": item.name, "reason": item.reason, "because": item.because} for item in adoption.opinions],
        "skills": [{"slug": item.slug, "reason": item.reason, "because": item.because} for item in adoption.skills],
        "capabilities": adoption.capabilities,
        "memory": {"entries": [item.entry.id for item in adoption.recalled.entries], "why": adoption.recalled.because},
        "limits": adoption.limits,
        "sections": [
            {"name": item.name, "tokens": item.tokens, "because": item.because}
            for item in (*adoption.prompt.system, *adoption.prompt.user)
        ],
        "tokens": adoption.prompt.tokens,
        "digest": adoption.digest,
        "degraded": adoption.degraded,
    }
