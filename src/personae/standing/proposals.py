"""What a lead wants started: a task or a job of somebody else, as a value, and the rules that it has to keep.

The same rules hold when it is proposed, when a person edits it, and when it is approved: who is meant may be gone by
then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any, Literal, get_args

from personae.errors import UnknownNameError, UsageError
from personae.library.project import Project
from personae.library.providers import parse_model
from personae.persona.cron import problem as cron_problem
from personae.persona.model import EFFORTS, Persona

__all__ = [
    "KINDS",
    "AutoRule",
    "Proposal",
    "ProposalKind",
    "Rules",
    "edited",
    "problems",
    "proposal_from",
    "refuse",
    "rules_of",
]

ProposalKind = Literal["LAUNCH_TASK", "SCHEDULE_JOB"]
KINDS: tuple[ProposalKind, ...] = get_args(ProposalKind)
_LONGEST_TITLE = 120
_LONGEST_PROMPT = 20_000
_EDITABLE = ("to", "title", "prompt", "model", "effort", "schedule")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One proposal. All of its text is a model's, or a person's who edited it."""

    kind: ProposalKind
    sender: str
    """Slug of who proposes it."""
    to: str
    """Slug of who would do it."""
    title: str
    prompt: str
    model: str | None = None
    effort: str | None = None
    schedule: str | None = None
    """Cron, of a job."""
    estimate_usd: str | None = None
    """What a run of it costs about, in US dollars; None where the model's price is not known."""
    cap_usd: str | None = None
    """What each run of it may cost at most, where a rule approved it."""
    line: tuple[str, ...] = ()
    """Who proposed what led to it, from the first on: its sender is the last."""

    def as_json(self) -> dict[str, Any]:
        """Return it as plain JSON, which `proposal_from` reads."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoRule:
    """`[approve.auto.NAME]`: proposals that need no person, within its caps."""

    name: str
    kind: str
    senders: tuple[str, ...]
    targets: tuple[str, ...]
    max_cost_usd: Decimal
    per_day: int

    def covers(self, proposal: Proposal) -> bool:
        """Return whether it is about such a proposal; what is not priced, or priced above its cap, it is not about."""
        if proposal.estimate_usd is None or Decimal(proposal.estimate_usd) > self.max_cost_usd:
            return False
        return (
            proposal.kind == self.kind and _among(proposal.sender, self.senders) and _among(proposal.to, self.targets)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """`[approve]` of the project file."""

    auto: tuple[AutoRule, ...] = ()
    departments: Mapping[str, Sequence[str]] = field(default_factory=dict)
    across: frozenset[tuple[str, str]] = frozenset()
    expire_s: int = 72 * 3_600
    depth: int = 3

    def departments_of(self, slug: str) -> frozenset[str]:
        """Return the departments that `slug` is in."""
        return frozenset(name for name, slugs in self.departments.items() if slug in slugs)


def rules_of(project: Project) -> Rules:
    """Return what `project` says about proposals."""
    table: Mapping[str, Any] = project.tables.get("approve", {})
    auto = [
        AutoRule(
            name=name,
            kind=rule["kind"],
            senders=tuple(rule["from"]),
            targets=tuple(rule["to"]),
            max_cost_usd=Decimal(rule["maxCostUsd"]),
            per_day=rule["perDay"],
        )
        for name, rule in table.get("auto", {}).items()
    ]
    pairs = [text.partition("->") for text in table.get("across", ())]
    return Rules(
        auto=tuple(auto),
        departments=table.get("departments", {}),
        across=frozenset((before.strip(), after.strip()) for before, _, after in pairs),
        expire_s=3_600 * table.get("expireHours", 72),
        depth=table.get("depth", 3),
    )


def proposal_from(body: Mapping[str, Any]) -> Proposal:
    """Return the proposal that was written with `as_json`."""
    return Proposal(**{**body, "line": tuple(body["line"])})


def edited(proposal: Proposal, changes: Mapping[str, str | None]) -> Proposal:
    """Return `proposal` with a person's changes. Raises `UnknownNameError` for what nobody may change."""
    for key in changes:
        if key not in _EDITABLE:
            raise UnknownNameError("part of a proposal", key, _EDITABLE)
    return Proposal(**{**asdict(proposal), **changes, "line": proposal.line})


def problems(proposal: Proposal, personas: Mapping[str, Persona], rules: Rules) -> list[str]:
    """Return everything that keeps `proposal` from being started, a sentence each."""
    return list(_problems(proposal, personas, rules))


def _problems(proposal: Proposal, personas: Mapping[str, Persona], rules: Rules) -> Iterator[str]:
    if proposal.sender not in personas or not personas[proposal.sender].may_dispatch:
        yield f"{proposal.sender} may not dispatch: it is no lead, and its canDispatch is not true"
    yield from _about_target(proposal, personas, rules)
    if not proposal.title.strip() or "\n" in proposal.title or len(proposal.title) > _LONGEST_TITLE:
        yield f"the title must be one line of at most {_LONGEST_TITLE} characters"
    if not proposal.prompt.strip() or len(proposal.prompt) > _LONGEST_PROMPT:
        yield f"the prompt must have text, and at most {_LONGEST_PROMPT:,} characters"
    if proposal.effort is not None and proposal.effort not in EFFORTS:
        yield f"effort {proposal.effort!r} is none of {', '.join(EFFORTS)}"
    if proposal.model is not None and not parse_model(proposal.model).provider:
        yield f"model {proposal.model!r} is none that any provider here has; leave it out for its own"
    if proposal.kind == "LAUNCH_TASK" and proposal.schedule is not None:
        yield "a task has no schedule"
    if proposal.kind == "SCHEDULE_JOB":
        reason = cron_problem(proposal.schedule or "")
        if reason:
            yield f"the schedule {proposal.schedule!r} is no cron expression: {reason}"


def _about_target(proposal: Proposal, personas: Mapping[str, Persona], rules: Rules) -> Iterator[str]:
    if proposal.to not in personas:
        error = UnknownNameError("persona", proposal.to, [slug for slug in personas if slug != proposal.sender])
        yield f"{error.message}. {error.help}"
        return
    if proposal.to == proposal.sender:
        yield f"{proposal.sender} cannot propose work to itself"
    elif proposal.to in proposal.line:
        yield f"a circle: {' -> '.join([*proposal.line, proposal.to])}"
    if len(proposal.line) > rules.depth:
        yield f"{len(proposal.line)} proposals that led to each other are more than the {rules.depth} allowed"
    own, others = rules.departments_of(proposal.sender), rules.departments_of(proposal.to)
    if own and others and not own & others and not any((one, other) in rules.across for one in own for other in others):
        names = f"{min(own)} -> {min(others)}"
        yield f"policy: {proposal.to} is in another department; [approve] across does not list {names!r}"


def _among(slug: str, slugs: Sequence[str]) -> bool:
    return slug in slugs or "*" in slugs


def refuse(proposal: Proposal, personas: Mapping[str, Persona], rules: Rules) -> None:
    """Raise `UsageError` with everything that keeps `proposal` from being started."""
    found = problems(proposal, personas, rules)
    if found:
        raise UsageError("; ".join(found), help="Change it with personae edit-item, or personae reject it.")
