"""A node: one task of one persona, as plain data, and how it ended. All that a run needs to go on anywhere else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from pydantic_ai.messages import ModelMessage

from personae.adopt.adoption import Adoption
from personae.errors import (
    BlockedError,
    ModelAnswerError,
    ModelError,
    PersonaeError,
    StoppedError,
    StopReason,
)
from personae.library.project import Project
from personae.library.tiers import ModelBinding
from personae.persona.model import DEFAULT_MAX_STEPS, Mode
from personae.run.record.ledger import Account, Cap, caps_of, nanos
from personae.run.snapshot import PersonaSnapshot, freeze

__all__ = ["NOBODY", "Node", "Outcome", "node_from", "node_of", "outcome_from", "project_account"]

NOBODY = Account()
"""An account without scopes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """What one persona is asked, exactly. It is a snapshot: a file that is edited meanwhile changes nothing in it."""

    run: str
    path: str
    """Its name in the run, and the beginning of its keys in the journal: a step's id, or the call that made a child."""
    persona: str
    """The slug, or `brain`."""
    snapshot: PersonaSnapshot | None = None
    """The persona whole, from which its tools are made again elsewhere; None for the brain."""
    mode: Mode = "sub-agent"
    system: str
    user: str
    model: ModelBinding
    tools: tuple[str, ...] = ()
    """Granted, as the persona spells them."""
    skills: tuple[str, ...] = ()
    action: str = ""
    """A tool that is called before any model is asked; without a `user` it is all there is to do."""
    args: Mapping[str, Any] = field(default_factory=dict)
    """Of the action."""
    outputs: tuple[str, ...] = ()
    """Names of what the answer must give, each a text."""
    timeout_s: float | None = None
    retries: int = 0
    """How often it is tried again after an error."""
    backoff_s: float = 1.0
    """The rest before the first retry, doubled for each next."""
    max_steps: int = DEFAULT_MAX_STEPS
    account: Account = field(default_factory=Account)
    depth: int = 0
    """0 for a step, 1 for its child."""
    line: tuple[str, ...] = ()
    """Who asked whom for what, from the root down to its parent, each as a digest of persona and task."""
    task: str = ""
    """The task alone, where `user` may hold more."""
    guarded: bool = False
    """Whether a person has to see each call that carries data out, before it is made; its children are alike."""
    because: tuple[str, ...] = ()
    """Why this persona, this model, these tools."""

    def key(self, *parts: object) -> str:
        """Return a key of the journal within this node."""
        return "/".join([self.path, *map(str, parts)])

    def as_json(self) -> dict[str, Any]:
        """Return it as plain JSON, which `node_from` reads."""
        body: dict[str, Any] = _adapter(Node).dump_python(self, mode="json")
        return body


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a node ended. Only `done` is success."""

    reason: StopReason
    text: str = ""
    """The answer; of a node that was stopped, what there is of one."""
    error: str = ""
    help: str = ""
    item: str = ""
    """What waits in the inbox, for `blocked`."""
    outputs: Mapping[str, Any] = field(default_factory=dict)
    """What the node names of its answer, as plain JSON."""
    input_tokens: int = 0
    output_tokens: int = 0
    usd_nanos: int = 0
    requests: int = 0
    exhausted: bool = False
    """Whether the text is a closing answer of one that ran out of rounds."""
    messages: Sequence[ModelMessage] = field(default=(), repr=False, compare=False)
    """The conversation with this answer at its end; only where it was made in this process."""

    @property
    def done(self) -> bool:
        """Whether there is an answer that counts."""
        return self.reason == "done"

    def as_json(self) -> dict[str, Any]:
        """Return it as plain JSON, which `outcome_from` reads; without the conversation, which the journal has."""
        return {name: getattr(self, name) for name in _TOLD}

    def error_of(self) -> PersonaeError:
        """Return what to raise where only an answer will do."""
        match self.reason:
            case "error":
                return ModelError(self.error, help=self.help)
            case "empty":
                return ModelAnswerError(self.error, help=self.help)
            case "blocked":
                return BlockedError(self.error, item=self.item, help=self.help)
            case _:
                return StoppedError(self.error, reason=self.reason, help=self.help)


_TOLD = tuple(one.name for one in fields(Outcome) if one.name != "messages")


def node_of(
    adoption: Adoption, *, run: str, path: str, within: Account = NOBODY, depth: int = 0, per_run: str | None = None
) -> Node:
    """Return the node that `adoption` makes. Its persona's caps come on top of those of `within`.

    `per_run` names what its caps for one run are for, where that is more than this node: all turns of a conversation.
    """
    persona, limits = adoption.persona, adoption.limits
    own = caps_of(adoption.slug, limits.budget, node=per_run or f"{run}/{path}")
    return Node(
        run=run,
        path=path,
        persona=adoption.slug,
        snapshot=freeze(persona) if persona else None,
        mode=adoption.mode,
        system=adoption.prompt.system_text,
        user=adoption.prompt.user_text,
        model=adoption.model,
        tools=adoption.tools.granted,
        skills=tuple(skill.slug for skill in adoption.skills if skill.present),
        max_steps=limits.max_steps,
        account=within.within(*own),
        depth=depth,
        because=(f"{adoption.model.name}: {adoption.model.because}", f"tools: {adoption.tools.because}"),
    )


def project_account(project: Project) -> Account:
    """Return the account that everything in `project` is charged to: `[project] budget` caps its day."""
    daily = project.budget.daily_max_cost_usd
    cap = Cap(
        scope="project", whose="the project today", daily=True, max_usd_nanos=None if daily is None else nanos(daily)
    )
    return Account(caps=(cap,))


def node_from(body: Mapping[str, Any]) -> Node:
    """Return the node that was written with `as_json`."""
    return _adapter(Node).validate_python(body)


def outcome_from(body: Mapping[str, Any]) -> Outcome:
    """Return the outcome that was written with `as_json`."""
    return Outcome(**{name: value for name, value in body.items() if name != "given_by"})


@cache
def _adapter(kind: type[Node]) -> TypeAdapter[Node]:
    return TypeAdapter(kind)
