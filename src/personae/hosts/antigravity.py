"""Google Antigravity: an agent for both modes; a skill too where nothing limits the persona, for hosts beside it."""

from __future__ import annotations

from personae.hosts.draft import Draft
from personae.hosts.fields import effort as note_effort
from personae.hosts.fields import list_tools, model, note_modes, note_rest, text_of
from personae.hosts.prose import add_skill
from personae.hosts.texts import Data, as_markdown
from personae.persona.model import Mode

__all__ = ["compile_antigravity"]


def compile_antigravity(draft: Draft) -> None:
    """Write the agent; `off` and its like are quoted, or YAML would take them for false."""
    outfit = draft.outfit
    modes: list[Mode] = [mode for mode in ("sub-agent", "interactive") if outfit.declares(mode)]
    note_modes(draft, modes)
    if not modes:
        return
    names = list_tools(draft, *modes).names
    keys: dict[str, Data] = {
        "name": draft.name,
        "description": outfit.description,
        "model": model(draft),
        "tools": names,
    }
    keys["commandExecutionPolicy"] = "sandbox" if "run_command" in names else "off"
    keys["mainAgent"] = "interactive" in modes
    keys["subagent"] = "sub-agent" in modes
    note_effort(draft)
    body = text_of(draft)
    note_rest(draft)
    draft.add(draft.place(f"{draft.name}.md"), as_markdown(keys, body, comments=draft.comments))
    if outfit.declares("interactive") and not draft.grant(*modes).limited:
        add_skill(draft)
