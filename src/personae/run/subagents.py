"""Sub-agents: the tools `agent` and `find_agent`, and what happens between a parent's call and its child's answer.

A child gets its persona's prompt, its task and its tools; of its parent only cancellation, the account and the
connection. Its parent gets its last message, framed, or a sentence that says how it ended instead.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from personae.adopt.adopt import adopt
from personae.adopt.adoption import Adoption, Refusal
from personae.adopt.agents import MOST_BYTES, Spawnable, agent_lines, spawnable, targets_of
from personae.adopt.frames import defused, framed, harmless
from personae.adopt.toolbox import NOT_HERE
from personae.adopt.world import World
from personae.errors import BlockedError, OverBudgetError, close_matches
from personae.library.ranking import ranked
from personae.persona.rules import SPAWNING_TOOLS
from personae.run.durable import Calling, Seam, calling
from personae.run.node import Node, Outcome, node_from, node_of
from personae.run.record import journal
from personae.run.record.database import Transaction
from personae.run.record.journal import Entry
from personae.run.record.ledger import Cap, count_spawn
from personae.run.slots import Slots
from personae.tools.declared import Declared, Legs
from personae.tools.workspace import Refused

__all__ = ["SPAWNING", "Spawner", "mark_of", "spawning_tools", "told"]

LONGEST_ANSWER = 30_000
"""Characters of a child's message that reach its parent."""
_LONGEST_TASK = 100_000
_MOST_NAMES = 12

SPAWNING: Mapping[str, Declared] = {
    # A call that is repeated finds its child in the journal, finished or begun.
    "agent": Declared(effect="idempotent", legs=Legs(untrusted="some")),
    "find_agent": Declared(effect="none", legs=Legs()),
}


@dataclass(slots=True, kw_only=True)
class Spawner:
    """Makes the children of one run. All its nodes share it."""

    world: World
    seam: Seam
    perform: Callable[[Node], Awaitable[Outcome]]
    slots: Slots = field(init=False)

    def __post_init__(self) -> None:
        """Make the places for children."""
        self.slots = Slots(self.world.project.limits.at_once)

    async def spawn(self, at: Calling, targets: Sequence[str] | None, name: str, task: str) -> str:
        """Do `task` by a child of the persona `name`; return what its parent is told. See `told`.

        A child that was begun goes on as it was begun. Raises `BlockedError` where it waits for a person.
        """
        child = await self._begun(at)
        if child is None:
            try:
                child = self._child(at, targets, name, task)
                await self._begin(child)
            except Refused as refusal:
                return defused(str(refusal))
            except OverBudgetError as error:
                return defused(f"{error.message[0].upper()}{error.message[1:]}. Go on without another agent.")
        async with self.slots.taken():
            outcome = await self.perform(child)
        if outcome.reason == "blocked":
            raise BlockedError(outcome.error, item=outcome.item, help=outcome.help)
        return told(child, outcome)

    def whom(self, node: Node, targets: Sequence[str] | None) -> Spawnable:
        """Return whom `node` may spawn, now."""
        return spawnable(targets, self.world.shelf, but=node.persona)

    async def _begun(self, at: Calling) -> Node | None:
        entry = await self.seam.record.do(lambda transaction: journal.find(transaction, at.node.run, f"{at.key}/start"))
        return node_from(entry.body) if entry else None

    def _child(self, at: Calling, targets: Sequence[str] | None, name: str, task: str) -> Node:
        """Return the child, put on now and checked now. Raises `Refused` with what the parent is told."""
        parent, limits = at.node, self.world.project.limits
        if not task.strip() or len(task) > _LONGEST_TASK:
            raise Refused(f"A task has 1 to {_LONGEST_TASK:,} characters.")
        if parent.depth >= limits.most_depth:
            raise Refused(f"{name!r} is not started: agents nest {limits.most_depth} deep at the most. Do it yourself.")
        self._check_name(self.whom(parent, targets), parent, name, task)
        line = (*parent.line, mark_of(parent.persona, parent.task or parent.user))
        if mark_of(name, task) in line:
            raise Refused(
                f"{name!r} is not started: it works on this very task already, further up. Do it yourself, or give "
                "it another task."
            )
        adoption = adopt(name, "sub-agent", world=self._world_of_child(parent.depth + 1), task=task)
        if isinstance(adoption, Refusal):
            raise Refused(f"{name!r} cannot be started: {adoption.violations[0].message}. {adoption.help}")
        if gone := _gone(adoption):
            raise Refused(f"{name!r} is not started, since tools it needs are not here now: {', '.join(gone)}.")
        whole = Cap(scope=f"run:{parent.run}", whose="the run", max_spawns=limits.spawns)
        node = node_of(
            adoption, run=parent.run, path=at.key, within=parent.account.within(whole), depth=parent.depth + 1
        )
        return replace(node, line=line, task=task)

    def _world_of_child(self, depth: int) -> World:
        """Return the world without what spawns where nothing deeper is allowed: who cannot use a tool has none."""
        if depth < self.world.project.limits.most_depth:
            return self.world
        return replace(self.world, tools=self.world.tools - set(SPAWNING_TOOLS))

    def _check_name(self, may: Spawnable, parent: Node, name: str, task: str) -> None:
        names = [head.slug for head in may.heads]
        if name in names:
            return
        if name == parent.persona:
            raise Refused(f"{name!r} is yourself. Do it, or start another.")
        near = close_matches(name, names)
        if near:
            way_out = f"Did you mean {' or '.join(map(repr, near))}?"
        elif names:
            best = [head.slug for head in ranked(may.heads, f"{name} {task}")[:_MOST_NAMES]]
            way_out = f"There are: {', '.join(best)}" + (
                f" and {len(names) - len(best)} more." * (len(names) > len(best))
            )
        else:
            way_out = "There is nobody to start."
        gone = f"{name!r} is on your list and is not here." if name in may.missing else f"There is no agent {name!r}."
        raise Refused(f"{gone} {way_out}")

    async def _begin(self, child: Node) -> None:
        """Write the child down and count it, both or neither; what stands already was counted."""
        record = self.seam.record
        entry = Entry(run=child.run, key=child.key("start"), kind="start", body=child.as_json(), at=record.at)

        def begin(transaction: Transaction) -> None:
            if journal.add(transaction, entry) is entry:
                count_spawn(transaction, child.account, record.day)

        await record.do(begin)


def spawning_tools(spawner: Spawner, node_specs: Sequence[str]) -> dict[str, Callable[..., Any]]:
    """Return the tools for whoever was granted `node_specs`, by name."""
    may, targets = targets_of(node_specs, "agent")
    if not may:
        return {}

    async def agent(name: str, task: str) -> str:
        """Let another agent do a task; you get its last message. It sees nothing of this conversation.

        Args:
            name: Which agent, as <available_agents> lists it.
            task: Everything it has to know and do, and what it shall answer.
        """
        return await spawner.spawn(calling.get(), targets, name, task)

    def find_agent(task: str) -> str:
        """Find agents that are not listed, by what they shall do.

        Args:
            task: What has to be done, in a few words.
        """
        may = spawner.whom(calling.get().node, targets)
        lines = agent_lines(ranked(may.heads, task)[:_MOST_NAMES], most_bytes=MOST_BYTES)
        return "\n".join(lines) or "There is nobody to start."

    tools: dict[str, Callable[..., Any]] = {"agent": agent}
    return tools | {"find_agent": find_agent} if targets is None else tools


def told(child: Node, outcome: Outcome) -> str:
    """Return what a parent is told of how its child ended: its last message in a frame, or why there is none."""
    name = child.persona
    if not outcome.done:
        why = f"{outcome.error}".rstrip(".")
        return defused(f"{name} did not finish ({_ENDED[outcome.reason]}): {why}. There is no answer of it.")
    text = harmless(outcome.text)
    if len(text) > LONGEST_ANSWER:
        text = f"{text[:LONGEST_ANSWER]}\n({len(text) - LONGEST_ANSWER:,} characters more are left out here)"
    answer = framed("result", text, name=name)
    if outcome.exhausted:
        return f"{name} used up its {child.max_steps} rounds. What it had by then, which may lack parts:\n{answer}"
    return answer


def mark_of(persona: str, task: str) -> str:
    """Return a digest of who does what; case, space and signs around words do not count."""
    words = " ".join(re.findall(r"\w+", task.casefold()))
    return hashlib.sha256(f"{persona}\x00{words or task}".encode()).hexdigest()[:16]


def _gone(adoption: Adoption) -> list[str]:
    """Return the tools that it lists and that are not here; what policy keeps from it is no fault."""
    if adoption.persona is None or adoption.persona.tools is None:
        return []
    left_out = [(spec, reason) for spec, reason in adoption.tools.left_out if reason == NOT_HERE]
    return [spec for spec, _ in left_out if spec.partition("(")[0] not in SPAWNING_TOOLS]


_ENDED = {
    "done": "done",
    "steps": "out of rounds",
    "tokens": "out of tokens",
    "cost": "out of money",
    "time": "out of time",
    "cancelled": "cancelled",
    "blocked": "waits for a person",
    "error": "it failed",
    "empty": "it said nothing",
}
