"""Questions of tools where nobody sits at a terminal: put in the inbox, answered from anywhere, asked once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from personae.errors import BlockedError
from personae.run.deadline import standing_still
from personae.run.durable import idempotency_key
from personae.run.record import inbox
from personae.run.record.inbox import Decision, Item, item_id
from personae.run.record.record import Record
from personae.tools.approve import Question

__all__ = ["InboxApprove", "decided"]

_LOOK_AT_LEAST_EVERY_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxApprove:
    """Asks through the inbox. Without `wait` an undecided question stops the node, which a resumed run begins again."""

    record: Record
    wait: bool

    async def __call__(self, question: Question) -> bool:
        """Return whether a person said yes. Raises `BlockedError` for a question that nobody has answered yet."""
        run, _, call = idempotency_key.get().partition("/")
        digest = hashlib.sha256(f"{question.what}\x00{question.detail}".encode()).hexdigest()[:12]
        key = f"{call}/question.{digest}"
        item = Item(
            id=item_id(run, key),
            run=run,
            key=key,
            kind="tool",
            persona=question.who,
            title=f"{question.who} wants to {question.what}",
            body={"detail": question.detail},
            created=self.record.at,
        )
        await self.record.do(lambda transaction: inbox.post(transaction, item))
        decision = await self.record.do(lambda transaction: inbox.decision_on(transaction, item.id))
        if decision is None:
            if not self.wait:
                raise BlockedError(item.title, item=item.id)
            with standing_still():
                decision = await decided(self.record, item.id)
        return decision.verdict == "approved"


async def decided(record: Record, item: str) -> Decision:
    """Return what is decided about `item`, as soon as it is."""
    while (decision := await record.do(lambda transaction: inbox.decision_on(transaction, item))) is None:
        await record.database.changed(timeout_s=_LOOK_AT_LEAST_EVERY_S)
    return decision
