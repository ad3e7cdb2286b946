"""The two tools of those who may dispatch. They start nothing: each puts one proposal in the inbox.

Nothing else makes a proposal: text that looks like one, in an answer, a page or the result of a tool, is text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from personae.library.project import Project
from personae.library.providers import parse_model
from personae.library.registry import Snapshot
from personae.persona.model import EFFORTS
from personae.run.answerer import ModelAnswerer
from personae.run.durable import Seam, idempotency_key
from personae.run.record.database import Transaction
from personae.run.record.inbox import Item, item_id, post
from personae.run.record.record import Record
from personae.run.record.runs import find_run
from personae.standing.estimate import estimate_usd
from personae.standing.proposals import Proposal, ProposalKind, Rules, problems, rules_of
from personae.tools.declared import Declared, Legs
from personae.tools.granted import Grant, Granted

__all__ = ["DISPATCHING", "LAUNCH", "SCHEDULE", "dispatching"]

LAUNCH, SCHEDULE = "launch_task", "schedule_job"
DISPATCHING: Mapping[str, Declared] = {
    # By key: the same call put in twice is one item.
    LAUNCH: Declared(effect="idempotent", legs=Legs()),
    SCHEDULE: Declared(effect="idempotent", legs=Legs()),
}
_MOST_NAMED = 32
"""Of slugs that stand in the schema of a tool: what it costs must not grow with the personas that are registered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Desk:
    """What the tools need to know."""

    record: Record
    personas: Callable[[], Snapshot]
    rules: Rules
    estimate: Callable[[Proposal], str | None]


def dispatching(
    project: Project, *, personas: Callable[[], Snapshot], models: ModelAnswerer, seam: Seam
) -> Callable[[Grant], Granted]:
    """Return what gives the tools to whoever may dispatch in `project`, and nothing to others; see `Performer.further`.

    `personas` is asked only for somebody who may: reading every file takes time.
    """
    desk = _Desk(
        record=seam.record,
        personas=personas,
        rules=rules_of(project),
        estimate=lambda proposal: estimate_usd(proposal, personas(), models, seam.prices),
    )

    def give(grant: Grant) -> Granted:
        if grant.persona is None or not grant.persona.may_dispatch:
            return Granted()
        made = {LAUNCH: _launch(desk, grant.who), SCHEDULE: _schedule(desk, grant.who)}
        _name_targets(made, desk, grant.who)
        return Granted(tools=made, declared=DISPATCHING)

    return give


def _launch(desk: _Desk, sender: str) -> Callable[..., Any]:
    async def launch_task(to: str, title: str, prompt: str, model: str | None = None, effort: str | None = None) -> str:
        """Propose a task for another persona. A person decides; nothing starts before that.

        Args:
            to: The slug of the persona that should do it.
            title: One line.
            prompt: All that it needs to know: it sees nothing else.
            model: Another model than its own.
            effort: low, medium or high, where it should not be its own.
        """
        return await _propose(desk, sender, "LAUNCH_TASK", to, title, prompt, model=model, effort=effort)

    return launch_task


def _schedule(desk: _Desk, sender: str) -> Callable[..., Any]:
    async def schedule_job(
        to: str, title: str, schedule: str, prompt: str, model: str | None = None, effort: str | None = None
    ) -> str:
        """Propose a job that another persona does again and again. A person decides; nothing starts before that.

        Args:
            to: The slug of the persona that should do it.
            title: One line.
            schedule: Five cron fields in the project's time zone, such as "0 17 * * 5" for Fridays at 17:00.
            prompt: All that it needs to know each time: it sees nothing else.
            model: Another model than its own.
            effort: low, medium or high, where it should not be its own.
        """
        return await _propose(
            desk, sender, "SCHEDULE_JOB", to, title, prompt, schedule=schedule, model=model, effort=effort
        )

    return schedule_job


async def _propose(
    desk: _Desk, sender: str, kind: ProposalKind, to: str, title: str, prompt: str, **others: str | None
) -> str:
    run, _, key = idempotency_key.get().partition("/")
    title = " ".join(title.split())
    given, left_out = _sound({name: value or None for name, value in others.items()})
    line = await desk.record.do(lambda transaction: _line(transaction, run))
    proposal = Proposal(kind=kind, sender=sender, to=to, title=title, prompt=prompt, line=(*line, sender), **given)
    found = problems(proposal, desk.personas(), desk.rules)
    if found:
        return "Not proposed: " + "; ".join(found) + "."
    proposal = _estimated(proposal, desk)
    at = desk.record.at
    item = Item(
        id=item_id(run, key),
        run=run,
        key=key,
        kind="proposal",
        persona=sender,
        title=f"{kind} {sender} -> {to}: {title}",
        body=proposal.as_json(),
        created=at,
        expires=at + desk.rules.expire_s,
    )
    standing = await desk.record.do(lambda transaction: post(transaction, item))
    without = f" without {' and '.join(left_out)}, which nobody here knows" if left_out else ""
    return f"Proposed as {standing.id}{without}. A person decides; you will not hear of it in this run."


def _sound(given: dict[str, str | None]) -> tuple[dict[str, str | None], list[str]]:
    """Leave out a model or an effort that is none: small models make them up, and the work is what matters."""
    left_out = []
    if (model := given.get("model")) and not parse_model(model).provider:
        left_out.append(f"the model {model!r}")
        given = {**given, "model": None}
    if (effort := given.get("effort")) and effort not in EFFORTS:
        left_out.append(f"the effort {effort!r}")
        given = {**given, "effort": None}
    return given, left_out


def _estimated(proposal: Proposal, desk: _Desk) -> Proposal:
    return Proposal(**{**proposal.as_json(), "line": proposal.line, "estimate_usd": desk.estimate(proposal)})


def _line(transaction: Transaction, run: str) -> tuple[str, ...]:
    """Return who proposed what led to `run`, from the first on."""
    found = find_run(transaction, run)
    return tuple(found.spec.get("line", ())) if found else ()


def _name_targets(made: Mapping[str, Callable[..., Any]], desk: _Desk, sender: str) -> None:
    """Let the schema hold the slugs it takes, where they are few: a small model cannot misspell them then."""
    probe = {"kind": "LAUNCH_TASK", "sender": sender, "title": "-", "prompt": "-", "line": (sender,)}
    known = desk.personas()
    slugs = [slug for slug in known if not problems(Proposal(to=slug, **probe), known, desk.rules)]  # type: ignore[arg-type]
    if 0 < len(slugs) <= _MOST_NAMED:
        for tool in made.values():
            tool.__annotations__["to"] = Literal[tuple(slugs)]
