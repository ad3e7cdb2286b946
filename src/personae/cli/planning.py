"""Runs of plans as commands begin them: what is given becomes a spec, a goal alone becomes a plan."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from personae.adopt.compose import Material
from personae.cli import out
from personae.cli.recording import doing, new_run_of
from personae.cli.wearing import answerer_of
from personae.cli.work import voices_here
from personae.cli.world import world_here
from personae.library.registry import Snapshot
from personae.run.snapshot import freeze
from personae.workflow.plan import Plan
from personae.workflow.planning import plan_of
from personae.workflow.retrieve import personas_for
from personae.workflow.spec import RunSpec, worn_in

__all__ = ["made_plan", "spec_of"]


def spec_of(
    goal: str, plan: Plan | None, personas: Snapshot, materials: Sequence[Material], *, model: str | None
) -> RunSpec:
    """Return the spec of a run of `plan`, or of one that makes its plan for `goal`, with the personas it may wear."""
    voices = voices_here()
    if plan is not None:
        worn = worn_in(plan, personas, voices)
        return RunSpec(goal=plan.goal, plan=plan, personas=worn, materials=tuple(materials), voices=voices, model=model)
    carried = [personas[voice.persona] for voice in voices.values() if voice.persona in personas]
    team = dict.fromkeys([*personas_for(goal, personas), *carried])
    return RunSpec(goal=goal, personas=tuple(map(freeze, team)), materials=tuple(materials), voices=voices, model=model)


def made_plan(spec: RunSpec) -> Plan:
    """Return the plan that a model makes for the goal of `spec`; what that cost is in the record, as any run's."""
    run = new_run_of("plan", spec.goal, spec=spec.as_json())

    async def make() -> Plan:
        world = spec.world(world_here(override=spec.model))
        async with doing(run, world=world, models=answerer_of(world)) as begun:
            binding = begun.performer.models.bind(None)
            out.progress("·", f"planning on {binding.name} ({binding.because})", dim=True)
            return await plan_of(spec, begun.run, begun.performer, spec.account(begun.run, begun.account))

    return asyncio.run(make())
