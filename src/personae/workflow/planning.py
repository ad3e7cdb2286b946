"""Making the plan of a run as a node of it, `plan`: a run that is begun again finds its plan, or the half of it."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from personae.adopt.adoption import BRAIN
from personae.adopt.world import World
from personae.errors import Diagnostic, PersonaeError
from personae.library.providers import EMBEDDED
from personae.run.durable import Durable
from personae.run.models.build import settings_for
from personae.run.node import Node, node_from
from personae.run.perform import Performer
from personae.run.record import journal
from personae.run.record.journal import Entry
from personae.run.record.ledger import Account
from personae.run.record.record import Record
from personae.tools.granted import Grant, tools_of
from personae.workflow.nodes import Setting, node_of_step
from personae.workflow.plan import Plan
from personae.workflow.planfile import as_json, plan_from
from personae.workflow.planner import INSTRUCTIONS, Call, ToolOffer, make_plan
from personae.workflow.problems import problems
from personae.workflow.spec import RunSpec

__all__ = ["PLAN", "plan_of"]

PLAN = "plan"
"""The path of the node that makes the plan."""
_MOST_REQUESTS = 6


async def plan_of(spec: RunSpec, run: str, performer: Performer, account: Account) -> Plan:
    """Return the plan of `run`: the one it was begun with, the one it made before, or one that is made now.

    Raises as `make_plan` does, and `OverBudgetError`.
    """
    if spec.plan is not None:
        return spec.plan
    record = performer.seam.record
    ended = await record.do(lambda transaction: journal.find(transaction, run, f"{PLAN}/end"))
    if ended is not None:
        return plan_from(ended.body["plan"])
    node = node_from((await _add(record, _node(spec, run, performer, account), "start")).body)
    setting = Setting(run=run, world=performer.world, account=account, voices=spec.voices, tools=performer.tools)
    plan = await make_plan(
        spec.goal,
        spec.snapshot,
        await performer.models.model(node.model),
        given=spec.materials,
        tools=_tools(performer.world),
        check=lambda plan: _wrong(plan, setting),
        call=Call(
            settings=settings_for(node.model),
            seam=Durable(node=node, seam=performer.seam),
            small=node.model.provider == EMBEDDED,
        ),
    )
    return plan_from((await _add(record, node, "end", {"reason": "done", "plan": as_json(plan)})).body["plan"])


def _node(spec: RunSpec, run: str, performer: Performer, account: Account) -> Node:
    binding = performer.models.bind(None)
    return Node(
        run=run,
        path=PLAN,
        persona=BRAIN,
        system=INSTRUCTIONS,
        user=spec.goal,
        model=binding,
        max_steps=_MOST_REQUESTS,
        account=account,
        because=("the planner's prompt is ours, and no persona", f"{binding.name}: {binding.because}"),
    )


def _tools(world: World) -> list[ToolOffer]:
    """Return the tools that are here, by what they say of themselves."""
    # A command is a text that is run: a plan that a model wrote never holds one.
    granted = tools_of(Grant(specs=tuple(sorted(world.tools - {"shell"}))), world)
    offers = []
    for name, tool in granted.tools.items():
        declared = granted.declared.get(name)
        harmless = declared is not None and declared.effect == "none" and declared.legs.way_out is None
        first, *_ = (inspect.getdoc(tool) or name).splitlines()
        offers.append(ToolOffer(name=name, description=first, harmless=harmless))
    return offers


def _wrong(plan: Plan, setting: Setting) -> list[Diagnostic]:
    """Return what keeps `plan` from running: as a text, or by what its personas were granted."""
    names = setting.world.shelf.names
    found = problems(plan, names, actions=setting.world.tools, voices=setting.voices)
    if found:
        return found
    for index, step in enumerate(plan.steps):
        try:
            node_of_step(step, setting, {})
        except PersonaeError as error:
            field = f"steps[{index}]"
            found.append(Diagnostic(rule="refused", field=field, message=error.message, help=error.help))
    return found


async def _add(record: Record, node: Node, part: journal.Kind, body: Mapping[str, Any] | None = None) -> Entry:
    entry = Entry(run=node.run, key=node.key(part), kind=part, body=body or node.as_json(), at=record.at)
    return await record.do(lambda transaction: journal.add(transaction, entry))
