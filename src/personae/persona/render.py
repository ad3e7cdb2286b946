"""A `Persona` to the text of a file that reads back as an equal one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from personae.persona.model import DEFAULT_EMOJI, DEFAULT_MAX_STEPS, MODES, Budget, Heartbeat, Home, Memory, Persona

__all__ = ["home_for", "quoted", "render", "scalar"]

# What YAML 1.1 and 1.2 both read as plain text, in a list as well; everything else is quoted.
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*(?: [A-Za-z0-9_./-]+)*")
_NOT_TEXT = frozenset(["true", "false", "yes", "no", "on", "off", "null", "y", "n", "none"])


def home_for(persona: Persona) -> Home:
    """Return where a new file of `persona` goes: where it came from, else `.agents/` with a display name and a role."""
    if persona.source is not None:
        return persona.source.home
    return Home.AGENTS if persona.display_name and persona.role else Home.PERSONAS


def render(persona: Persona, *, home: Home | None = None) -> str:
    """Return the file text of `persona`; fields at their defaults are left out.

    Without a role it goes to `personas/`, whatever `home` says: the other home requires one.
    """
    home = home or home_for(persona)
    if home is Home.AGENTS and persona.role is None:
        home = Home.PERSONAS
    lines = ["---", *_identity(persona, home), *_wishes(persona), *_limits(persona), *_display(persona), "---"]
    return "\n".join(lines) + "\n" + (f"{persona.system_prompt}\n" if persona.system_prompt else "")


def scalar(value: str | int | bool | Decimal) -> str:
    """Return `value` as a YAML scalar that every reader takes for the same thing."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, int):
        return str(value)
    if _PLAIN.fullmatch(value) and value.casefold() not in _NOT_TEXT:
        return value
    return quoted(value)


def quoted(value: str) -> str:
    """Return `value` in double quotes, as YAML and TOML read it.

    That is a JSON string, except that both want other unprintable characters escaped too.
    """
    text = json.dumps(value, ensure_ascii=False)
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else _escaped(character) for character in text)


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _identity(persona: Persona, home: Home) -> Iterator[str]:
    if home is Home.AGENTS:
        yield f"name: {scalar(persona.display_name or persona.name)}"
    else:
        yield "kind: persona"
        yield f"name: {scalar(persona.name)}"
        if persona.display_name:
            yield f"displayName: {scalar(persona.display_name)}"
    yield from _texts(persona, "role")
    if home is Home.AGENTS or persona.type != "specialist":
        yield f"type: {persona.type}"
    yield from _texts(persona, "description", "goal", "backstory")


def _wishes(persona: Persona) -> Iterator[str]:
    yield from _texts(persona, "model", "effort", "tier")
    if persona.tools is not None:
        yield f"tools: {_list(persona.tools) if persona.tools else 'none'}"
    for name in ("skills", "requires", "enhances", "opinions"):
        if items := getattr(persona, name):
            yield f"{name}: {_list(items)}"
    if tuple(persona.modes) != MODES:
        yield f"modes: {_list(persona.modes)}"
    if persona.triggers:
        yield f"triggers: {_list(persona.triggers)}"


def _limits(persona: Persona) -> Iterator[str]:
    if persona.max_steps != DEFAULT_MAX_STEPS:
        yield f"maxSteps: {persona.max_steps}"
    if persona.needs_temp_workspace:
        yield "needsTempWorkspace: true"
    if persona.can_dispatch is not None:
        yield f"canDispatch: {scalar(persona.can_dispatch)}"
    if persona.visibility != "cabinet":
        yield f"visibility: {persona.visibility}"
    if persona.heartbeats:
        yield "heartbeats:"
        for beat in persona.heartbeats:
            yield from _beat(beat)
    if persona.memory != Memory():
        yield "memory:"
        yield f"  path: {scalar(persona.memory.path)}"
        yield f"  maxLines: {persona.memory.max_lines}"
    yield from _budget(persona.budget)


def _display(persona: Persona) -> Iterator[str]:
    if persona.emoji != DEFAULT_EMOJI:
        yield f"emoji: {scalar(persona.emoji)}"
    yield from _texts(persona, "color")
    if persona.order is not None:
        yield f"order: {persona.order}"


def _beat(beat: Heartbeat) -> Iterator[str]:
    yield f"  - cron: {quoted(beat.cron)}"
    for name in ("label", "prompt", "model", "effort"):
        value = getattr(beat, name)
        if value is not None:
            yield f"    {name}: {scalar(value)}"
    if not beat.enabled:
        yield "    enabled: false"


def _budget(budget: Budget) -> Iterator[str]:
    if budget == Budget():
        return
    yield "budget:"
    if budget.daily_max_cost_usd is not None:
        yield "  daily:"
        yield f"    maxCostUsd: {scalar(budget.daily_max_cost_usd)}"
    if budget.per_run_max_cost_usd is None and budget.per_run_max_tokens is None:
        return
    yield "  perRun:"
    if budget.per_run_max_cost_usd is not None:
        yield f"    maxCostUsd: {scalar(budget.per_run_max_cost_usd)}"
    if budget.per_run_max_tokens is not None:
        yield f"    maxTokens: {budget.per_run_max_tokens}"


def _texts(persona: Persona, *names: str) -> Iterator[str]:
    for name in names:
        value = getattr(persona, name)
        if value is not None:
            yield f"{name}: {scalar(value)}"


def _list(items: Sequence[str]) -> str:
    return f"[{', '.join(scalar(item) for item in items)}]"
