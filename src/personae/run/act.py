"""A node's action: one tool, called with given arguments through the seam, without a model."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_ai import RunContext, Tool
from pydantic_ai.messages import ToolCallPart
from pydantic_ai.models.test import TestModel
from pydantic_ai.usage import RunUsage

from personae.adopt.frames import framed, harmless
from personae.errors import ToolFailedError, UnknownNameError
from personae.run.agent import as_text
from personae.run.durable import Durable
from personae.run.node import Node, Outcome
from personae.run.toolform import as_tool, fitting
from personae.tools.granted import Granted

__all__ = ["act", "named_outputs", "with_result"]


async def act(node: Node, durable: Durable, granted: Granted) -> Outcome:
    """Call the node's action and return what it gave. Raises `ToolFailedError`, `BlockedError`, `UsageError`."""
    live = {tool.name: tool for tool in granted.live}
    if node.action not in granted.tools and node.action not in live:
        raise UnknownNameError(f"tool of {node.persona}", node.action, [*granted.tools, *live])
    tool = as_tool(live[node.action]) if node.action in live else Tool(granted.tools[node.action])
    args = fitting(tool, node.action, node.args)
    schema = tool.function_schema

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
