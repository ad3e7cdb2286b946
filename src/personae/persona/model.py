"""The persona value and its parts. It knows what a persona is, not where one comes from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import InitVar, dataclass, field
from decimal import Decimal
from enum import Enum
from types import NoneType
from typing import Literal, get_args

from personae.errors import Diagnostic, InvalidPersonaError
from personae.persona import rules
from personae.persona.patterns import lazy

__all__ = [
    "DEFAULT_EMOJI",
    "DEFAULT_MAX_STEPS",
    "EFFORTS",
    "MODES",
    "TIERS",
    "TYPES",
    "VISIBILITIES",
    "Budget",
    "Effort",
    "Heartbeat",
    "Home",
    "Memory",
    "Mode",
    "Persona",
    "PersonaType",
    "Source",
    "Tier",
    "Visibility",
]

PersonaType = Literal["lead", "specialist"]
Effort = Literal["low", "medium", "high", "xhigh", "max"]
Tier = Literal["T0", "T1", "T2", "T3", "T4"]
Mode = Literal["interactive", "sub-agent", "loop", "goal"]
Visibility = Literal["folder", "cabinet", "all"]

TYPES: tuple[PersonaType, ...] = get_args(PersonaType)
EFFORTS: tuple[Effort, ...] = get_args(Effort)
TIERS: tuple[Tier, ...] = get_args(Tier)
MODES: tuple[Mode, ...] = get_args(Mode)
VISIBILITIES: tuple[Visibility, ...] = get_args(Visibility)

DEFAULT_EMOJI = "🤖"
DEFAULT_MAX_STEPS = 20

_TEXTS = ("display_name", "role", "description", "goal", "backstory", "model", "color")
_LISTS = ("skills", "requires", "enhances", "opinions", "modes", "triggers", "heartbeats")
_LEADING_BLANK_LINES = lazy(r"\A(?:[^\S\n]*\n)+")


class Home(Enum):
    """Where a persona file lives; the two homes differ in what they require and default."""

    AGENTS = "agents"
    """`.agents/<slug>/persona.md`: seed 004's; the slug is the folder."""
    PERSONAS = "personas"
    """`personas/<slug>.md` with `kind: persona`: seeds 002 and 003's; the slug is the file's stem."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a persona was read from. Not part of its identity."""

    file: str
    """The path as it was found, `/` between parts."""
    home: Home
    layer: Literal["built-in", "user", "project"] = "project"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """A recurring beat. Seed 004, `heartbeats[]`."""

    cron: str
    """Five fields, in the time zone of the project."""
    prompt: str
    label: str | None = None
    """None derives one from `cron`."""
    model: str | None = None
    effort: Effort | None = None
    enabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Where long-term notes are kept. Seed 004, `memory`."""

    path: str = "memory.md"
    """Relative to the persona's own folder, and never outside it."""
    max_lines: int = 2000
    """Past this a compaction is proposed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Hard caps, reserved before spending. None inherits the project's. Seed 004, `budget`."""

    daily_max_cost_usd: Decimal | None = None
    per_run_max_cost_usd: Decimal | None = None
    per_run_max_tokens: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Persona:
    """What kind of agent this is: who it is, how it thinks, what it may touch and spend, when it wakes.

    A value that exists is valid: the constructor raises `InvalidPersonaError` with every problem at once.
    Lists become tuples, so that equal personas are equal and may be keys.
    Text fields lose surrounding white space; `system_prompt` loses blank lines around it and keeps all else.
    `personas=["researcher"]` is short for the tools entry `agent(researcher)`.
    """

    name: str
    """The slug."""
    display_name: str | None = None
    role: str | None = None
    type: PersonaType = "specialist"
    description: str | None = None
    goal: str | None = None
    backstory: str | None = None
    system_prompt: str | None = None
    """The stance, sent verbatim; None when identity is `role`, `goal` and `backstory`."""
    model: str | None = None
    effort: Effort | None = None
    """None leaves it to the tier, then to `medium`."""
    tier: Tier | None = None
    tools: Sequence[str] | None = None
    """None is the project's defaults, `()` is none at all."""
    skills: Sequence[str] = ()
    requires: Sequence[str] = ()
    enhances: Sequence[str] = ()
    opinions: Sequence[str] = ()
    modes: Sequence[Mode] = MODES
    triggers: Sequence[str] = ()
    max_steps: int = DEFAULT_MAX_STEPS
    """Rounds of one task."""
    needs_temp_workspace: bool = False
    can_dispatch: bool | None = None
    """None is yes for leads and no for specialists."""
    visibility: Visibility = "cabinet"
    heartbeats: Sequence[Heartbeat] = ()
    memory: Memory = Memory()
    budget: Budget = Budget()
    emoji: str = DEFAULT_EMOJI
    color: str | None = None
    order: int | None = None
    source: Source | None = field(default=None, compare=False, repr=False)
    personas: InitVar[Sequence[str]] = ()

    def __post_init__(self, personas: Sequence[str]) -> None:
        """Bring the parts into their one form, then refuse what cannot be a persona."""
        wrong = [*rules.wrong_types(self), *_wrong_parts(self, personas)]
        if wrong:
            raise InvalidPersonaError(self.name, wrong)
        for name in _TEXTS:
            text = getattr(self, name)
            if text is not None:
                object.__setattr__(self, name, text.strip() or None)
        for name in _LISTS:
            items = getattr(self, name)
            if items.__class__ is list:
                object.__setattr__(self, name, tuple(items))
        if self.system_prompt is not None:
            object.__setattr__(self, "system_prompt", _stance(self.system_prompt))
        if self.display_name == self.name:
            object.__setattr__(self, "display_name", None)
        if self.tools is not None or personas:
            spawn = [f"agent({', '.join(dict.fromkeys(personas))})"] if personas else []
            object.__setattr__(self, "tools", (*(self.tools or ()), *spawn))
        problems = rules.problems(self)
        if problems:
            raise InvalidPersonaError(self.name, problems)
        # Only now: a rule names an entry by the place it was written at.
        if self.tools:
            object.__setattr__(self, "tools", tuple(dict.fromkeys(self.tools)))
        if self.modes != MODES:
            object.__setattr__(self, "modes", _in_order(self.modes))

    @property
    def may_dispatch(self) -> bool:
        """Whether it may propose work to others: as said, else leads only."""
        return self.type == "lead" if self.can_dispatch is None else self.can_dispatch


_PARTS: dict[type, dict[str, tuple[type, ...]]] = {
    Heartbeat: {
        "cron": (str,),
        "prompt": (str,),
        "label": (str, NoneType),
        "model": (str, NoneType),
        "effort": (str, NoneType),
        "enabled": (bool,),
    },
    Memory: {"path": (str,), "max_lines": (int,)},
    Budget: {
        "daily_max_cost_usd": (Decimal, int, NoneType),
        "per_run_max_cost_usd": (Decimal, int, NoneType),
        "per_run_max_tokens": (int, NoneType),
    },
}


def _wrong_parts(persona: Persona, personas: object) -> Iterator[Diagnostic]:
    """Say which nested values are of another type than theirs, as `rules.wrong_types` does for the plain ones."""
    parts: list[tuple[str, object, type]] = [("memory", persona.memory, Memory), ("budget", persona.budget, Budget)]
    beats: object = persona.heartbeats
    if isinstance(beats, (list, tuple)):
        parts += [(f"heartbeats[{index}]", beat, Heartbeat) for index, beat in enumerate(beats)]
    else:
        yield rules.wrong_type("heartbeats", beats, "a list of Heartbeat")
    if isinstance(personas, str):
        yield rules.wrong_type("personas", personas, "a list of texts")
    for field_path, part, wanted in parts:
        if type(part) is not wanted:
            yield rules.wrong_type(field_path, part, wanted.__name__)
            continue
        for name, allowed in _PARTS[wanted].items():
            value = getattr(part, name)
            if type(value) not in allowed:
                expected = " or ".join("None" if item is NoneType else item.__name__ for item in allowed)
                yield rules.wrong_type(f"{field_path}.{name}", value, expected)


def _stance(text: str) -> str | None:
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _LEADING_BLANK_LINES.sub("", text).rstrip() or None


def _in_order(modes: Sequence[Mode]) -> tuple[Mode, ...]:
    """Order and repetition of modes carry no meaning; one form makes equal personas compare equal."""
    return tuple(mode for mode in MODES if mode in modes)
