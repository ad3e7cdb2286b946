"""`adopt(persona, mode)`: select, gate, load, resolve, compose. It runs nothing, and it never raises.

Each step is a function that gives its result or the violations that stop the pipeline.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TypeVar

from personae.adopt.adoption import BRAIN, Adoption, Limits, Refusal
from personae.adopt.agents import agents_section, spawnable, targets_of
from personae.adopt.compose import Material, Section, compose
from personae.adopt.sections import sections_beneath
from personae.adopt.toolbox import ToolBinding, resolve_tools
from personae.adopt.world import World
from personae.errors import Diagnostic, PersonaeError, UnknownNameError
from personae.library.capabilities import CapabilityOffer, resolve_capabilities
from personae.library.heads import Head
from personae.library.opinions import resolve_opinions
from personae.library.skills import resolve_skills
from personae.library.tiers import ModelBinding, resolve_model
from personae.library.wishes import model_wish
from personae.memory.recall import Recall
from personae.persona.model import MODES, Budget, Mode, Persona
from personae.persona.rules import SPAWNING_TOOLS
from personae.persona.slug import problem

__all__ = ["adopt", "brain_alone", "limits_of", "step_sections"]

_Cap = TypeVar("_Cap", Decimal, int)

_COLD = Recall(because="cold: a sub-agent starts without memory")


def adopt(
    name: str,
    mode: str,
    *,
    world: World,
    task: str | None = None,
    materials: Sequence[Material] = (),
    warm: bool = False,
) -> Adoption | Refusal:
    """Put the persona called `name` on in `mode`, for `task` where there is one.

    A sub-agent is cold unless `warm`; every other mode has the persona's memory beneath it. What it asks for and is not
    here degrades the adoption (`Adoption.degraded`) and never fails it; a concrete model is the one exception.
    """
    try:
        return _adopt(name, mode, world=world, task=task, materials=materials, warm=warm)
    except PersonaeError as error:
        wrong = Diagnostic(rule="fault", message=error.message, help=error.help)
    except Exception as error:  # a shelf or a reader that breaks its promise must not take a session with it
        wrong = Diagnostic(
            rule="fault", message=f"{type(error).__name__}: {error}", help="This is a defect: report it."
        )
    return Refusal(name=name, mode=mode, reason="fault", violations=(wrong,))


def brain_alone(mode: Mode, *, world: World, task: str | None = None, materials: Sequence[Material] = ()) -> Adoption:
    """Return what works when nobody is put on: memory and the bare agent, with no stance. Raises nothing."""
    return _compose(None, mode, world=world, task=task, materials=materials, warm=True)


def step_sections(persona: Persona, world: World) -> tuple[Section, ...]:
    """Return what stands beneath the stance of a workflow's step: it is cold, and calls no tool in this version."""
    opinions = resolve_opinions(persona.opinions, world.opinions)
    wished = persona.enhances
    capabilities = resolve_capabilities(wished, world.capabilities(wished) if wished else CapabilityOffer())
    return tuple(sections_beneath(opinions, (), capabilities, _COLD))


def _adopt(
    name: str, mode: str, *, world: World, task: str | None, materials: Sequence[Material], warm: bool
) -> Adoption | Refusal:
    if name == BRAIN:
        return Refusal(name=name, mode=mode, reason="brain", violations=(_BRAIN_IS_NO_STANCE,))
    read = world.shelf.head(name)
    if read.head is None:
        return _refuse_broken(name, mode, read.errors) if read.errors else _refuse_unknown(name, mode, world)
    in_the_way = [*world.gate(read.head, world.substrate, world.shelf.names)]
    undeclared = mode not in read.head.modes
    if in_the_way or undeclared:
        return _refuse_head(read.head, mode, in_the_way, undeclared=undeclared, world=world)
    woken = world.shelf.wake(name)
    if woken.persona is None:
        wrong = tuple(item for item in woken.diagnostics if item.severity == "error")
        return _refuse_broken(name, mode, wrong) if wrong else _refuse_unknown(name, mode, world)
    as_declared = next(known for known in MODES if known == mode)
    adoption = _compose(woken.persona, as_declared, world=world, task=task, materials=materials, warm=warm)
    adoption = replace(adoption, warnings=tuple(woken.diagnostics))
    if not adoption.model.available:
        violation = _no_model(read.head, adoption.model)
        return Refusal(name=name, mode=mode, reason="model-unavailable", violations=(violation,), would_be=adoption)
    return adoption


def _compose(
    persona: Persona | None,
    mode: Mode,
    *,
    world: World,
    task: str | None,
    materials: Sequence[Material],
    warm: bool,
) -> Adoption:
    """Resolve every wish and put the prompt together. None of the resolvers raises."""
    opinions = resolve_opinions(persona.opinions, world.opinions) if persona else ()
    skills = resolve_skills(persona.skills, world.skills) if persona else ()
    wished = persona.enhances if persona else ()
    capabilities = resolve_capabilities(wished, world.capabilities(wished) if wished else CapabilityOffer())
    cold = mode == "sub-agent" and not warm
    recalled, memory_fault = (_COLD, "") if cold else _recall(persona, task, world)
    tools = resolve_tools(
        persona.tools if persona else None,
        project=world.project,
        mode=mode,
        offered=sorted(world.tools),
        capabilities=capabilities,
    )
    agents = _agents(persona, tools, task, world)
    beneath = tuple(sections_beneath(opinions, skills, capabilities, recalled, agents))
    return Adoption(
        persona=persona,
        mode=mode,
        prompt=compose(persona, task=task, materials=materials, beneath=beneath),
        model=_model(persona, world),
        tools=tools,
        opinions=opinions,
        skills=skills,
        capabilities=capabilities,
        recalled=recalled,
        memory_fault=memory_fault,
        limits=limits_of(persona, world),
    )


def _agents(persona: Persona | None, tools: ToolBinding, task: str | None, world: World) -> Section | None:
    """Return the list of whom it may spawn; the heads of others are read only where it may spawn any."""
    lists = [targets for may, targets in (targets_of(tools.granted, tool) for tool in SPAWNING_TOOLS) if may]
    if not lists:
        return None
    named = [name for targets in lists for name in targets or ()]
    whole = None if None in lists else named
    return agents_section(spawnable(whole, world.shelf, but=persona.name if persona else BRAIN), task)


def _recall(persona: Persona | None, task: str | None, world: World) -> tuple[Recall, str]:
    """Return what is recalled, and why a memory that is there could not be asked: that degrades, and no more."""
    try:
        return world.recall(persona, task or ""), ""
    except PersonaeError as error:
        return Recall(because="its memory cannot be read"), error.message


def _model(persona: Persona | Head | None, world: World) -> ModelBinding:
    wish = model_wish(persona, world.project, override=world.model_override)
    return resolve_model(wish, world.models(wish))


def limits_of(persona: Persona | None, world: World) -> Limits:
    """Return what one task of `persona` may take: its own caps, and the project's where it sets none."""
    defaults = world.project.defaults.budget
    if persona is None:
        return Limits(budget=defaults)
    own = persona.budget
    budget = Budget(
        daily_max_cost_usd=_first(own.daily_max_cost_usd, defaults.daily_max_cost_usd),
        per_run_max_cost_usd=_first(own.per_run_max_cost_usd, defaults.per_run_max_cost_usd),
        per_run_max_tokens=_first(own.per_run_max_tokens, defaults.per_run_max_tokens),
    )
    return Limits(max_steps=persona.max_steps, budget=budget)


def _first(own: _Cap | None, inherited: _Cap | None) -> _Cap | None:
    return inherited if own is None else own


def _refuse_unknown(name: str, mode: str, world: World) -> Refusal:
    others = [slug for slug in world.shelf.names if slug != name and problem(slug) is None]
    error = UnknownNameError("persona", name, others)
    violation = Diagnostic(rule="not-found", message=error.message, found=name, help=error.help)
    return Refusal(name=name, mode=mode, reason="not-found", violations=(violation,), known=error.known)


def _refuse_broken(name: str, mode: str, errors: tuple[Diagnostic, ...]) -> Refusal:
    return Refusal(name=name, mode=mode, reason="gate-failed", violations=errors)


def _refuse_head(head: Head, mode: str, in_the_way: Sequence[Diagnostic], *, undeclared: bool, world: World) -> Refusal:
    """Say everything that is wrong, also what later steps would have found: one round of repair is enough."""
    violations = [*in_the_way]
    if undeclared:
        violations.append(_undeclared(head, mode))
    woken = world.shelf.wake(head.slug)
    if woken.persona is None:
        violations += [item for item in woken.diagnostics if item.severity == "error"]
    model = _model(head, world)
    if not model.available:
        violations.append(_no_model(head, model))
    places = woken.places
    placed = [_placed(item, places) for item in violations]
    return Refusal(
        name=head.slug,
        mode=mode,
        reason="gate-failed" if in_the_way else "mode-not-declared",
        violations=tuple(placed),
        known=tuple(head.modes),
    )


def _undeclared(head: Head, mode: str) -> Diagnostic:
    declared = ", ".join(head.modes)
    if mode not in MODES:
        error = UnknownNameError("mode", mode, head.modes)
        message, help = error.message, error.help
    else:
        message = f"{head.slug} does not declare the mode {mode!r}"
        help = f"Use one of its own ({declared}), or add {mode} to its modes."
    return Diagnostic(
        rule="mode-not-declared",
        message=message,
        file=head.place,
        field="modes",
        found=mode,
        expected=declared,
        help=help,
    )


def _no_model(head: Head, model: ModelBinding) -> Diagnostic:
    return Diagnostic(
        rule="model-unavailable",
        message=model.reason,
        file=head.place,
        field="model" if head.model else "tier" if head.tier else "",
        found=model.name or head.model or "",
        help=model.help,
    )


def _placed(item: Diagnostic, places: Mapping[str, tuple[int, int]]) -> Diagnostic:
    line, column = places.get(item.field, (item.line, item.column))
    return replace(item, line=line, column=column)


_BRAIN_IS_NO_STANCE = Diagnostic(
    rule="brain",
    message="the brain is beneath every adoption and is no stance",
    found=BRAIN,
    help="Release the stance worn now, and the brain alone works.",
)
