"""Asks a model for a plan. The model chooses who does what; ids and missing order are ours, and so is the check."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel, Field, create_model
from pydantic_ai import Agent, ModelRetry
from pydantic_ai.models import Model
from pydantic_ai.output import NativeOutput
from pydantic_ai.settings import ModelSettings

from personae.adopt.compose import Material
from personae.errors import ModelAnswerError, UsageError
from personae.library.catalogue import list_for_planner
from personae.library.registry import Snapshot
from personae.persona.model import Persona
from personae.run.agent import translated
from personae.run.durable import Durable
from personae.workflow.plan import Plan, Step
from personae.workflow.problems import problems
from personae.workflow.template import members_for

__all__ = ["INSTRUCTIONS", "TASK_INSTRUCTIONS", "make_plan", "planner_prompt"]

INSTRUCTIONS = """\
You split a goal into a few steps for a team. Each step is done by one member of the team, alone, and its answer is \
handed to the steps that need it.

Rules:
- Use as few steps as the goal allows, usually two to four.
- Choose for each step the member whose description fits best.
- Write each task as one clear instruction that can be followed without seeing the goal.
- The last step writes what the goal asks for.
- Plan only; do none of the work."""

TASK_INSTRUCTIONS = """\
A team works on a goal, one member after the other. You write for each member one sentence that says what it does for \
this goal, in the words of the goal. Do none of the work.

Goal: Go through the order log of May, see what hurt us most, and make it a letter to the sales team.
{"researcher":"List what was found in the order log of May, with every figure, cost and date.",\
"analyst":"Rank these findings by what hurt us most. Give one reason for each.",\
"writer":"Write the letter to the sales team about what hurt us most in May."}

Goal: Compare two tents for a winter trip and recommend one.
{"analyst":"Compare the two tents for a winter trip.",\
"writer":"Write the recommendation of one tent for a winter trip."}"""
"""For small models: the members are chosen by rule, and examples say more than rules."""

# A constrained model that must begin with the words of a role writes that role's task; left free, it copies the goal or
# the member's description.
_OPENINGS = {
    "researcher": r"List what was found (in|about) [^\n,]+, with every figure, cost and date\.",
    "analyst": r"(Rank these findings by [^\n.]+\. Give one reason for each\.|Compare [^\n]+)",
    "writer": r"Write the [^\n]+",
    "coder": r"(Write|Change|Fix) [^\n]+",
    "coordinator": r"Split [^\n]+",
}

_MOST_BYTES = 3000
_MOST_STEPS = 8
_TASK_CHARACTERS = (10, 240)
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
    seam: Durable | None = None,
) -> Plan:
    """Return a plan for `goal` that can run with `personas`.

    `small` asks less of the model: members and order are chosen by rule, and it writes only what each is to do.
    A plan that fails its check is sent back, twice at most.
    Raises `UsageError` for an empty goal, `ModelError` when the model gives no usable plan.
    """
    if not goal.strip():
        raise UsageError("the goal is empty", help='Say what should be there in the end: personae run "GOAL".')
    through = [seam] if seam is not None else []
    if small:
        return await _fill_template(goal, personas, model, given, settings, through)
    members = list(personas.values())
    draft_type = _draft_type([persona.name for persona in members])
    agent = Agent(model, instructions=INSTRUCTIONS, output_type=draft_type, retries=_RETRIES, capabilities=through)

    @agent.output_validator
    def check(draft: Any) -> Any:
        wrong = problems(_plan(goal, draft), list(personas))
        if wrong:
            raise ModelRetry("\n".join(f"{item.field}: {item.message}" for item in wrong))
        return draft

    with translated(model.model_name):
        result = await agent.run(planner_prompt(goal, members, given), model_settings=settings)
    return _checked(_plan(goal, result.output), personas, model)


def planner_prompt(goal: str, members: Sequence[Persona], given: Sequence[Material]) -> str:
    """Return what the planner is asked: the team, the texts at hand, the goal."""
    parts = [f"<team>\n{list_for_planner(members, most_bytes=_MOST_BYTES).text}\n</team>"]
    for item in given:
        start = " ".join(item.text[:_EXCERPT_CHARACTERS].split()).replace("<", "&lt;")
        parts.append(f"The first step is handed the text {item.name!r}, which begins: {start} …")
    return "\n\n".join([*parts, f"Goal: {goal}"])


async def _fill_template(
    goal: str,
    personas: Snapshot,
    model: Model[Any],
    given: Sequence[Material],
    settings: ModelSettings | None,
    through: Sequence[Durable],
) -> Plan:
    """Choose the members by rule and let the model say what each does."""
    members = members_for(goal, personas, has_texts=bool(given))
    keys = {member.name.replace("-", "_"): member.name for member in members}
    least, most = _TASK_CHARACTERS
    fields: dict[str, Any] = {
        key: (str, Field(min_length=least, max_length=most, pattern=_OPENINGS.get(slug) and f"^{_OPENINGS[slug]}$"))
        for key, slug in keys.items()
    }
    tasks_type: Any = create_model("Tasks", **fields)
    output = NativeOutput(tasks_type)
    agent = Agent(
        model, instructions=TASK_INSTRUCTIONS, output_type=output, retries=_RETRIES, capabilities=list(through)
    )
    with translated(model.model_name):
        result = await agent.run(f"Goal: {goal}", model_settings=settings)
    steps: list[Step] = []
    for key, slug in keys.items():
        task = " ".join(getattr(result.output, key).split())
        steps.append(Step(id=slug, persona=slug, task=task, depends_on=tuple(step.id for step in steps)))
    return _checked(Plan(goal=goal, steps=tuple(steps)), personas, model)


def _checked(plan: Plan, personas: Snapshot, model: Model[Any]) -> Plan:
    wrong = problems(plan, list(personas))
    if wrong:
        reasons = "; ".join(f"{item.field}: {item.message}" for item in wrong)
        raise ModelAnswerError(
            f"{model.model_name} made a plan that cannot run: {reasons}", help="Try a larger --model."
        )
    return plan


def _draft_type(names: Sequence[str]) -> type[BaseModel]:
    """Return the schema of an answer: names are an enum, so that a constrained model cannot invent one."""
    # `Any`: the members of a Literal made at run time are unknown to a type checker.
    member: Any = Literal[tuple(names)]
    least, most = _TASK_CHARACTERS
    needs: Any = Field(default=[], description="numbers of the earlier steps whose answers it needs, from 1")
    fields: dict[str, Any] = {
        "persona": (member, Field(description="who does it")),
        "task": (str, Field(min_length=least, max_length=4 * most, description="one clear instruction")),
        "needs": (list[int], needs),
    }
    step: Any = create_model("DraftStep", **fields)
    return create_model("DraftPlan", steps=(list[step], Field(min_length=1, max_length=_MOST_STEPS)))


def _plan(goal: str, draft: Any) -> Plan:
    """Return the plan of a draft. Ids are the persona's slug, numbered where one does several steps."""
    names = [step.persona for step in draft.steps]
    ids = [_id(names, index) for index in range(len(names))]
    steps = []
    for index, step in enumerate(draft.steps):
        # A number that is no earlier step stays as an unknown id, so that the check can name it.
        needs = [ids[number - 1] if 0 < number <= index else f"step-{number}" for number in step.needs]
        steps.append(Step(id=ids[index], persona=step.persona, task=step.task, depends_on=tuple(dict.fromkeys(needs))))
    return Plan(goal=goal, steps=tuple(steps))


def _id(names: Sequence[str], index: int) -> str:
    name = names[index]
    return f"{name}-{names[: index + 1].count(name)}" if names.count(name) > 1 else name
