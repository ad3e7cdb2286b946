"""Delegation: another persona performs one action, a call of one of its tools, and says what came of it in its voice.

The call is made by code with the arguments that were given; the model is asked once, after it, and has no tools then.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_ai import Tool

from personae.adopt.adopt import adopt
from personae.adopt.adoption import Adoption, Refusal, as_error
from personae.adopt.frames import framed, harmless
from personae.adopt.world import World
from personae.errors import UnknownNameError, UsageError
from personae.run.node import NOBODY, FirstCall, Node, node_of
from personae.run.record.ledger import Account
from personae.tools.granted import Grant, Granted, grant_of
from personae.tools.workspace import Workspace, scratch

__all__ = ["Delegation", "MakeTools", "delegation_node"]

MakeTools = Callable[[Grant, Workspace | None], Granted]
"""`Performer.tools`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegation:
    """What is asked, of whom; seed 000's `DELEGATE_TASK`."""

    target_persona: str
    action: str
    """The name of a tool that the target has."""
    args: Mapping[str, Any] = field(default_factory=dict)


def delegation_node(
    wish: Delegation,
    *,
    world: World,
    tools: MakeTools,
    run: str,
    path: str,
    within: Account = NOBODY,
    depth: int = 0,
    known: Sequence[str] | None = None,
) -> Node:
    """Return the node in which the target performs `wish`; `Performer.perform` and the engines do it as any other.

    No model is asked. Raises `UnknownNameError` with the right names for a target nobody has (`known`: the names that
    are shown; None is all) or an action the target does not have, `UsageError` for arguments that do not fit, and a
    refusal to put the target on as the error of its kind.
    """
    adoption = _adopted(wish, world, known)
    action = _checked(wish, adoption, tools)
    node = node_of(adoption, run=run, path=path, within=within, depth=depth)
    spec = next(spec for spec in adoption.tools.granted if spec.partition("(")[0] == wish.action)
    because = (*node.because, f"delegated: {wish.action}")
    return replace(node, tools=(spec,), call=action, task=_digested(wish), because=because)


def _adopted(wish: Delegation, world: World, known: Sequence[str] | None) -> Adoption:
    if known is not None and wish.target_persona not in known:
        raise UnknownNameError("persona", wish.target_persona, known)
    found = adopt(wish.target_persona, "sub-agent", world=world, task=_text(wish))
    if isinstance(found, Refusal):
        raise as_error(found)
    return found


def _checked(wish: Delegation, adoption: Adoption, tools: MakeTools) -> FirstCall:
    """Return the call, its tool and arguments known to fit."""
    grant, workspace = grant_of(adoption), None
    if grant.persona is not None and grant.persona.needs_temp_workspace:
        workspace = scratch(Path(tempfile.gettempdir()))  # only to see what the tool takes; the real one comes later
    granted = tools(grant, workspace)
    if wish.action not in granted.tools:
        raise UnknownNameError(f"action of {adoption.slug}", wish.action, granted.tools)
    tool: Tool[Any] = Tool(granted.tools[wish.action])
    try:
        tool.function_schema.validator.validate_python(dict(wish.args))
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, item['loc'])) or 'args'}: {item['msg']}" for item in error.errors())
        takes = ", ".join(tool.function_schema.json_schema.get("properties", {})) or "nothing"
        raise UsageError(
            f"the action {wish.action} cannot take these arguments: {wrong}", help=f"It takes: {takes}."
        ) from error
    return FirstCall(tool=wish.action, args=dict(wish.args))


def _text(wish: Delegation) -> str:
    args = framed("task", harmless(json.dumps(wish.args, ensure_ascii=False, indent=2, default=str)), name=wish.action)
    return (
        f"You are asked for one action of yours, `{wish.action}`, with these arguments:\n{args}\n"
        "It is done once, now. Then say what came of it, for somebody who sees nothing but your answer."
    )


def _digested(wish: Delegation) -> str:
    return f"{wish.action} {json.dumps(wish.args, sort_keys=True, default=str)}"
