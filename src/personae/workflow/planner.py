"""Asks a model for a plan. The model chooses who does what; ids and missing order are ours, and so is the check."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, Field, create_model
from pydantic_ai import Agent, ModelRetry
from pydantic_ai.models import Model
from pydantic_ai.output import NativeOutput
from pydantic_ai.settings import ModelSettings

from personae.adopt.compose import Material
from personae.errors import Diagnostic, ModelAnswerError, UsageError
from personae.library.catalogue import list_for_planner
from personae.library.registry import Snapshot
from personae.persona.model import Persona
from personae.run.agent import translated
from personae.run.durable import Durable
from personae.workflow.plan import Plan, Step
from personae.workflow.problems import problems
from personae.workflow.retrieve import personas_for, tools_for
from personae.workflow.template import members_for

__all__ = ["INSTRUCTIONS", "TASK_INSTRUCTIONS", "Call", "Check", "ToolOffer", "make_plan", "planner_prompt"]

Check: TypeAlias = Callable[[Plan], Sequence[Diagnostic]]
"""Says what keeps a plan from running."""

INSTRUCTIONS = """\
You split a goal into a few steps for a team. Each step is done by one member of the team, alone, and its answer is \
handed to the steps that need it.

Rules:
- Use as few steps as the goal allows, usually two to four.
- Choose for each step the member whose description fits best.
- Write each task as one clear instruction that can be followed without seeing the goal.
- The last step writes what the goal asks for.
- Where one of the tools below gives exactly what a step needs, name it as the step's action with its args; then the \
step needs no member, unless one is to write up what the tool gave.
- In a task or in args, $2.output stands for what step 2 gave.
- Set needs_human where a person should look before the step is done.
- Name under gaps what the goal needs and neither a member nor a tool can do; leave it out of the steps.
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

_NUMBERED = re.compile(r"\$([0-9]{1,2})\.output\b")
_MOST_BYTES = 3000
_MOST_STEPS = 8
_TASK_CHARACTERS = (10, 240)
_RETRIES = 2
_EXCERPT_CHARACTERS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolOffer:
    """A tool that a plan may call without a model."""

    name: str
    description: str
    harmless: bool = False
    """Whether it changes nothing and lets nothing out. A planned call of any other waits for a person's yes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """How a model is asked for a plan."""

    settings: ModelSettings | None = None
    seam: Durable | None = None
    """Records its requests and pays for them."""
    small: bool = False
    """Asks less: members and order are chosen by rule, and the model writes only what each is to do."""


async def make_plan(
    goal: str,
    personas: Snapshot,
    model: Model[Any],
    *,
    given: Sequence[Material] = (),
    tools: Sequence[ToolOffer] = (),
    check: Check | None = None,
    call: Call = Call(),
) -> Plan:
    """Return a plan for `goal` that can run with `personas`, of whom those that speak to it best are shown.

    A plan that fails its check (by default `problems`) is sent back with what is wrong, twice at most.
    Raises `UsageError` for an empty goal, `ModelError` when the model gives no usable plan.
    """
    if not goal.strip():
        raise UsageError("the goal is empty", help='Say what should be there in the end: personae run "GOAL".')
    if call.small:
        return await _fill_template(goal, personas, model, given, call)
    wrong_with = check or (lambda plan: problems(plan, list(personas)))
    members = personas_for(goal, personas)
    by_name = {tool.name: tool for tool in tools}
    offered = [by_name[name] for name in tools_for(goal, {tool.name: tool.description for tool in tools})]
    draft_type = _draft_type([persona.name for persona in members], [tool.name for tool in offered])
    careful = frozenset(tool.name for tool in tools if not tool.harmless)
    agent = _agent(model, INSTRUCTIONS, draft_type, call)

    @agent.output_validator
    def sound(draft: Any) -> Any:
        wrong = wrong_with(_plan(goal, draft, careful))
        if wrong:
            raise ModelRetry("\n".join(f"{item.field}: {item.message}" for item in wrong))
        return draft

    with translated(model.model_name):
        result = await agent.run(planner_prompt(goal, members, given, offered), model_settings=call.settings)
    return _plan(goal, result.output, careful)


def _agent(model: Model[Any], instructions: str, output_type: Any, call: Call) -> Agent[None, Any]:
    through = [call.seam] if call.seam is not None else []
    return Agent(model, instructions=instructions, output_type=output_type, retries=_RETRIES, capabilities=through)


def planner_prompt(
    goal: str, members: Sequence[Persona], given: Sequence[Material], tools: Sequence[ToolOffer] = ()
) -> str:
    """Return what the planner is asked: the team, the tools, the texts at hand, the goal."""
    parts = [f"<team>\n{list_for_planner(members, most_bytes=_MOST_BYTES).text}\n</team>"]
    if tools:
        lines = "\n".join(f"- {tool.name}: {tool.description}" for tool in tools)
        parts.append(f"<tools>\n{lines}\n</tools>")
    for item in given:
        start = " ".join(item.text[:_EXCERPT_CHARACTERS].split()).replace("<", "&lt;")
        parts.append(f"The first step is handed the text {item.name!r}, which begins: {start} …")
    return "\n\n".join([*parts, f"Goal: {goal}"])


async def _fill_template(
    goal: str,
    personas: Snapshot,
    model: Model[Any],
    given: Sequence[Material],
    call: Call,
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
    agent = _agent(model, TASK_INSTRUCTIONS, NativeOutput(tasks_type), call)
    with translated(model.model_name):
        result = await agent.run(f"Goal: {goal}", model_settings=call.settings)
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


def _draft_type(names: Sequence[str], tools: Sequence[str]) -> type[BaseModel]:
    """Return the schema of an answer: names are an enum, so that a constrained model cannot invent one."""
    # `Any`: the members of a Literal made at run time are unknown to a type checker.
    member: Any = Literal[tuple(names)]
    least, most = _TASK_CHARACTERS
    needs: Any = Field(default=[], description="numbers of the earlier steps whose answers it needs, from 1")
    task = Field(min_length=least, max_length=4 * most, description="one clear instruction")
    fields: dict[str, Any] = {"persona": (member, Field(description="who does it")), "task": (str, task)}
    if tools:
        action: Any = Literal[tuple(tools)]
        fields = {
            "persona": (member | None, Field(default=None, description="who does it; nobody for a bare action")),
            "task": (str | None, Field(default=None, max_length=4 * most, description="one clear instruction")),
            "action": (action | None, Field(default=None, description="a tool that does it without a member")),
            "args": (dict[str, Any], Field(default={}, description="of the action")),
        }
    fields |= {"needs": (list[int], needs), "needs_human": (bool, Field(default=False))}
    step: Any = create_model("DraftStep", **fields)
    gaps: Any = Field(default=[], max_length=_MOST_STEPS, description="what nobody here can do")
    steps: Any = Field(min_length=1, max_length=_MOST_STEPS)
    return create_model("DraftPlan", steps=(list[step], steps), gaps=(list[str], gaps))


def _plan(goal: str, draft: Any, careful: Collection[str]) -> Plan:
    """Return the plan of a draft. Ids are the persona's slug or the tool, numbered where one does several steps."""
    names = [step.persona or getattr(step, "action", None) or "step" for step in draft.steps]
    ids = [_id(names, index) for index in range(len(names))]
    steps = []
    for index, step in enumerate(draft.steps):
        # A number that is no earlier step stays as an unknown id, so that the check can name it.
        needs = [ids[number - 1] if 0 < number <= index else f"step-{number}" for number in step.needs]
        action = getattr(step, "action", None)
        steps.append(
            Step(
                id=ids[index],
                persona=step.persona,
                task=_renamed(step.task or "", ids),
                action=action,
                args=_renamed(getattr(step, "args", {}), ids),
                depends_on=tuple(dict.fromkeys(needs)),
                needs_human=step.needs_human or action in careful,
            )
        )
    return Plan(goal=goal, steps=tuple(steps), gaps=tuple(" ".join(gap.split()) for gap in draft.gaps if gap.strip()))


def _renamed(value: Any, ids: Sequence[str]) -> Any:
    """Return `value` with each `$2.output` naming the step by its id."""
    if isinstance(value, dict):
        return {key: _renamed(item, ids) for key, item in value.items()}
    if isinstance(value, list):
        return [_renamed(item, ids) for item in value]
    if not isinstance(value, str):
        return value
    known = {str(number): id for number, id in enumerate(ids, 1)}
    return _NUMBERED.sub(lambda found: f"${known.get(found[1], found[1])}.output", value)


def _id(names: Sequence[str], index: int) -> str:
    """`plan` is the node that makes the plan, so no step of it is called so."""
    name = names[index]
    return f"{name}-{names[: index + 1].count(name)}" if names.count(name) > 1 or name == "plan" else name
