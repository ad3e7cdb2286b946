"""From a proposal to what it starts: rules that approve, time that expires, and each approved one taken up once.

Verbs on a transaction. Whoever decides writes a decision and nothing else (`personae approve`, a page, a rule here);
whoever serves takes up what is decided.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from personae.persona.model import EFFORTS, Effort, Persona
from personae.run.record.database import Row, Transaction
from personae.run.record.inbox import Decision, Item, decide, get_item, waiting
from personae.standing.heartbeats import Recurring
from personae.standing.proposals import AutoRule, Proposal, Rules, edited, problems, proposal_from, refuse

__all__ = [
    "Dispatch",
    "approve_by_rules",
    "approved_proposal",
    "check_edit",
    "effort_of",
    "end_dispatch",
    "expire",
    "jobs",
    "open_tasks",
    "remove_job",
    "take_up",
    "task_run",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """An approved proposal that was taken up."""

    item: str
    proposal: Proposal
    who: str
    """The person or the rule that approved it."""
    at: float
    ended: float | None = None
    ending: str = ""
    """How a task ended, or who removed a job."""


def task_run(item: str) -> str:
    """Return the id of the run of a task: begun once, whoever begins it."""
    return f"task-{item}"


def check_edit(
    item: Item, changes: Mapping[str, str | None], personas: Mapping[str, Persona], rules: Rules
) -> Mapping[str, object]:
    """Return the body of a proposal as a person changed it, checked by all the rules again.

    Raises `UnknownNameError` for a part that nobody may change, `UsageError` for what would break a rule.
    """
    proposal = edited(proposal_from(item.body), changes)
    refuse(proposal, personas, rules)
    return proposal.as_json()


def approved_proposal(item: Item, decision: Decision) -> Proposal:
    """Return what was approved: as it was proposed, or as it was edited."""
    if decision.verdict == "edited":
        return proposal_from(decision.body)
    return replace(proposal_from(item.body), cap_usd=decision.body.get("cap_usd"))


def expire(transaction: Transaction, *, at: float) -> Sequence[Item]:
    """Decide what has waited too long; return it."""
    over = [item for item in waiting(transaction) if item.expires is not None and item.expires <= at]
    for item in over:
        reason = {"reason": "nobody decided in time"}
        decide(transaction, Decision(item=item.id, verdict="expired", body=reason, who="clock", at=at))
    return over


def approve_by_rules(
    transaction: Transaction, personas: Mapping[str, Persona], rules: Rules, *, zone: ZoneInfo, at: float
) -> Sequence[tuple[Item, AutoRule]]:
    """Approve the waiting proposals that a rule covers, up to its number a day; return them with their rules."""
    if not rules.auto:
        return []
    done: list[tuple[Item, AutoRule]] = []
    midnight = datetime.fromtimestamp(at, zone).replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
    for item in waiting(transaction):
        if item.kind != "proposal":
            continue
        proposal = proposal_from(item.body)
        if problems(proposal, personas, rules):
            continue
        for rule in rules.auto:
            if rule.covers(proposal) and _approved_since(transaction, rule, midnight) < rule.per_day:
                cap = {"cap_usd": str(rule.max_cost_usd)}
                decide(transaction, Decision(item=item.id, verdict="approved", body=cap, who=_who(rule), at=at))
                done.append((item, rule))
                break
    return done


def take_up(
    transaction: Transaction, personas: Mapping[str, Persona], rules: Rules, *, at: float
) -> Iterator[tuple[Item, str]]:
    """Take up each approved proposal once; yield those that cannot be started any more, with the reason."""
    rows = transaction.execute(
        """SELECT d.item, d.verdict, d.body, d.who, d.at FROM decisions AS d JOIN items AS i ON i.id = d.item
        LEFT JOIN dispatches AS t ON t.item = d.item
        WHERE i.kind = 'proposal' AND d.verdict IN ('approved', 'edited') AND t.item IS NULL ORDER BY d.at, d.item"""
    )
    for id, verdict, body, who, decided in rows:
        item = get_item(transaction, id)
        decision = Decision(item=id, verdict=verdict, body=json.loads(body), who=who, at=decided)
        late = item.expires is not None and decided > item.expires
        try:
            proposal = approved_proposal(item, decision)
            found = ["it had expired when it was approved"] if late else problems(proposal, personas, rules)
        except (TypeError, KeyError, ValueError):
            proposal, found = proposal_from(item.body), ["what was edited is no proposal"]
        reason = "; ".join(found)
        transaction.execute(
            """INSERT INTO dispatches (item, kind, persona, body, who, at, ended, ending)
            VALUES (:item, :kind, :persona, :body, :who, :at, :ended, :ending) ON CONFLICT (item) DO NOTHING""",
            {
                "item": id,
                "kind": proposal.kind,
                "persona": proposal.to,
                "body": json.dumps(proposal.as_json(), ensure_ascii=False),
                "who": who,
                "at": at,
                "ended": at if found else None,
                "ending": f"refused: {reason}" if found else "",
            },
        )
        if found:
            yield item, reason


def open_tasks(transaction: Transaction) -> Sequence[Dispatch]:
    """Return the tasks that were taken up and have not ended."""
    return _dispatches(transaction, "kind = 'LAUNCH_TASK' AND ended IS NULL")


def jobs(transaction: Transaction) -> Sequence[Recurring]:
    """Return the jobs that were taken up and not removed."""
    return [
        Recurring(
            job=one.item,
            persona=one.proposal.to,
            label=one.proposal.title,
            cron=one.proposal.schedule or "",
            prompt=one.proposal.prompt,
            model=one.proposal.model,
            effort=effort_of(one.proposal),
            cap_usd=one.proposal.cap_usd,
            line=one.proposal.line,
        )
        for one in _dispatches(transaction, "kind = 'SCHEDULE_JOB' AND ended IS NULL")
    ]


def end_dispatch(transaction: Transaction, item: str, ending: str, *, at: float) -> bool:
    """Say how a task ended; False when that is said already."""
    rows = transaction.execute(
        "UPDATE dispatches SET ended = :at, ending = :ending WHERE item = :item AND ended IS NULL RETURNING item",
        {"item": item, "ending": ending, "at": at},
    )
    return bool(rows)


def remove_job(transaction: Transaction, item: str, *, who: str, at: float) -> bool:
    """Let a job fire no more; False when there is none."""
    return end_dispatch(transaction, item, f"removed by {who}", at=at)


def effort_of(proposal: Proposal) -> Effort | None:
    """Return the effort of an approved proposal, one of the known words by the rules."""
    return next((effort for effort in EFFORTS if effort == proposal.effort), None)


def _who(rule: AutoRule) -> str:
    return f"rule {rule.name}"


def _approved_since(transaction: Transaction, rule: AutoRule, since: float) -> int:
    rows = transaction.execute(
        "SELECT COUNT(*) FROM decisions WHERE who = :who AND verdict = 'approved' AND at >= :since",
        {"who": _who(rule), "since": since},
    )
    return int(rows[0][0])


def _dispatches(transaction: Transaction, where: str) -> Sequence[Dispatch]:
    rows = transaction.execute(
        f"SELECT item, body, who, at, ended, ending FROM dispatches WHERE {where} ORDER BY at, item"
    )
    return [_dispatch(row) for row in rows]


def _dispatch(row: Row) -> Dispatch:
    item, body, who, at, ended, ending = row
    return Dispatch(item=item, proposal=proposal_from(json.loads(body)), who=who, at=at, ended=ended, ending=ending)
