"""Everything that keeps a plan from running, found before any model is asked."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from typing import Any

from personae.errors import Diagnostic, close_matches
from personae.workflow.plan import (
    DELEGATE_TASK,
    KINDS,
    NO_VOICES,
    WHOLE,
    Plan,
    Step,
    Voices,
    needs_of,
    persona_of,
    references,
)

__all__ = ["MAX_STEPS", "problems"]

MAX_STEPS = 50
_MOST_RETRIES = 10
_LONGEST_BACKOFF_S = 3_600
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_OUTPUT = re.compile(r"[a-z][a-z0-9_]{0,63}")
_RUNS_TEXT = frozenset(["shell"])
"""Tools that execute their arguments: what a model wrote is never put into them."""


def problems(
    plan: Plan,
    personas: Collection[str],
    *,
    actions: Collection[str] | None = None,
    voices: Voices = NO_VOICES,
    file: str = "plan",
) -> list[Diagnostic]:
    """Return what keeps `plan` from running with `personas` (slugs) and `actions` (tools here; None: any may be)."""
    found = [*_counts(plan)]
    for index, step in enumerate(plan.steps):
        at = f"steps[{index}]"
        found += [*_names(plan, step, index), *_wearer(step, at, personas, voices), *_work(step, at)]
        found += [*_action(step, at, personas, actions), *_limits(step, at), *_references(plan, step, at)]
    found += _cycles(plan)
    return [_placed(item, plan, file) for item in found]


def _counts(plan: Plan) -> Iterator[Diagnostic]:
    if not plan.goal.strip():
        yield _problem("empty-goal", "goal", "the goal is empty", help="Say what should be there in the end.")
    if not plan.steps:
        yield _problem("no-steps", "steps", "the plan has no steps", help="Add at least one.")
    if len(plan.steps) > MAX_STEPS:
        message = f"the plan has {len(plan.steps)} steps, at most {MAX_STEPS} are run"
        yield _problem("too-many-steps", "steps", message, help="Split it into several plans.")


def _names(plan: Plan, step: Step, index: int) -> Iterator[Diagnostic]:
    at = f"steps[{index}]"
    first = next(number for number, other in enumerate(plan.steps) if other.id == step.id)
    if not _ID.fullmatch(step.id):
        yield _problem(
            "invalid-id", f"{at}.id", f"{step.id!r} is not an id", help="Use a-z, 0-9, - and _, such as extract-facts."
        )
    elif first != index:
        message = f"the id {step.id!r} is also that of steps[{first}]"
        yield _problem("duplicate-id", f"{at}.id", message, help="Give every step its own.")
    for number, name in enumerate(step.outputs):
        field = f"{at}.outputs[{number}]"
        if not _OUTPUT.fullmatch(name) or name == WHOLE:
            help = "Use a-z, 0-9 and _, beginning with a letter, such as total_cost; output is the whole."
            yield _problem("invalid-output", field, f"{name!r} cannot name an output", help=help)
        elif name in step.outputs[:number]:
            yield _problem("duplicate-output", field, f"the output {name!r} is named twice", help="Name it once.")


def _wearer(step: Step, at: str, personas: Collection[str], voices: Voices) -> Iterator[Diagnostic]:
    slug, because = persona_of(step, voices)
    if slug is None:
        if step.action is None or step.task.strip():
            help = f"Add persona: SLUG, or kind: {' | '.join(KINDS)}."
            yield _problem("nobody", f"{at}.persona", "nobody is named for the step", help=help)
    elif slug not in personas:
        message = f"unknown persona {slug!r}" + ("" if step.persona else f", {because}")
        yield _problem("unknown-persona", f"{at}.persona", message, help=_or_known(slug, personas))


def _work(step: Step, at: str) -> Iterator[Diagnostic]:
    if not step.task.strip() and step.action is None:
        help = "Say what the step should do, or name an action."
        yield _problem("empty-task", f"{at}.task", "the task is empty", help=help)
    if step.args and step.action is None:
        yield _problem("args-without-action", f"{at}.args", "args are of an action", help="Name the action, or remove.")


def _action(step: Step, at: str, personas: Collection[str], actions: Collection[str] | None) -> Iterator[Diagnostic]:
    if step.action == DELEGATE_TASK:
        yield from _delegation(step.args, f"{at}.args", personas, actions)
    elif step.action is not None:
        yield from _tool(step.action, step.args, f"{at}.action", actions)


def _delegation(
    args: Mapping[str, Any], at: str, personas: Collection[str], actions: Collection[str] | None
) -> Iterator[Diagnostic]:
    target, action = args.get("target_persona"), args.get("action")
    if not isinstance(target, str) or not isinstance(action, str):
        help = "Write args: {target_persona: SLUG, action: TOOL, args: {}}."
        yield _problem("bad-delegation", at, f"{DELEGATE_TASK} needs a target_persona and an action", help=help)
        return
    if target not in personas:
        yield _problem("unknown-persona", at, f"unknown persona {target!r}", help=_or_known(target, personas))
    handed = args.get("args", {})
    if not isinstance(handed, Mapping):
        yield _problem("bad-delegation", at, "args of the delegated action are no map", help="Write args: {}.")
    elif action == DELEGATE_TASK:
        help = "Let the target's own step delegate further."
        yield _problem("bad-delegation", at, f"{DELEGATE_TASK} cannot delegate itself", help=help)
    else:
        yield from _tool(action, handed, at, actions)


def _tool(action: str, args: Mapping[str, Any], at: str, actions: Collection[str] | None) -> Iterator[Diagnostic]:
    if actions is not None and action not in actions:
        yield _problem("unknown-action", at, f"there is no tool {action!r} here", help=_or_known(action, actions))
    if action in _RUNS_TEXT and references(args):
        message = f"what a step answered is never run: {action} takes no references"
        help = "Write the command out; let it read a file that a step before it wrote."
        yield _problem("reference-in-command", at, message, help=help)


def _limits(step: Step, at: str) -> Iterator[Diagnostic]:
    if step.timeout_s is not None and step.timeout_s <= 0:
        message = f"{step.timeout_s:g} is too small"
        yield _problem("too-small", f"{at}.timeout", message, help="Give seconds above 0.")
    if not 0 <= step.retry.times <= _MOST_RETRIES:
        message = f"{step.retry.times} retries cannot be"
        yield _problem("out-of-range", f"{at}.retry", message, help=f"Give 0 to {_MOST_RETRIES}.")
    if not 0 <= step.retry.backoff_s <= _LONGEST_BACKOFF_S:
        message = f"a backoff of {step.retry.backoff_s:g} s cannot be"
        yield _problem("out-of-range", f"{at}.retry.backoff", message, help=f"Give 0 to {_LONGEST_BACKOFF_S} seconds.")


def _references(plan: Plan, step: Step, at: str) -> Iterator[Diagnostic]:
    known = {other.id: other for other in plan.steps}
    for need in needs_of(step):
        if need not in known:
            field = f"{at}.depends_on" if need in step.depends_on else _field_of(step, need, at)
            matches = close_matches(need, known)
            help = f"Did you mean {matches[0]!r}?" if matches else f"Steps here: {', '.join(known)}."
            yield _problem("unknown-step", field, f"there is no step {need!r}", help=help)
    for reference in references([step.task, step.args]):
        needed = known.get(reference.step)
        if needed is not None and reference.name != WHOLE and reference.name not in needed.outputs:
            named = ", ".join(f"${needed.id}.{name}" for name in (WHOLE, *needed.outputs))
            message = f"the step {needed.id!r} has no output {reference.name!r}"
            yield _problem("unknown-output", _field_of(step, reference.step, at), message, help=f"It has {named}.")


def _field_of(step: Step, need: str, at: str) -> str:
    in_task = any(reference.step == need for reference in references(step.task))
    return f"{at}.task" if in_task else f"{at}.args"


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


def _or_known(name: str, known: Collection[str]) -> str:
    matches = close_matches(name, known)
    return f"Did you mean {matches[0]!r}?" if matches else f"Known here: {', '.join(sorted(known))}."


def _problem(rule: str, field: str, message: str, *, help: str) -> Diagnostic:
    return Diagnostic(rule=rule, field=field, message=message, help=help)


def _placed(item: Diagnostic, plan: Plan, file: str) -> Diagnostic:
    path = item.field
    while path and path not in plan.places:
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    line, column = plan.places.get(path, (1, 1))
    return replace(item, file=file, line=line, column=column)
