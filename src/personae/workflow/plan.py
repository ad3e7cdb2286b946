"""The plan: a graph of steps as a value. `problems` says what is wrong with one, `conduct` runs it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, TypeAlias, get_args

__all__ = [
    "DELEGATE_TASK",
    "KINDS",
    "NO_VOICES",
    "ROLES",
    "WHOLE",
    "Plan",
    "Reference",
    "Retry",
    "Step",
    "StepKind",
    "Voice",
    "Voices",
    "needs_of",
    "persona_of",
    "references",
    "unescaped",
]

StepKind = Literal["research", "writing", "code", "analysis", "coordination"]
KINDS: tuple[StepKind, ...] = get_args(StepKind)

ROLES: Mapping[StepKind, str] = {
    "research": "researcher",
    "writing": "writer",
    "code": "coder",
    "analysis": "analyst",
    "coordination": "coordinator",
}
"""The built-in persona for each kind of step. Seed 000."""

DELEGATE_TASK = "DELEGATE_TASK"
"""The action that hands one action to another persona. Seed 000."""
WHOLE = "output"
"""What `$id.output` means: all that a step answered."""

_REFERENCE = re.compile(r"(?<!\$)\$([a-z0-9][a-z0-9_-]*)\.([a-z][a-z0-9_]*)\b")
_ESCAPED = re.compile(r"\$(\$[a-z0-9][a-z0-9_-]*\.[a-z][a-z0-9_]*)\b")


@dataclass(frozen=True, slots=True)
class Reference:
    """`$step.name`: what an earlier step gave, all of it (`output`) or one of the outputs it names."""

    step: str
    name: str

    @property
    def label(self) -> str:
        """What a prompt calls it."""
        return self.step if self.name == WHOLE else f"{self.step}.{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """How often a step that failed is tried again, and how long it rests before: twice as long each time."""

    times: int = 0
    backoff_s: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One piece of work: a task that a persona does, an action that one tool does, or an action and its writing up."""

    id: str
    task: str = ""
    """What is asked; `$id.output` stands for what the step `id` gave. With an action: what to make of its result."""
    kind: StepKind | None = None
    persona: str | None = None
    """A slug; None leaves it to the action's plugin, then to `kind`."""
    action: str | None = None
    """A tool, called without a model; or `DELEGATE_TASK`."""
    args: Mapping[str, Any] = field(default_factory=dict)
    """Of the action, as plain JSON. Texts in it may be references."""
    depends_on: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    """Names of what it gives, each then to be had as `$id.NAME`."""
    needs_human: bool = False
    """Whether a person must say yes before it runs."""
    retry: Retry = field(default_factory=Retry)
    timeout_s: float | None = None
    """Wall time in seconds; None waits as long as it takes. It stands still while a person is waited for."""
    warm: bool = False
    """Whether the persona's own memory is recalled for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be done, in steps. Ready steps run at once; what they give passes along needs and references."""

    goal: str
    steps: tuple[Step, ...]
    gaps: tuple[str, ...] = ()
    """What the goal calls for and nobody here can do, in the words of who made the plan."""
    places: Mapping[str, tuple[int, int]] = field(default_factory=dict, compare=False, repr=False)
    """Field path to line and column, for a plan that was read from a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """The persona that a plugin's tools speak in."""

    plugin: str
    persona: str


Voices: TypeAlias = Mapping[str, Voice]
"""Tool to voice, for tools of plugins that carry a persona."""
NO_VOICES: Voices = MappingProxyType({})


def references(value: Any) -> tuple[Reference, ...]:
    """Return what `value` (a task, or the arguments of an action) refers to, in order, each once."""
    return tuple(dict.fromkeys(Reference(*found) for text in _texts(value) for found in _REFERENCE.findall(text)))


def unescaped(text: str) -> str:
    """Return `text` with `$$id.name` as `$id.name`, which is how one writes it where no reference is meant."""
    return _ESCAPED.sub(r"\1", text)


def needs_of(step: Step) -> tuple[str, ...]:
    """Return the steps that must be done before `step`: those it names, and those it refers to."""
    referred = (reference.step for reference in references([step.task, step.args]))
    return tuple(dict.fromkeys((*step.depends_on, *referred)))


def persona_of(step: Step, voices: Voices = NO_VOICES) -> tuple[str | None, str]:
    """Return the slug that wears `step` and why: its own, its plugin's, the role of its kind; None for a bare action.

    A step with a task that nobody wears is refused by `problems`.
    """
    if step.persona is not None:
        return step.persona, "named by the step"
    if step.action is not None and (voice := voices.get(step.action)) is not None:
        return voice.persona, f"the voice of the plugin {voice.plugin}"
    if step.kind is not None:
        return ROLES[step.kind], f"the role for steps of kind {step.kind}"
    return None, "an action that no persona speaks in"


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(item)
