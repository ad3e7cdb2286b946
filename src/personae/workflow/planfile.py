"""A plan as a file, in YAML or JSON: text to a `Plan` or to diagnostics, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, cast

from personae.errors import Diagnostic
from personae.persona.render import scalar
from personae.persona.shapes import Anything, Field, Flag, Json, ListOf, MapOf, Number, Reading, Text, Value
from personae.persona.source import decode
from personae.persona.yamltree import MappingNode, Node, compose, position
from personae.workflow.plan import KINDS, Plan, Retry, Step

__all__ = ["as_json", "parse_plan", "plan_from", "plan_schema", "render_plan"]


class _RetryShape:
    """A number of times, or a map of times and backoff."""

    _map = MapOf(
        {
            "times": Field(shape=Number(0), required=True, doc="how often it is tried again"),
            "backoff": Field(shape=Number(0), doc="seconds before the first of them, doubled for each next"),
        }
    )

    @property
    def placeholder(self) -> Value:
        return 0

    def read(self, node: Node, path: str, reading: Reading) -> Value:
        if isinstance(node, MappingNode):
            return cast("Value", self._map.read(node, path, reading))
        return Number(0).read(node, path, reading)

    def schema(self) -> dict[str, Json]:
        return {"anyOf": [Number(0).schema(), self._map.schema()]}


_STEP = MapOf(
    {
        "id": Field(shape=Text(), required=True, doc="its name, for depends_on and $id.output"),
        "kind": Field(shape=Text(choices=KINDS), doc="names a built-in role"),
        "persona": Field(shape=Text(), doc="who does it; beats the plugin's voice and kind"),
        "task": Field(shape=Text(), doc="what is asked; may refer to $id.output and $id.NAME"),
        "action": Field(shape=Text(), doc="one tool, called without a model; or DELEGATE_TASK"),
        "args": Field(shape=Anything(), doc="of the action; texts may be references"),
        "depends_on": Field(shape=ListOf(Text()), doc="steps that come first; their outputs are passed along"),
        "outputs": Field(shape=ListOf(Text()), doc="names of what it gives, for $id.NAME"),
        "needs_human": Field(shape=Flag(), doc="a person must say yes before it runs"),
        "retry": Field(shape=_RetryShape(), doc="times it is tried again after an error; or {times, backoff}"),
        "timeout": Field(shape=Number(1), doc="wall time in seconds"),
        "warm": Field(shape=Flag(), doc="recall the persona's own memory for it"),
    }
)
_PLAN = MapOf(
    {
        "goal": Field(shape=Text(), required=True, doc="what should be there in the end"),
        "steps": Field(shape=ListOf(_STEP), required=True, doc="the work, in any order"),
        "gaps": Field(shape=ListOf(Text()), doc="what the goal calls for and nobody here can do"),
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
    gaps = tuple(str(gap) for gap in cast("list[Any]", values.get("gaps", ())))
    return Plan(goal=str(values["goal"]), steps=steps, gaps=gaps, places=places), reading.diagnostics


def render_plan(plan: Plan) -> str:
    """Return `plan` as YAML that reads back as an equal one."""
    lines = [f"goal: {scalar(plan.goal)}"]
    if plan.gaps:
        lines += ["gaps:", *(f"  - {scalar(gap)}" for gap in plan.gaps)]
    lines.append("steps:")
    for step in plan.steps:
        (_, id), *rest = _pairs(step)
        lines.append(f"  - id: {scalar(str(id))}")
        lines += [f"    {key}: {_written(value)}" for key, value in rest]
    return "\n".join(lines) + "\n"


def as_json(plan: Plan) -> dict[str, Json]:
    """Return `plan` as plain data, in the words of the file."""
    steps: list[Json] = [dict(_pairs(step)) for step in plan.steps]
    gaps: dict[str, Json] = {"gaps": list(plan.gaps)} if plan.gaps else {}
    return {"goal": plan.goal, **gaps, "steps": steps}


def plan_from(body: Mapping[str, Any]) -> Plan:
    """Return the plan that was written with `as_json`."""
    return Plan(goal=body["goal"], steps=tuple(_step(step) for step in body["steps"]), gaps=tuple(body.get("gaps", ())))


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


def _step(values: Mapping[str, Any]) -> Step:
    return Step(
        id=values["id"],
        task=values.get("task", ""),
        kind=values.get("kind"),
        persona=values.get("persona"),
        action=values.get("action"),
        args=_plain(values.get("args", {})),
        depends_on=tuple(values.get("depends_on", ())),
        outputs=tuple(values.get("outputs", ())),
        needs_human=values.get("needs_human", False),
        retry=_retry(values.get("retry", 0)),
        timeout_s=values.get("timeout"),
        warm=values.get("warm", False),
    )


def _retry(value: Any) -> Retry:
    if isinstance(value, Mapping):
        return Retry(times=value.get("times", 0), backoff_s=value.get("backoff", Retry().backoff_s))
    return Retry(times=value)


def _plain(value: Any) -> Any:
    """Return what YAML gave as JSON has it."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return float(value) if isinstance(value, Decimal) else value


def _pairs(step: Step) -> list[tuple[str, Json]]:
    """Return the keys of `step` in the order of the file, those apart that say what holds anyway."""
    retry: Json = step.retry.times
    if step.retry.backoff_s != Retry().backoff_s:
        retry = {"times": step.retry.times, "backoff": _whole(step.retry.backoff_s)}
    pairs: list[tuple[str, Json]] = [
        ("id", step.id),
        ("kind", step.kind),
        ("persona", step.persona),
        ("action", step.action),
        ("args", dict(step.args)),
        ("task", step.task),
        ("depends_on", list(step.depends_on)),
        ("outputs", list(step.outputs)),
        ("needs_human", step.needs_human),
        ("retry", retry),
        ("timeout", None if step.timeout_s is None else _whole(step.timeout_s)),
        ("warm", step.warm),
    ]
    return [(key, value) for key, value in pairs if value]


def _whole(number: float) -> float:
    return int(number) if number == int(number) else number


def _written(value: Json) -> str:
    """Return `value` as YAML in one line. JSON is YAML, but for what only `scalar` knows of texts."""
    if isinstance(value, str):
        return scalar(value)
    if isinstance(value, list):
        return f"[{', '.join(_written(item) for item in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{scalar(key)}: {_written(item)}' for key, item in value.items())}}}"
    return json.dumps(value)
