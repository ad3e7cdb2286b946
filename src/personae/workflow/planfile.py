"""A plan as a file, in YAML or JSON: text to a `Plan` or to diagnostics, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from personae.errors import Diagnostic
from personae.persona.render import scalar
from personae.persona.shapes import Field, Json, ListOf, MapOf, Number, Reading, Text
from personae.persona.source import decode
from personae.persona.yamltree import compose, position
from personae.workflow.plan import KINDS, Plan, Step

__all__ = ["as_json", "parse_plan", "plan_schema", "render_plan"]

_LATER: Mapping[str, str] = {
    "action": "steps that call one tool",
    "args": "steps that call one tool",
    "outputs": "named outputs",
    "needs_human": "approvals",
    "retry": "retries",
    "warm": "warm steps",
}
"""Fields of the plan that this version cannot honor. Ignoring one would run another plan than the one written."""

_STEP = MapOf(
    {
        "id": Field(shape=Text(), required=True, doc="its name, for depends_on and $id.output"),
        "kind": Field(shape=Text(choices=KINDS), doc="names a built-in role"),
        "persona": Field(shape=Text(), doc="who does it; beats kind"),
        "task": Field(shape=Text(), required=True, doc="what is asked; may refer to $id.output"),
        "depends_on": Field(shape=ListOf(Text()), doc="steps that come first; their outputs are passed along"),
        "timeout": Field(shape=Number(1), doc="wall time in seconds"),
    },
    elsewhere={key: f"This version does not know {what} yet; remove the key." for key, what in _LATER.items()},
)
_PLAN = MapOf(
    {
        "goal": Field(shape=Text(), required=True, doc="what should be there in the end"),
        "steps": Field(shape=ListOf(_STEP), required=True, doc="the work, in any order"),
    }
)


def parse_plan(data: bytes, *, file: str) -> tuple[Plan | None, list[Diagnostic]]:
    """Read a plan; None beside errors. Total. Whether it can run is for `plan.problems` to say."""
    text, found = decode(data, file=file)
    if text is None:
        return None, found
    root, broken = compose(text, file=file, first_line=1)
    if root is None:
        empty = (
            [] if broken else [Diagnostic(rule="empty-file", message="the file is empty", file=file, help=_WRITE_ONE)]
        )
        return None, [*found, *broken, *empty]
    reading = Reading(file=file, first_line=1, diagnostics=found)
    values = _PLAN.read(root, "", reading)
    _check_kinds(values, reading)
    if values is None or any(item.severity == "error" for item in reading.diagnostics):
        return None, reading.diagnostics
    steps = tuple(_step(step) for step in cast("list[dict[str, Any]]", values["steps"]))
    places = {path: position(node, 1) for path, node in reading.nodes.items()}
    return Plan(goal=str(values["goal"]), steps=steps, places=places), reading.diagnostics


def render_plan(plan: Plan) -> str:
    """Return `plan` as YAML that reads back as an equal one."""
    lines = [f"goal: {scalar(plan.goal)}", "steps:"]
    for step in plan.steps:
        lines.append(f"  - id: {scalar(step.id)}")
        lines += [f"    {key}: {scalar(value)}" for key, value in _pairs(step)]
        if step.depends_on:
            lines.append(f"    depends_on: [{', '.join(scalar(need) for need in step.depends_on)}]")
    return "\n".join(lines) + "\n"


def as_json(plan: Plan) -> dict[str, Json]:
    """Return `plan` as plain data, in the words of the file."""
    steps: list[Json] = [
        {"id": step.id, **dict(_pairs(step)), "depends_on": list(step.depends_on)} for step in plan.steps
    ]
    return {"goal": plan.goal, "steps": steps}


def plan_schema() -> dict[str, Json]:
    """Return the JSON Schema (draft 2020-12) of a plan file."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "personae plan", **_PLAN.schema()}


_WRITE_ONE = "Write goal: and steps:, or let one be made: personae plan GOAL."


def _check_kinds(values: Mapping[str, Any] | None, reading: Reading) -> None:
    for index, step in enumerate((values or {}).get("steps") or ()):
        kind = step.get("kind")
        if kind is not None and kind not in KINDS and kind != Text().placeholder:
            path = f"steps[{index}].kind"
            message = f"{kind!r} is not one of {', '.join(KINDS)}"
            reading.report(
                "invalid-choice", reading.nodes[path], path, message, found=kind, help="Or name a persona instead."
            )


def _step(values: dict[str, Any]) -> Step:
    return Step(
        id=values["id"],
        task=values["task"],
        kind=values.get("kind"),
        persona=values.get("persona"),
        depends_on=tuple(values.get("depends_on", ())),
        timeout_s=values.get("timeout"),
    )


def _pairs(step: Step) -> list[tuple[str, Any]]:
    pairs = [("kind", step.kind), ("persona", step.persona), ("task", step.task)]
    timeout = [("timeout", int(step.timeout_s))] if step.timeout_s is not None else []
    return [(key, value) for key, value in pairs if value is not None] + timeout
