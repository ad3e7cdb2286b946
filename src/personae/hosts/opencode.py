"""OpenCode 1.x: one file for both modes. Its permissions begin with a deny of all, since its default is to allow."""

from __future__ import annotations

import re

from personae.hosts.draft import Draft
from personae.hosts.fields import effort, model, note_modes, note_rest, note_tools, steps, text_of
from personae.hosts.outfit import Grant
from personae.hosts.texts import Data, as_markdown
from personae.hosts.words import AllowList, allow_list, bare, reach, targets_of
from personae.persona.model import Mode

__all__ = ["PROTECTED", "compile_opencode"]

PROTECTED = (".agents/**", "personas/**", ".personae/**", ".git/**", "personae.toml")
"""What no persona writes, here or there."""
_HEX = re.compile(r"#[0-9a-fA-F]{6}")


def compile_opencode(draft: Draft) -> None:
    """Write one agent, primary, sub-agent or both as the persona declares."""
    outfit = draft.outfit
    modes: list[Mode] = [mode for mode in ("sub-agent", "interactive") if outfit.declares(mode)]
    note_modes(draft, modes)
    if not modes:
        return
    mode = "all" if len(modes) > 1 else "subagent" if modes == ["sub-agent"] else "primary"
    keys: dict[str, Data] = {"description": outfit.description, "mode": mode}
    if word := model(draft):
        keys["model"] = word
    effort(draft)
    most = steps(draft)
    if most is not None:
        keys["steps"] = most
    color = outfit.persona.color
    if color and _HEX.fullmatch(color):
        draft.note("color", "exact", "as it is")
        keys["color"] = color
    keys["permission"] = _permission(draft, draft.grant(*modes))
    body = text_of(draft)
    note_rest(draft)
    draft.add(draft.place(f"{draft.name}.md"), as_markdown(keys, body, comments=draft.comments))


def _permission(draft: Draft, grant: Grant) -> dict[str, Data]:
    """Return the permissions; of those that fit a call the last one counts, so what is allowed stands after `*`."""
    found = _allowed(draft, grant)
    note_tools(draft, grant, found)
    permission: dict[str, Data] = {"*": "deny"}
    for name in found.names:
        if name == "edit":
            permission[name] = {"*": "allow"} | dict.fromkeys(PROTECTED, "deny")
        elif name == "read":
            permission[name] = {"*": "allow", "*.env": "ask", "*.env.*": "ask", "*.env.example": "allow"}
        elif name == "task":
            permission[name] = {"*": "deny"} | dict.fromkeys(_targets(draft, grant), "allow")
        else:
            permission[name] = "allow"
    if draft.outfit.persona.visibility == "cabinet" and "shell" not in reach(grant.words):
        draft.note("visibility", "exact", "the project without what is outside it, .agents and personas never written")
    permission["external_directory"] = "deny"
    return permission


def _allowed(draft: Draft, grant: Grant) -> AllowList:
    """Return the list, with sub-agents: here they can be named one by one."""
    found = allow_list(grant.words, draft.table, wider=draft.allows("tools"))
    if not _targets(draft, grant):
        return found
    left_out = tuple((spec, reason) for spec, reason in found.left_out if bare(spec) != "agent")
    wider = tuple((name, more) for name, more in found.wider if name != "task")
    return AllowList(names=(*(name for name in found.names if name != "task"), "task"), left_out=left_out, wider=wider)


def _targets(draft: Draft, grant: Grant) -> tuple[str, ...]:
    """Return whom the persona may start."""
    for spec in grant.words:
        if bare(spec) == "agent":
            named = targets_of(spec)
            return tuple(draft.name_of(slug) for slug in (draft.outfit.subagents if named is None else named))
    return ()
