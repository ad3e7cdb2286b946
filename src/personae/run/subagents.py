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
from personae.errors import BlockedError, OverBudgetError, PersonaeError, UsageError, close_matches
from personae.library.ranking import ranked
from personae.persona.rules import SPAWNING_TOOLS
from personae.run.delegation import Delegation, MakeTools, delegation_node
from personae.run.durable import Calling, Seam, calling
from personae.run.node import Node, Outcome, node_from, node_of
from personae.run.record import journal
from personae.run.record.database import Transaction
from personae.run.record.journal import Entry
from personae.run.record.ledger import Account, Cap, count_spawn
from personae.run.slots import Slots
from personae.tools.declared import Declared, Legs
from personae.tools.workspace import Refused

__all__ = ["SPAWNING", "Spawner", "mark_of", "spawning_tools", "told"]

LONGEST_ANSWER = 30_000
"""Characters of a child's message that reach its parent."""
_LONGEST_TASK = 100_000
_MOST_NAMES = 12
_AROUND_A_NAME = " \t\n,.:;'\"`@<>()[]"

SPAWNING: Mapping[str, Declared] = {
    # A call that is repeated finds its child in the journal, finished or begun.
    "agent": Declared(effect="idempotent", legs=Legs(untrusted="some")),
    "delegate": Declared(effect="idempotent", legs=Legs(untrusted="some")),
    "find_agent": Declared(effect="none", legs=Legs()),
}


@dataclass(slots=True, kw_only=True)
class Spawner:
    """Makes the children of one run. All its nodes share it."""

    world: World
    seam: Seam
    perform: Callable[[Node], Awaitable[Outcome]]
    tools: MakeTools
    slots: Slots = field(init=False)

    def __post_init__(self) -> None:
        """Make the places for children."""
        self.slots = Slots(self.world.project.limits.at_once)

    async def spawn(self, at: Calling, targets: Sequence[str] | None, name: str, task: str) -> str:
        """Do `task` by a child of the persona `name`; return what its parent is told. See `told`.

        Raises `BlockedError` where it waits for a person.
        """
        return await self._answer(at, lambda: self._child(at, targets, name, task))

    async def delegate(self, at: Calling, targets: Sequence[str] | None, wish: Delegation) -> str:
        """Let another persona perform one action; return what the one who asked is told. It raises as `spawn` does."""
        return await self._answer(at, lambda: self._delegated(at, targets, wish))

    async def _answer(self, at: Calling, make: Callable[[], Node]) -> str:
        """Do the child that `make` gives; one that was begun goes on as it was begun."""
        child = await self._begun(at)
        if child is None:
            try:
                child = make()
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
        parent = at.node
        if not task.strip() or len(task) > _LONGEST_TASK:
            raise Refused(f"A task has 1 to {_LONGEST_TASK:,} characters.")
        self._check_depth(parent, name)
        self._check_name(self.whom(parent, targets), parent, name, task)
        line = _line(parent, name, task)
        adoption = adopt(name, "sub-agent", world=self._world_of_child(parent.depth + 1), task=task)
        if isinstance(adoption, Refusal):
            raise Refused(f"{name!r} cannot be started: {adoption.violations[0].message}. {adoption.help}")
        if gone := _gone(adoption):
            raise Refused(f"{name!r} is not started, since tools it needs are not here now: {', '.join(gone)}.")
        within = self._account(parent)
        node = node_of(adoption, run=parent.run, path=at.key, within=within, depth=parent.depth + 1)
        return replace(node, line=line, task=task, guarded=parent.guarded)

    def _delegated(self, at: Calling, targets: Sequence[str] | None, wish: Delegation) -> Node:
        """Return the node that performs `wish`. Raises `Refused`."""
        parent = at.node
        self._check_depth(parent, wish.target_persona)
        may = self.whom(parent, targets)
        self._check_name(may, parent, wish.target_persona, wish.action)
        try:
            node = delegation_node(
                wish,
                world=self._world_of_child(parent.depth + 1),
                tools=self.tools,
                run=parent.run,
                path=at.key,
                within=self._account(parent),
                depth=parent.depth + 1,
            )
        except UsageError as error:
            raise Refused(f"{error.message[0].upper()}{error.message[1:]}. {error.help}") from error
        except PersonaeError as error:
            raise Refused(f"{wish.target_persona!r} cannot be started: {error.message}. {error.help}") from error
        line = _line(parent, wish.target_persona, node.task)
        return replace(node, line=line, guarded=parent.guarded)

    def _account(self, parent: Node) -> Account:
        most = self.world.project.limits.spawns
        return parent.account.within(Cap(scope=f"run:{parent.run}", whose="the run", max_spawns=most))

    def _check_depth(self, parent: Node, name: str) -> None:
        most = self.world.project.limits.most_depth
        if parent.depth >= most:
            raise Refused(f"{name!r} is not started: agents nest {most} deep at the most. Do it yourself.")

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
    tools: dict[str, Callable[..., Any]] = {}
    may, targets = targets_of(node_specs, "agent")
    if may:
        tools |= _agent_tools(spawner, targets)
    may, targets = targets_of(node_specs, "delegate")
    if may:
        tools["delegate"] = _delegate_tool(spawner, targets)
    return tools


def _agent_tools(spawner: Spawner, targets: Sequence[str] | None) -> dict[str, Callable[..., Any]]:
    async def agent(name: str, task: str) -> str:
        """Let another agent do a task; you get its last message. It sees nothing of this conversation.

        Args:
            name: Which agent, as <available_agents> lists it.
            task: Everything it has to know and do, and what it shall answer.
        """
        # Small models put quotes, commas or brackets around a name; none of these is ever part of one.
        return await spawner.spawn(calling.get(), targets, name.strip(_AROUND_A_NAME), task)

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


def _delegate_tool(spawner: Spawner, targets: Sequence[str] | None) -> Callable[..., Any]:
    async def delegate(target_persona: str, action: str, args: dict[str, Any]) -> str:
        """Let another agent perform one action, a call of one of its tools; it tells you what came of it.

        Args:
            target_persona: Which agent.
            action: The name of one of its tools.
            args: What the tool is given.
        """
        wish = Delegation(target_persona=target_persona, action=action, args=args)
        return await spawner.delegate(calling.get(), targets, wish)

    return delegate


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
    """Return who does what, the task as a digest; case, space and signs around words do not count."""
    words = " ".join(re.findall(r"\w+", task.casefold()))
    return f"{persona} {hashlib.sha256((words or task).encode()).hexdigest()[:16]}"


def _line(parent: Node, name: str, task: str) -> tuple[str, ...]:
    """Return who asked whom for what down to `parent`. Raises `Refused` where `name` has the task already."""
    line = (*parent.line, mark_of(parent.persona, parent.task or parent.user))
    if mark_of(name, task) in line:
        raise Refused(
            f"{name!r} is not started: it works on this very task already, further up. Do it yourself, or give it "
            "another task."
        )
    return line


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
