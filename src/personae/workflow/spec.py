"""What a run of a plan was begun with, as plain JSON: all that another process needs to go on with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from personae.adopt.compose import Material
from personae.adopt.world import World
from personae.library.registry import Snapshot
from personae.persona.model import Persona
from personae.run.record.ledger import Account, Cap
from personae.run.snapshot import PersonaSnapshot, freeze, pinned, thaw
from personae.workflow.plan import DELEGATE_TASK, Plan, Voice, Voices, persona_of
from personae.workflow.planfile import as_json as plan_as_json
from personae.workflow.planfile import plan_from

__all__ = ["DEFAULT_AT_ONCE", "RunSpec", "spec_from", "worn_in"]

DEFAULT_AT_ONCE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSpec:
    """The beginning of a run. It never changes."""

    goal: str
    plan: Plan | None = None
    """None where the run makes it; then it stands in the journal."""
    personas: tuple[PersonaSnapshot, ...] = ()
    materials: tuple[Material, ...] = ()
    voices: Voices = field(default_factory=dict)
    model: str | None = None
    """`--model`: answers for everybody."""
    at_once: int = DEFAULT_AT_ONCE
    max_usd_nanos: int | None = None
    max_tokens: int | None = None
    forked_from: str = ""
    """The run whose finished steps this one took over."""

    def as_json(self) -> dict[str, Any]:
        """Return it as plain JSON, which `spec_from` reads."""
        plan = None if self.plan is None else plan_as_json(self.plan)
        voices = {tool: asdict(voice) for tool, voice in self.voices.items()}
        return {**asdict(replace(self, plan=None, voices={})), "plan": plan, "voices": voices}

    @property
    def snapshot(self) -> Snapshot:
        """The personas as they were. Raises `InvalidFileError` where a newer version of personae refuses one."""
        return Snapshot(thaw(persona) for persona in self.personas)

    def world(self, here: World) -> World:
        """Return the world of the run: its own personas before those that are here now."""
        return pinned(here, self.personas, model=self.model)

    def account(self, run: str, within: Account) -> Account:
        """Return what the whole run is charged to."""
        cap = Cap(scope=f"run:{run}", whose="the run", max_usd_nanos=self.max_usd_nanos, max_tokens=self.max_tokens)
        return within.within(cap)


def worn_in(plan: Plan, personas: Snapshot, voices: Voices) -> tuple[PersonaSnapshot, ...]:
    """Return the personas that `plan` wears or delegates to, as they are now."""
    return tuple(freeze(persona) for persona in dict.fromkeys(_worn(plan, personas, voices)))


def spec_from(body: Mapping[str, Any]) -> RunSpec:
    """Return what was written with `as_json`."""
    plan = body["plan"]
    return RunSpec(
        **{
            **body,
            "plan": None if plan is None else plan_from(plan),
            "personas": tuple(PersonaSnapshot(**persona) for persona in body["personas"]),
            "materials": tuple(Material(**material) for material in body["materials"]),
            "voices": {tool: Voice(**voice) for tool, voice in body["voices"].items()},
        }
    )


def _worn(plan: Plan, personas: Snapshot, voices: Voices) -> Iterable[Persona]:
    for step in plan.steps:
        slug, _ = persona_of(step, voices)
        target = step.args.get("target_persona") if step.action == DELEGATE_TASK else None
        yield from (personas[name] for name in (slug, target) if name is not None)
