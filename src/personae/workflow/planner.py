"""Asks a model for a plan. The model chooses who does what; ids and missing order are ours, and so is the check."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, create_model
from pydantic_ai import Agent, ModelRetry
from pydantic_ai.models import Model
from pydantic_ai.output import NativeOutput, OutputSpec
from pydantic_ai.settings import ModelSettings

from personae.adopt.compose import Material
from personae.errors import ModelAnswerError, UsageError
from personae.library.catalogue import list_for_planner
from personae.library.registry import Snapshot
from personae.persona.model import Persona
from personae.run.agent import translated
from personae.workflow.plan import ROLES, Plan, Step, problems

__all__ = ["INSTRUCTIONS", "candidates", "make_plan", "planner_prompt"]

INSTRUCTIONS = """\
You split a goal into a few steps for a team. Each step is done by one member of the team, alone, and its answer is \
handed to the steps that need it.

Rules:
- Use as few steps as the goal allows, usually two to four.
- Choose for each step the member whose description fits best.
- Write each task as one clear instruction that can be followed without seeing the goal.
- The last step writes what the goal asks for.
- Plan only; do none of the work."""

_MOST_BYTES = 3000
_MOST_STEPS = 8
_FEW_STEPS, _FEW_MEMBERS = 4, 12
_RETRIES = 2
_EXCERPT_CHARACTERS = 300


async def make_plan(
    goal: str,
    personas: Snapshot,
    model: Model[Any],
    *,
    given: Sequence[Material] = (),
    small: bool = False,
    settings: ModelSettings | None = None,
) -> Plan:
    """Return a plan for `goal` that can run with `personas`.

    `small` asks less of the model: fewer members to choose from, fewer steps, and no order, which is then made by rule
    (whoever collects comes first, whoever writes comes last). A plan that fails its check is sent back, twice at most.
    Raises `UsageError` for an empty goal, `ModelError` when the model gives no usable plan.
    """
    if not goal.strip():
        raise UsageError("the goal is empty", help='Say what should be there in the end: personae run "GOAL".')
    members = candidates(personas, small=small)
    draft_type = _draft_type([persona.name for persona in members], small=small)
    output: OutputSpec[Any] = NativeOutput(draft_type) if small else draft_type
    agent = Agent(model, instructions=INSTRUCTIONS, output_type=output, retries=_RETRIES)

    @agent.output_validator
    def check(draft: Any) -> Any:
        wrong = problems(_plan(goal, draft), list(personas))
        if wrong:
            raise ModelRetry("\n".join(f"{item.field}: {item.message}" for item in wrong))
        return draft

    with translated(model.model_name):
        result = await agent.run(planner_prompt(goal, members, given), model_settings=settings)
    plan = _plan(goal, result.output)
    if problems(plan, list(personas)):
        raise ModelAnswerError(f"{model.model_name} made a plan that cannot run", help="Try a larger --model.")
    return plan


def planner_prompt(goal: str, members: Sequence[Persona], given: Sequence[Material]) -> str:
    """Return what the planner is asked: the team, the texts at hand, the goal."""
    parts = [f"<team>\n{list_for_planner(members, most_bytes=_MOST_BYTES).text}\n</team>"]
    for item in given:
        start = " ".join(item.text[:_EXCERPT_CHARACTERS].split()).replace("<", "&lt;")
        parts.append(f"The first step is handed the text {item.name!r}, which begins: {start} …")
    return "\n\n".join([*parts, f"Goal: {goal}"])


def candidates(personas: Snapshot, *, small: bool) -> list[Persona]:
    """Return who may be given a step: everybody, or for a small model the step roles and the project's own few."""
    if not small:
        return list(personas.values())
    roles = set(ROLES.values())
    own = [item for item in personas.values() if item.source is None or item.source.layer != "built-in"]
    ranked = [*(item for item in personas.values() if item.name in roles and item not in own), *own]
    return ranked[:_FEW_MEMBERS]


def _draft_type(names: Sequence[str], *, small: bool) -> type[BaseModel]:
    """Return the schema of an answer: names are an enum, so that a constrained model cannot invent one."""
    # `Any`: the members of a Literal made at run time are unknown to a type checker.
    member: Any = Literal[tuple(names)]
    most = _FEW_STEPS if small else _MOST_STEPS
    fields: dict[str, Any] = {
        "persona": (member, Field(description="who does it")),
        "task": (Annotated[str, Field(min_length=10, max_length=240)], Field(description="one clear instruction")),
    }
    if not small:
        needs: Any = Field(default=[], description="numbers of the earlier steps whose answers it needs, from 1")
        fields["needs"] = (list[int], needs)
    step: Any = create_model("DraftStep", **fields)
    return create_model("DraftPlan", steps=(list[step], Field(min_length=1, max_length=most)))


def _plan(goal: str, draft: Any) -> Plan:
    """Return the plan of a draft. Ids are the persona's slug, numbered where one does several steps."""
    names = [step.persona for step in draft.steps]
    ids = [_id(names, index) for index in range(len(names))]
    steps = []
    for index, step in enumerate(draft.steps):
        if hasattr(step, "needs"):
            # A number that is no earlier step stays as an unknown id, so that the check can name it.
            needs = [ids[number - 1] if 0 < number <= index else f"step-{number}" for number in step.needs]
        else:
            needs = _needs_by_rule(names, ids, index)
        steps.append(Step(id=ids[index], persona=step.persona, task=step.task, depends_on=tuple(dict.fromkeys(needs))))
    return Plan(goal=goal, steps=tuple(steps))


def _id(names: Sequence[str], index: int) -> str:
    name = names[index]
    count = names[:index].count(name) + 1
    return name if names.count(name) == 1 else f"{name}-{count}"


def _needs_by_rule(names: Sequence[str], ids: Sequence[str], index: int) -> list[str]:
    """Steps that only collect run side by side; every other step needs all before it."""
    if names[index] == ROLES["research"] and all(name == ROLES["research"] for name in names[:index]):
        return []
    return list(ids[:index])
