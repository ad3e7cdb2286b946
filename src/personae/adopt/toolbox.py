"""Which tools an adoption gets: what is here, narrowed by persona, project and pools. It can only narrow."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from personae.library.capabilities import CapabilityBinding
from personae.library.project import FILE_NAME, Project
from personae.persona.model import Mode
from personae.persona.rules import SPAWNING_TOOLS

__all__ = ["NOT_HERE", "ToolBinding", "resolve_tools"]

NOT_HERE = "it is not here"
_WITH_THE_RIGHT = ("launch_task", "schedule_job")

_SPEC = re.compile(r"(?P<name>[^()\s]+)\s*(?:\((?P<targets>.*)\))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolBinding:
    """The tools of an adoption, and why each other one is not among them."""

    granted: tuple[str, ...] = ()
    """As the persona spells them, such as `agent(researcher)`; sorted as they are wished."""
    left_out: tuple[tuple[str, str], ...] = ()
    """Each tool that was wished or brought and is not granted, with the reason."""
    because: str = ""


def resolve_tools(
    wished: Sequence[str] | None,
    *,
    project: Project,
    mode: Mode,
    offered: Iterable[str],
    capabilities: Sequence[CapabilityBinding] = (),
) -> ToolBinding:
    """Return what is granted of `wished` (None: the project's defaults) in `mode`.

    The tools of a present capability join what is here; the persona's own list, where given, the project's defaults
    otherwise, and the pools decide what stays. `[defaults] tools` limits only personas that list none.
    """
    here = dict.fromkeys(offered, "here")
    for capability in capabilities:
        if capability.present:
            here.update(dict.fromkeys(capability.tools, capability.name))
    limit, because = _limit(wished, project)
    granted: list[str] = []
    left_out: list[tuple[str, str]] = []
    # Who lists no tools spawns nobody: that is asked for by name, since it costs money and room in every request.
    for spec in [name for name in here if name not in SPAWNING_TOOLS] if limit is None else limit:
        name = _name(spec)
        narrowed, reason = _through_pools(spec, project, mode) if name in here else (None, _absent(name))
        if narrowed is None:
            left_out.append((spec, reason))
        else:
            granted.append(narrowed)
    if limit is not None:
        allowed = {_name(spec) for spec in limit}
        brought = (name for name, origin in here.items() if origin != "here" and name not in allowed)
        left_out += [(name, f"{here[name]} brings it and {because} does not list it") for name in brought]
    return ToolBinding(granted=tuple(granted), left_out=tuple(left_out), because=because)


def _absent(name: str) -> str:
    return "it comes with canDispatch, and no list gives it" if name in _WITH_THE_RIGHT else NOT_HERE


def _limit(wished: Sequence[str] | None, project: Project) -> tuple[Sequence[str] | None, str]:
    if wished is not None:
        return wished, "the persona's own list"
    if project.defaults.tools is not None:
        return project.defaults.tools, f"[defaults] tools of {FILE_NAME}"
    return None, "neither persona nor project lists any, so all that are here"


def _through_pools(spec: str, project: Project, mode: Mode) -> tuple[str | None, str]:
    """Return `spec` as far as the pools allow it, or why not: sub-agents may use both pools, parents only theirs."""
    parent, subagents = project.parent_pool, project.subagent_pool or ()
    if mode != "sub-agent" and any(_name(entry) == _name(spec) for entry in subagents):
        return None, "[pools] subagents keeps it for sub-agents"
    if parent is None:
        return spec, ""
    pool = [*parent, *subagents] if mode == "sub-agent" else parent
    for entry in pool:
        if _name(entry) == _name(spec):
            narrowed = _meet(spec, entry)
            return narrowed, "" if narrowed else f"[pools] allows only {entry}"
    return None, "[pools] does not list it"


def _meet(one: str, other: str) -> str | None:
    """Return what two specs of one tool both allow; None for nothing."""
    targets, others = _targets(one), _targets(other)
    if others is None:
        return one
    if targets is None:
        return other
    both = [target for target in targets if target in others]
    return f"{_name(one)}({', '.join(both)})" if both else None


def _name(spec: str) -> str:
    match = _SPEC.fullmatch(spec.strip())
    return match["name"] if match else spec


def _targets(spec: str) -> list[str] | None:
    match = _SPEC.fullmatch(spec.strip())
    if match is None or match["targets"] is None:
        return None
    return [target.strip() for target in match["targets"].split(",") if target.strip()]
