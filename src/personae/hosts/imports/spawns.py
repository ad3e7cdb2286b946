"""Whom imported personas may call: names of the files they came from, settled to slugs that exist."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from personae.hosts.imports.account import Change, Imported
from personae.persona import slug as slugs
from personae.persona.model import Persona
from personae.persona.render import render
from personae.persona.rules import spawn_targets

__all__ = ["settled"]


def settled(items: Sequence[Imported], known: Collection[str]) -> list[Imported]:
    """Return `items` with each name in `agent(…)` that is nobody's here, in `items` or in `known`, left out."""
    here = {item.slug for item in items if item.status == "imported"}
    titles = {
        slugs.suggest(item.persona.display_name): item.slug
        for item in items
        if item.status == "imported" and item.persona is not None and item.persona.display_name
    }
    return [_settled(item, here.union(known), titles) for item in items]


def _settled(item: Imported, here: Collection[str], titles: Mapping[str, str]) -> Imported:
    if item.persona is None or not any("(" in tool for tool in item.persona.tools or ()):
        return item
    tools: list[str] = []
    changes: list[Change] = []
    for tool in item.persona.tools or ():
        name, targets = spawn_targets(tool) or (tool, None)
        if targets is None:
            tools.append(tool)
            continue
        found = [target if target in here else titles.get(target, "") for target in targets]
        kept = [target for target in dict.fromkeys(found) if target]
        changes += [
            Change(field="tools", fate="narrowed", was=f"{name}({target})", because="there is no persona of that name")
            for target, slug in zip(targets, found, strict=True)
            if not slug
        ]
        if kept:
            tools.append(f"{name}({', '.join(kept)})")
    return _with_tools(item, item.persona, tuple(tools), changes)


def _with_tools(item: Imported, persona: Persona, tools: tuple[str, ...], changes: Sequence[Change]) -> Imported:
    if tools == persona.tools:
        return item
    persona = replace(persona, tools=tools)
    return replace(item, persona=persona, text=render(persona, home=item.home), changes=(*item.changes, *changes))
