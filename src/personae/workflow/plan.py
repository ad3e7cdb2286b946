"""The plan: a checked, acyclic graph of steps. It knows what a plan is, not how one is made, read or run."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import Literal, get_args

from personae.errors import Diagnostic, close_matches

__all__ = [
    "KINDS",
    "MAX_STEPS",
    "ROLES",
    "Plan",
    "Step",
    "StepKind",
    "needs_of",
    "persona_of",
    "problems",
    "references",
]

StepKind = Literal["research", "writing", "code", "analysis", "coordination"]
KINDS: tuple[StepKind, ...] = get_args(StepKind)

ROLES: Mapping[StepKind, str] = {
    "research": "researcher",
    "writing": "writer",
    "code": "coder",
    "analysis": "analyst",
    "coordination": "coordinator",
}
"""The built-in persona for each kind of step. Seed 000."""

MAX_STEPS = 50
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_REFERENCE = re.compile(r"\$([a-z0-9][a-z0-9_-]*)\.output\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One piece of work, done by one persona."""

    id: str
    task: str
    """What is asked; `$id.output` stands for what the step `id` answered."""
    kind: StepKind | None = None
    persona: str | None = None
    """A slug; None leaves it to `kind`."""
    depends_on: tuple[str, ...] = ()
    timeout_s: float | None = None
    """Wall time of the step in seconds; None waits as long as the model takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be done, in steps. Ready steps run at once; outputs pass along `depends_on` and references."""

    goal: str
    steps: tuple[Step, ...]
    places: Mapping[str, tuple[int, int]] = field(default_factory=dict, compare=False, repr=False)
    """Field path to line and column, for a plan that was read from a file."""


def references(task: str) -> tuple[str, ...]:
    """Return the steps whose output `task` refers to, in order, each once."""
    return tuple(dict.fromkeys(_REFERENCE.findall(task)))


def needs_of(step: Step) -> tuple[str, ...]:
    """Return the steps that must be done before `step`: those it names, and those its task refers to."""
    return tuple(dict.fromkeys((*step.depends_on, *references(step.task))))


def persona_of(step: Step) -> tuple[str, str]:
    """Return the slug that wears `step` and why. A step without a persona and a kind is refused by `problems`."""
    if step.persona is not None:
        return step.persona, "named by the step"
    kind = step.kind or "coordination"
    return ROLES[kind], f"the role for steps of kind {kind}"


def problems(plan: Plan, personas: Sequence[str], *, file: str = "plan") -> list[Diagnostic]:
    """Return everything that keeps `plan` from running with `personas` (slugs), before any model is asked."""
    found = [*_counts(plan), *_steps(plan, personas), *_edges(plan), *_cycles(plan)]
    return [_placed(item, plan, file) for item in found]


def _counts(plan: Plan) -> list[Diagnostic]:
    found = []
    if not plan.goal.strip():
        found.append(_problem("empty-goal", "goal", "the goal is empty", help="Say what should be there in the end."))
    if not plan.steps:
        found.append(_problem("no-steps", "steps", "the plan has no steps", help="Add at least one."))
    if len(plan.steps) > MAX_STEPS:
        message = f"the plan has {len(plan.steps)} steps, at most {MAX_STEPS} are run"
        found.append(_problem("too-many-steps", "steps", message, help="Split it into several plans."))
    return found


def _steps(plan: Plan, personas: Sequence[str]) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    seen: dict[str, int] = {}
    for index, step in enumerate(plan.steps):
        at = f"steps[{index}]"
        if not _ID.fullmatch(step.id):
            message = f"{step.id!r} is not an id"
            found.append(
                _problem("invalid-id", f"{at}.id", message, help="Use a-z, 0-9, - and _, such as extract-facts.")
            )
        elif step.id in seen:
            message = f"the id {step.id!r} is also that of steps[{seen[step.id]}]"
            found.append(_problem("duplicate-id", f"{at}.id", message, help="Give every step its own."))
        seen.setdefault(step.id, index)
        if not step.task.strip():
            found.append(_problem("empty-task", f"{at}.task", "the task is empty", help="Say what the step should do."))
        if step.persona is None and step.kind is None:
            help = f"Add persona: SLUG, or kind: {' | '.join(KINDS)}."
            found.append(_problem("nobody", f"{at}.persona", "nobody is named for the step", help=help))
        elif (slug := persona_of(step)[0]) not in personas:
            matches = close_matches(slug, personas)
            help = f"Did you mean {matches[0]!r}?" if matches else f"Known here: {', '.join(sorted(personas))}."
            found.append(_problem("unknown-persona", f"{at}.persona", f"unknown persona {slug!r}", help=help))
        if step.timeout_s is not None and step.timeout_s <= 0:
            message = f"{step.timeout_s:g} is too small"
            found.append(_problem("too-small", f"{at}.timeout", message, help="Give seconds above 0."))
    return found


def _edges(plan: Plan) -> list[Diagnostic]:
    found = []
    known = [step.id for step in plan.steps]
    for index, step in enumerate(plan.steps):
        for need in needs_of(step):
            if need in known:
                continue
            field = f"steps[{index}].depends_on" if need in step.depends_on else f"steps[{index}].task"
            matches = close_matches(need, known)
            help = f"Did you mean {matches[0]!r}?" if matches else f"Steps here: {', '.join(known)}."
            found.append(_problem("unknown-step", field, f"there is no step {need!r}", help=help))
    return found


def _cycles(plan: Plan) -> list[Diagnostic]:
    graph = {step.id: needs_of(step) for step in plan.steps}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        members = " -> ".join(reversed(error.args[1]))
        index = next(index for index, step in enumerate(plan.steps) if step.id == error.args[1][0])
        message = f"steps wait for each other: {members}"
        help = "Remove one of these dependencies."
        return [_problem("cycle", f"steps[{index}].depends_on", message, help=help)]
    return []


def _problem(rule: str, field: str, message: str, *, help: str) -> Diagnostic:
    return Diagnostic(rule=rule, field=field, message=message, help=help)


def _placed(item: Diagnostic, plan: Plan, file: str) -> Diagnostic:
    path = item.field
    while path and path not in plan.places:
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    line, column = plan.places.get(path, (1, 1))
    return Diagnostic(
        rule=item.rule, field=item.field, message=item.message, help=item.help, file=file, line=line, column=column
    )
