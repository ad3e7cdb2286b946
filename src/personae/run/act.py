"""A node's action: one tool, called with given arguments through the seam, without a model."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_ai import RunContext, Tool
from pydantic_ai.messages import ToolCallPart
from pydantic_ai.models.test import TestModel
from pydantic_ai.usage import RunUsage

from personae.adopt.frames import framed, harmless
from personae.errors import ToolFailedError, UnknownNameError, UsageError
from personae.run.agent import as_text
from personae.run.durable import Durable
from personae.run.node import Node, Outcome

__all__ = ["act", "named_outputs", "with_result"]


async def act(node: Node, durable: Durable, tools: Mapping[str, Any]) -> Outcome:
    """Call the node's action, one of `tools`, and return what it gave.

    Raises `ToolFailedError`, `BlockedError`, and `UsageError` for args that do not fit.
    """
    tool = tools.get(node.action)
    if tool is None:
        raise UnknownNameError(f"tool of {node.persona}", node.action, tools)
    schema = (tool if isinstance(tool, Tool) else Tool(tool)).function_schema
    try:
        args = schema.validator.validate_python(dict(node.args))
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, one['loc'])) or 'args'}: {one['msg']}" for one in error.errors())
        known = ", ".join(schema.json_schema.get("properties", {})) or "none"
        raise UsageError(f"{node.action} does not take these args: {wrong}", help=f"It takes: {known}.") from error

    async def do(args: dict[str, Any]) -> Any:
        return await schema.call(args, _outside_of_a_run())

    call = ToolCallPart(node.action, dict(node.args), tool_call_id=node.key(0, "tool.0"))
    return _outcome_of(node, await durable.act(call, args, do))


def with_result(node: Node, given: Outcome) -> str:
    """Return what the persona is asked about what its action gave: the result, framed as material, then the rest."""
    return f"{framed('result', harmless(given.text), name=node.action)}\n\n{node.user}"


def _outcome_of(node: Node, value: Any) -> Outcome:
    """Return the outcome that `value` is, with the outputs that the node names. Raises `ToolFailedError`."""
    outputs = {} if node.user else named_outputs(node.action, node.outputs, value)
    text = as_text(outputs) if outputs else value if isinstance(value, str) else _shown(value)
    return Outcome(reason="done", text=text, outputs=outputs)


def named_outputs(action: str, names: Sequence[str], value: Any) -> Mapping[str, Any]:
    """Return the outputs called `names` that `value` holds; a single one may be all of it. Raises `ToolFailedError`."""
    if isinstance(value, Mapping):
        missing = [name for name in names if name not in value]
        if missing:
            raise ToolFailedError(f"{action} gave no {missing[0]!r}", help=f"It gave: {', '.join(map(str, value))}.")
        return {name: value[name] for name in names}
    if len(names) > 1:
        raise ToolFailedError(f"{action} gave one value and the step names {len(names)} outputs")
    return dict.fromkeys(names, value)


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _outside_of_a_run() -> RunContext[Any]:
    """Return a context for tools that take one: there is no model and no conversation in it."""
    return RunContext(deps=None, model=TestModel(), usage=RunUsage())
