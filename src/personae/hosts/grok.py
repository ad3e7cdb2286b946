"""Grok Build: an agent file, and for the main conversation a persona overlay where nothing limits the persona."""

from __future__ import annotations

from personae.hosts.draft import Draft
from personae.hosts.fields import effort, held_by_prose, note_modes, text_of
from personae.hosts.subagents import write_agent
from personae.hosts.texts import Data, as_toml
from personae.hosts.words import reach, server_of
from personae.persona.model import Mode

__all__ = ["compile_grok"]

_OVERLAYS = (".grok/personas", "~/.grok/personas")


def compile_grok(draft: Draft) -> None:
    """Write the agent, the overlay, or both."""
    outfit = draft.outfit
    overlay = outfit.declares("interactive") and _may_be_overlay(draft)
    if outfit.declares("sub-agent"):
        write_agent(draft, lambda names: _keys(draft, names))
    if overlay:
        _overlay(draft)
    written: list[Mode] = ["sub-agent"] if outfit.declares("sub-agent") else []
    draft.entries.pop("modes", None)
    note_modes(draft, [*written, *(["interactive"] if overlay else [])])  # type: ignore[list-item]


def _keys(draft: Draft, names: tuple[str, ...]) -> dict[str, Data]:
    words = draft.grant("sub-agent").words
    reached = reach(words)
    keys: dict[str, Data] = {"promptMode": "full", "tools": ", ".join(names), "injectDefaultTools": False}
    if not reached & {"write", "edit", "shell"}:
        keys["capabilityMode"] = "read-only"
    elif "shell" not in reached:
        keys["capabilityMode"] = "read-write"
    servers = [server for word in words if (server := server_of(word))]
    keys["mcpInheritance"] = {"named": servers} if servers else "none"
    return keys


def _may_be_overlay(draft: Draft) -> bool:
    """An overlay is text over the session's own agent: it carries nobody whose limits it would have to keep."""
    if not draft.outfit.declares("sub-agent"):
        return True
    return not draft.outfit.grants["interactive"].limited or draft.allows("tools")


def _overlay(draft: Draft) -> None:
    outfit = draft.outfit
    keys = {"description": outfit.description, "instructions": text_of(draft)}
    if word := effort(draft):
        keys["reasoning_effort"] = word
    if "tools" not in draft.entries:
        held_by_prose(draft, "interactive")
    draft.add(draft.place(f"{draft.name}.toml", folders=_OVERLAYS), as_toml(keys, comments=draft.comments))
