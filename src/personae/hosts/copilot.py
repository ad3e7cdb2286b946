"""GitHub Copilot and VS Code: one file for both modes, with switches for who may call it."""

from __future__ import annotations

from personae.hosts.draft import Draft
from personae.hosts.fields import effort, list_tools, model, note_modes, note_rest, text_of
from personae.hosts.texts import Data, as_markdown
from personae.persona.model import Mode

__all__ = ["compile_copilot"]


def compile_copilot(draft: Draft) -> None:
    """Write one custom agent."""
    outfit = draft.outfit
    modes: list[Mode] = [mode for mode in ("sub-agent", "interactive") if outfit.declares(mode)]
    note_modes(draft, modes)
    if not modes:
        return
    keys: dict[str, Data] = {"name": draft.name, "description": outfit.description}
    keys["tools"] = list_tools(draft, *modes).names
    options = (("model", model(draft)), (draft.table.effort_key, effort(draft)))
    keys |= {name: word for name, word in options if word}
    keys["disable-model-invocation"] = "sub-agent" not in modes
    keys["user-invocable"] = "interactive" in modes
    keys["metadata"] = {"persona": outfit.slug}
    body = text_of(draft)
    note_rest(draft)
    draft.add(draft.place(f"{draft.name}.agent.md"), as_markdown(keys, body, comments=draft.comments))
