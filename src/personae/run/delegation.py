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

from pydantic_ai import Tool

from personae.adopt.adopt import adopt
from personae.adopt.adoption import Adoption, Refusal, as_error
from personae.adopt.frames import framed, harmless
from personae.adopt.world import World
from personae.errors import UnknownNameError
from personae.run.node import NOBODY, Node, node_of
from personae.run.record.ledger import Account
from personae.run.toolform import fitting
from personae.tools.granted import Grant, Granted, grant_of
from personae.tools.workspace import Workspace, scratch

__all__ = ["Delegation", "MakeTools", "check_delegation", "delegation_node", "performing"]

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
    check_delegation(wish, adoption, tools)
    node = node_of(adoption, run=run, path=path, within=within, depth=depth)
    return replace(performing(wish, adoption, node), task=_digested(wish))


def performing(wish: Delegation, adoption: Adoption, node: Node) -> Node:
    """Return `node`, the target's, as the one that does `wish`: it has that tool and no other, and it is called first.

    Raises `UnknownNameError` with the right names for an action that the target does not have.
    """
    granted = {spec.partition("(")[0]: spec for spec in adoption.tools.granted}
    if wish.action not in granted:
        raise _unknown(wish, adoption, list(granted))
    because = (*node.because, f"delegated: {wish.action}")
    return replace(node, tools=(granted[wish.action],), action=wish.action, args=dict(wish.args), because=because)


def _adopted(wish: Delegation, world: World, known: Sequence[str] | None) -> Adoption:
    if known is not None and wish.target_persona not in known:
        raise UnknownNameError("persona", wish.target_persona, known)
    found = adopt(wish.target_persona, "sub-agent", world=world, task=_text(wish))
    if isinstance(found, Refusal):
        raise as_error(found)
    return found


def check_delegation(wish: Delegation, adoption: Adoption, tools: MakeTools) -> None:
    """Raise where the target has no such action, or it does not take these arguments; as `delegation_node` does."""
    grant, workspace = grant_of(adoption), None
    if grant.persona is not None and grant.persona.needs_temp_workspace:
        workspace = scratch(Path(tempfile.gettempdir()))  # only to see what the tool takes; the real one comes later
    granted = tools(grant, workspace)
    if wish.action in granted.later:
        return  # of a server: whether it takes them is known when it is reached
    if wish.action not in granted.tools:
        raise _unknown(wish, adoption, [*granted.tools, *granted.later])
    fitting(Tool(granted.tools[wish.action]), wish.action, wish.args)


def _unknown(wish: Delegation, adoption: Adoption, names: Sequence[str]) -> UnknownNameError:
    return UnknownNameError(f"action of {adoption.slug}", wish.action, names)


def _text(wish: Delegation) -> str:
    args = framed("task", harmless(json.dumps(wish.args, ensure_ascii=False, indent=2, default=str)), name=wish.action)
    return (
        f"You were asked for one action of yours, `{wish.action}`, with these arguments:\n{args}\n"
        "It is done, and the result stands above. Say what came of it, for somebody who sees nothing but your answer."
    )


def _digested(wish: Delegation) -> str:
    return f"{wish.action} {json.dumps(wish.args, sort_keys=True, default=str)}"
