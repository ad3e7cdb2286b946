"""What a step hands to its persona or its tool: the task, the material beside it, the arguments. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from personae.adopt.compose import Material
from personae.run.node import Outcome
from personae.workflow.plan import WHOLE, Reference, Step, needs_of, references, unescaped

__all__ = ["Given", "args_of", "materials_of", "task_of", "value_of"]

Given = Mapping[str, Outcome]
"""Step to what it gave."""


def task_of(step: Step) -> str:
    """Return the task as a model reads it: a reference points to material beside it and never brings text in."""
    task = step.task
    # The longest first: `$a.output` is no part of `$a.output_total`.
    for reference in sorted(references(task), key=lambda reference: -len(reference.name)):
        task = task.replace(f"${reference.step}.{reference.name}", f'the result "{reference.label}"')
    return unescaped(task)


def materials_of(step: Step, texts: Sequence[Material], given: Given) -> list[Material]:
    """Return the material beside the task: given texts, then what its needs gave, each framed and named.

    Texts go to steps that need nothing, and to those whose task names them. A need of which the step refers only to
    named outputs gives those alone. A step that is not there yet (`given` lacks it) is shown by a placeholder.
    """
    needs = needs_of(step)
    materials = [item for item in texts if not needs or item.name in step.task]
    referred = references([step.task, step.args])
    for need in needs:
        named = [reference for reference in referred if reference.step == need]
        if need in step.depends_on or not named or any(reference.name == WHOLE for reference in named):
            named = [Reference(need, WHOLE)]
        materials += [Material(name=item.label, text=_text(value_of(item, given)), frame="result") for item in named]
    return materials


def args_of(step: Step, given: Given) -> Mapping[str, Any]:
    """Return the arguments of the step's action: a text that is a reference becomes its value, in a text its text."""
    filled: Mapping[str, Any] = _filled(step.args, given)
    return filled


def value_of(reference: Reference, given: Given) -> Any:
    """Return what `reference` stands for."""
    outcome = given.get(reference.step)
    if outcome is None:
        return f"[what {reference.label} gives]"
    return outcome.text if reference.name == WHOLE else outcome.outputs[reference.name]


def _filled(value: Any, given: Given) -> Any:
    if isinstance(value, Mapping):
        return {key: _filled(item, given) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, given) for item in value]
    if not isinstance(value, str):
        return value
    found = references(value)
    if len(found) == 1 and value == f"${found[0].step}.{found[0].name}":
        return value_of(found[0], given)
    for reference in sorted(found, key=lambda reference: -len(reference.name)):
        value = value.replace(f"${reference.step}.{reference.name}", _text(value_of(reference, given)))
    return unescaped(value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
