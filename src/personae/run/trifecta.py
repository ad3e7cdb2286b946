"""The three legs of the trifecta over a whole tree of agents: private data, what others wrote, and a way out.

Pure: a tree of plain values in, a verdict out. Between agents a boundary filters instructions, and no content: a
summary of a secret holds the secret, and a parent can ask a child to send it. So what others wrote counts one step less
in another agent than the one that read it; private data and ways out of a child count in full for its parent.

It is a smoke alarm and no proof: it knows what tools declare, not what a model does with them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from personae.tools.declared import Legs, WayOut

__all__ = ["Agent", "Level", "Verdict", "digest_of", "drawn", "judge"]

Level = Literal["silent", "soft", "loud"]
"""A leg is missing; all three come together, held by something; nothing is between them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """One agent, its tools, and whom it may start."""

    label: str
    tools: Mapping[str, Legs] = field(default_factory=dict)
    children: tuple[Agent, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The worst that can come together, and where."""

    level: Level
    path: tuple[str, ...] = ()
    """From the root to the agent in which the legs meet."""
    private: str = ""
    """Who brings the leg by which tool, such as `scout: read`."""
    untrusted: str = ""
    way_out: str = ""

    @property
    def sentence(self) -> str:
        """What it means."""
        if self.level == "silent":
            return "silent: no agent of the tree has all of private data, what others wrote, and a way out"
        held = "and nothing is between them" if self.level == "loud" else "with something between them"
        where = " → ".join(self.path)
        return (
            f"{self.level}: in {where} meet private data ({self.private}), what others wrote ({self.untrusted}) and a "
            f"way out ({self.way_out}), {held}"
        )


@dataclass(frozen=True, slots=True)
class _Leg:
    """The strength of a leg from 0 to 2, and who brings it."""

    strength: int = 0
    source: str = ""


def judge(root: Agent) -> Verdict:
    """Return the worst verdict of all agents beneath `root` and of itself."""
    verdicts = [_verdict(root, way, agent, above) for way, agent, above in _walk(root, (), ())]
    return max(verdicts, key=lambda verdict: (_RANK[verdict.level], -len(verdict.path)))


def digest_of(root: Agent) -> str:
    """Return what changes with any agent, tool or leg of the tree: a yes holds for this tree and no other."""
    return hashlib.sha256("\n".join(_lines(root, "")).encode()).hexdigest()[:16]


def drawn(root: Agent) -> list[str]:
    """Return the tree as lines for people: each agent, and each of its tools with its legs."""
    return list(_lines(root, ""))


_RANK: Mapping[Level, int] = {"silent": 0, "soft": 1, "loud": 2}
_UNTRUSTED = {"no": 0, "some": 1, "yes": 2}


def _walk(
    agent: Agent, before: tuple[str, ...], above: tuple[Agent, ...]
) -> Iterator[tuple[tuple[str, ...], Agent, tuple[Agent, ...]]]:
    way = (*before, agent.label)
    yield way, agent, above
    for child in agent.children:
        yield from _walk(child, way, (*above, agent))


def _verdict(root: Agent, way: tuple[str, ...], agent: Agent, above: tuple[Agent, ...]) -> Verdict:
    """Return what can come together in `agent`: what it has, what it can ask of those beneath, what it is given."""
    own_and_beneath = [found for _, found, _ in _walk(agent, (), ())]
    private = _worst(own_and_beneath, _private)
    if not private.strength:
        # What is in its task may be private as well; it cannot ask for more.
        private = _weaker(_worst(above, _private))
    way_out = _worst(own_and_beneath, _way_out)
    everybody = [found for _, found, _ in _walk(root, (), ()) if found is not agent]
    untrusted = max(_worst([agent], _untrusted), _weaker(_worst(everybody, _untrusted)), key=lambda leg: leg.strength)
    legs = (private, untrusted, way_out)
    if not all(leg.strength for leg in legs):
        return Verdict(level="silent", path=way)
    return Verdict(
        level="loud" if all(leg.strength == 2 for leg in legs) else "soft",
        path=way,
        private=private.source,
        untrusted=untrusted.source,
        way_out=way_out.source,
    )


def _worst(agents: list[Agent] | tuple[Agent, ...], strength: Callable[[Legs], int]) -> _Leg:
    found = [_Leg(strength(legs), f"{agent.label}: {tool}") for agent in agents for tool, legs in agent.tools.items()]
    return max(found, key=lambda leg: leg.strength, default=_Leg())


def _weaker(leg: _Leg) -> _Leg:
    return _Leg(max(0, leg.strength - 1), leg.source)


def _private(legs: Legs) -> int:
    return 2 if legs.private else 0


def _untrusted(legs: Legs) -> int:
    return _UNTRUSTED[legs.untrusted]


def _way_out(legs: Legs) -> int:
    if legs.way_out is None:
        return 0
    return 1 if legs.way_out.reviewed or legs.way_out.trusted else 2


def _lines(agent: Agent, indent: str) -> Iterator[str]:
    yield f"{indent}{agent.label}"
    for tool, legs in agent.tools.items():
        said = ", ".join(_said(legs))
        yield f"{indent}  {tool}: {said or 'no leg'}"
    for child in agent.children:
        yield from _lines(child, f"{indent}  → ")


def _said(legs: Legs) -> Iterator[str]:
    if legs.private:
        yield "private data"
    if legs.untrusted != "no":
        yield "written by anybody" if legs.untrusted == "yes" else "written by who may change the project"
    if legs.way_out is not None:
        yield _way_said(legs.way_out)


def _way_said(way: WayOut) -> str:
    to = "to somebody vouched for" if way.trusted else "to anybody"
    return f"a way out {to}, {'a person sees what leaves' if way.reviewed else 'nobody sees what leaves'}"
