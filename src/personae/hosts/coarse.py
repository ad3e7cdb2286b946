"""Hosts that take no list of tools: Cursor, which can only be kept from writing, and Goose, which has no limits."""

from __future__ import annotations

from personae.hosts.draft import Draft
from personae.hosts.fields import effort, model, note_modes, note_rest, note_unlimited_tools, text_of
from personae.hosts.texts import Data, as_markdown
from personae.hosts.words import WORDS, reach

__all__ = ["compile_cursor", "compile_goose"]

_READS = frozenset(["list", "glob", "read", "grep", "fetch", "web_search"])
"""What is left of Cursor's tools with `readonly`."""


def compile_cursor(draft: Draft) -> None:
    """Write a sub-agent, read-only wherever that is within what the persona may."""
    if not draft.outfit.declares("sub-agent"):
        note_modes(draft, [])
        return
    grant = draft.grant("sub-agent")
    writes = {"write", "edit", "shell"} & reach(grant.words) if grant.limited else WORDS.keys()
    if writes:
        note_unlimited_tools(draft, grant, WORDS, "only readonly limits anything there")
    elif reach(grant.words) >= _READS:
        draft.note("tools", "exact", "readonly: true leaves it what it may")
    else:
        note_unlimited_tools(draft, grant, _READS, "readonly: true is its only limit")
    _write(draft, {"readonly": not writes})


def compile_goose(draft: Draft) -> None:
    """Write an agent."""
    if not draft.outfit.declares("sub-agent"):
        note_modes(draft, [])
        return
    note_unlimited_tools(draft, draft.grant("sub-agent"), WORDS, "no file limits an agent there")
    _write(draft, {})


def _write(draft: Draft, own: dict[str, Data]) -> None:
    outfit = draft.outfit
    note_modes(draft, ["sub-agent"])
    keys: dict[str, Data] = {"name": draft.name, "description": outfit.description}
    if word := model(draft):
        keys["model"] = word
    effort(draft)
    body = text_of(draft)
    note_rest(draft)
    draft.add(draft.place(f"{draft.name}.md"), as_markdown(keys | own, body, comments=draft.comments))
