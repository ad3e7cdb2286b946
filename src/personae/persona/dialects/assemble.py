"""An agent out of the values that its file states, and the places of those values."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from personae.persona.dialects.agent import ForeignAgent, Plain
from personae.persona.dialects.table import HostTable
from personae.persona.dialects.values import Value, names_in, plain

__all__ = ["Naming", "agent_from", "name_of", "places_of"]


class Naming(NamedTuple):
    """What a path makes of a file: its stem, its folder, and its place below the host's folder."""

    stem: str
    folder: str
    below: str
    """Path below the host's folder without suffix, such as `review/security`."""
    is_read: bool = True
    """Whether the host reads files at this place at all."""


def name_of(values: Mapping[str, Value], table: HostTable, naming: Naming) -> str:
    """Return what the host calls the agent."""
    by_path = naming.below if table.name_from == "path" else naming.stem
    if table.name_from == "stem":
        return by_path
    value = values.get("name")
    if value is None or (value.sort == "nothing" and table.id != "grok" and table.id != "opencode"):
        return by_path
    if value.sort == "nothing":
        return "null" if table.id == "opencode" else value.text
    return value.text


def agent_from(values: Mapping[str, Value], table: HostTable, *, prompt: str, name: str) -> ForeignAgent:
    """Return the agent that `values` state, as far as they have the right kinds."""
    denied = values.get(table.denied_key) if table.denied_key else None
    tools = values.get(table.tools_key)
    names_denied = tuple(item for item, _ in names_in(denied)) if denied is not None else ()
    used = {"description", table.tools_key, table.denied_key, table.model_key, table.effort_key}
    if table.name_from != "stem":  # else the name is a title, and says nothing of what the host calls the agent
        used |= {"name"}
    return ForeignAgent(
        host=table.id,
        name=name,
        description=_text(values.get("description")) or "",
        prompt=prompt,
        tools=_tools(tools),
        denied_tools=(*_switched_off(tools), *names_denied),
        model=_text(values.get(table.model_key)),
        effort=_text(values.get(table.effort_key)),
        extra=_extra(values, used),
    )


def _extra(values: Mapping[str, Value], used: set[str]) -> Mapping[str, Plain]:
    return MappingProxyType({name: plain(value) for name, value in values.items() if name not in used})


def _tools(value: Value | None) -> tuple[str, ...] | None:
    if value is None or value.sort == "nothing":
        return None
    if value.sort == "map":
        # Switches: what is not switched off is on, unless all is switched off first.
        on = tuple(name for name, item in value.pairs if item.text.lower() == "true")
        return on if "*" in _switched_off(value) else None
    return tuple(name for name, _ in names_in(value))


def _switched_off(value: Value | None) -> tuple[str, ...]:
    if value is None or value.sort != "map":
        return ()
    return tuple(name for name, item in value.pairs if item.text.lower() == "false")


def _text(value: Value | None) -> str | None:
    if value is None or value.sort == "nothing":
        return None
    if value.sort == "list":
        return next((item.text for item in value.items if item.text), None)
    return value.text


def places_of(values: Mapping[str, Value], prefix: str = "") -> Mapping[str, tuple[int, int]]:
    """Return where each field stands, two levels deep."""
    places: dict[str, tuple[int, int]] = {}
    for name, value in values.items():
        path = f"{prefix}{name}"
        places[path] = (value.line, value.column)
        for index, item in enumerate(value.items):
            places[f"{path}[{index}]"] = (item.line, item.column)
        for inner, item in value.pairs:
            places[f"{path}.{inner}"] = (item.line, item.column)
            for innermost, last in item.pairs:
                places[f"{path}.{inner}.{innermost}"] = (last.line, last.column)
    return MappingProxyType(places)
