"""A step as the node that does it: who wears it and why, what it is asked, which tool it calls, within which limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from personae.adopt.adopt import adopt, brain_alone
from personae.adopt.adoption import BRAIN, Adoption, Refusal, as_error
from personae.adopt.agents import spawnable, targets_of
from personae.adopt.compose import Material
from personae.adopt.frames import framed, harmless
from personae.adopt.world import World
from personae.errors import UsageError
from personae.library.providers import EMBEDDED
from personae.run.delegation import Delegation, MakeTools, check_delegation, performing
from personae.run.node import Node, node_of
from personae.run.record.ledger import Account
from personae.run.trust import trust_of
from personae.workflow.plan import DELEGATE_TASK, Step, Voices, needs_of, persona_of
from personae.workflow.prompt import Given, args_of, materials_of, task_of

__all__ = ["Setting", "adoption_of", "node_of_step"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What all steps of a run share."""

    run: str
    world: World
    account: Account
    texts: Sequence[Material] = ()
    voices: Voices
    tools: MakeTools | None = None
    """Makes the tools of a persona, to see whether they take what is handed to them; None where it is only shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """Who really does a step, and what: of a delegated one, the target."""

    slug: str | None
    because: tuple[str, ...]
    action: str
    args: Mapping[str, Any]
    wish: Delegation | None = None
    """Of a delegated one."""


def node_of_step(step: Step, setting: Setting, given: Given) -> Node:
    """Return the node that does `step`; `given` is what its needs gave, and what it lacks shows as a placeholder.

    Raises the refusal of a persona that cannot be put on, and `UsageError` for an action that it was not granted.
    """
    part = _part(step, setting, given)
    adoption = _worn(step, part, setting, given)
    node = node_of(adoption, run=setting.run, path=step.id, within=setting.account)
    if part.wish is not None:
        node = performing(part.wish, adoption, node)
        if setting.tools is not None and given.keys() >= set(needs_of(step)):
            check_delegation(part.wish, adoption, setting.tools)
    elif part.action and part.action not in map(_name, adoption.tools.granted):
        raise _not_granted(step, part, adoption)
    has_materials = len(adoption.prompt.user) > 1
    if not step.task:
        node = replace(node, tools=tuple(spec for spec in node.tools if _name(spec) == part.action), skills=())
    else:
        node = replace(node, guarded=trust_of(adoption, setting.world).guarded)
    if has_materials and node.model.provider == EMBEDDED:
        # It calls tools for their own sake: beside given text the 0.5B weights spent 4,464 tokens on 30 of an answer.
        node = replace(node, tools=tuple(spec for spec in node.tools if _name(spec) == part.action), skills=())
    user = node.user if has_materials or not (part.action and step.task) else framed("task", harmless(node.user))
    return replace(
        node,
        user=user if step.task else "",
        action=part.action,
        args=part.args,
        guarded=trust_of(adoption, setting.world).guarded,
        outputs=step.outputs,
        timeout_s=step.timeout_s,
        retries=step.retry.times,
        backoff_s=step.retry.backoff_s,
        because=(*part.because, *(node.because if step.task else ())),
    )


def adoption_of(step: Step, setting: Setting, given: Given) -> Adoption:
    """Return the adoption behind the node of `step`, for showing its prompt. Raises as `node_of_step` does."""
    return _worn(step, _part(step, setting, given), setting, given)


def _part(step: Step, setting: Setting, given: Given) -> _Part:
    slug, why = persona_of(step, setting.voices)
    because: tuple[str, ...] = (f"{slug or BRAIN}: {why}",)
    args = args_of(step, given)
    if step.action != DELEGATE_TASK:
        return _Part(slug=slug, because=because, action=step.action or "", args=args)
    target = str(args["target_persona"])
    if slug is not None:
        _may_delegate(slug, target, setting.world)
    wish = Delegation(target_persona=target, action=str(args["action"]), args=args.get("args", {}))
    because = (*because, f"{target}: {slug or 'the plan'} delegates {wish.action} to it")
    return _Part(slug=target, because=because, action=wish.action, args=wish.args, wish=wish)


def _worn(step: Step, part: _Part, setting: Setting, given: Given) -> Adoption:
    task = task_of(step) or None
    materials = materials_of(step, setting.texts, given) if task else []
    if part.slug is None:
        return brain_alone("sub-agent", world=setting.world, task=task, materials=materials)
    found = adopt(part.slug, "sub-agent", world=setting.world, task=task, materials=materials, warm=step.warm)
    if isinstance(found, Adoption):
        return found
    if task is None and found.reason == "model-unavailable" and found.would_be is not None:
        return found.would_be  # an action asks no model
    raise as_error(found)


def _name(spec: str) -> str:
    return spec.partition("(")[0]


def _may_delegate(slug: str, target: str, world: World) -> None:
    found = adopt(slug, "sub-agent", world=world)
    worn = found.would_be if isinstance(found, Refusal) and found.would_be else found
    if isinstance(worn, Refusal):
        raise as_error(worn)
    may, targets = targets_of(worn.tools.granted, "delegate")
    if may and target in [head.slug for head in spawnable(targets, world.shelf, but=slug).heads]:
        return
    raise UsageError(
        f"{slug} may not delegate to {target}",
        help=f"Add delegate({target}) to the tools of {slug}, or leave the step's persona out.",
    )


def _not_granted(step: Step, part: _Part, adoption: Adoption) -> UsageError:
    reasons = dict(adoption.tools.left_out)
    reason = reasons.get(part.action) or f"{adoption.tools.because} does not list it"
    whom = part.slug or "an action that no persona speaks in"
    help = f"Add {part.action} to the tools of {part.slug}." if part.slug else "Name a persona that has it."
    return UsageError(f"step {step.id}: {whom} has no tool {part.action!r}: {reason}", help=help)
