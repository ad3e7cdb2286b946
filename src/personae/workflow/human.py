"""A person's say over a step: asked once under an id that a restart finds again, waited for, and put into effect."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from personae.run.act import named_outputs
from personae.run.node import Node, Outcome
from personae.run.record import inbox, journal
from personae.run.record.database import Transaction
from personae.run.record.inbox import Decision, Item, item_id
from personae.run.record.record import Record
from personae.workflow.plan import DELEGATE_TASK, Step

__all__ = ["Human", "held_key", "hold"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Human:
    """Asks through the inbox."""

    record: Record

    async def ask(self, step: Step, node: Node) -> Item:
        """Put the question whether `step` may run in the inbox, or return the one that stands there."""
        key = node.key("human")
        body: dict[str, Any] = {"step": step.id, "task": step.task}
        if node.action:
            body |= {"action": node.action, "args": dict(node.args)}
        item = Item(
            id=item_id(node.run, key),
            run=node.run,
            key=key,
            kind="step",
            persona=node.persona,
            title=f"may the step {step.id} run?",
            body={**body, "prompt": node.user},
            created=self.record.at,
        )
        return await self.record.do(lambda transaction: inbox.post(transaction, item))

    async def decision(self, item: str) -> Decision | None:
        """Return what was decided, if anything was."""
        return await self.record.do(lambda transaction: inbox.decision_on(transaction, item))

    def edited(self, step: Step, decision: Decision) -> Step:
        """Return `step` as a person changed it."""
        task = str(decision.body.get("task", step.task))
        args = decision.body.get("args")
        if args is None:
            return replace(step, task=task)
        # Of a delegated action a person sees, and changes, what its target does.
        return replace(step, task=task, args={**step.args, "args": args} if step.action == DELEGATE_TASK else args)

    async def give(self, node: Node, decision: Decision) -> Outcome:
        """Make the result that a person gave the end of `node`. Raises `ToolFailedError` where it lacks an output."""
        text = str(decision.body["result"])
        outputs = named_outputs(decision.who, node.outputs, _value(text)) if node.outputs else {}
        outcome = Outcome(reason="done", text=text, outputs=outputs)
        entry = journal.Entry(
            run=node.run,
            key=node.key("end"),
            kind="end",
            body={**outcome.as_json(), "given_by": decision.who},
            at=self.record.at,
        )
        await self.record.do(lambda transaction: journal.add(transaction, entry))
        return outcome


def held_key(step: str) -> str:
    """Return the key under which it is noted that a person wants to be asked before `step` runs."""
    return f"{step}/held"


def hold(transaction: Transaction, run: str, step: str, *, who: str, at: float) -> bool:
    """Have a person asked before `step` of `run` runs; False when it has begun already."""
    if journal.find(transaction, run, f"{step}/start") or journal.find(transaction, run, f"{step}/end"):
        return False
    journal.add(transaction, journal.Entry(run=run, key=held_key(step), kind="note", body={"who": who}, at=at))
    return True


def _value(text: str) -> Any:
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, Mapping) else text
