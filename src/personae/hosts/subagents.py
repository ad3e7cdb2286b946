"""Hosts that read one markdown file per sub-agent and differ in a few keys: Gemini CLI, Qwen Code, Kiro, Factory."""

from __future__ import annotations

import re
from collections.abc import Callable

from personae.hosts.draft import Draft
from personae.hosts.fields import effort, list_tools, model, note_modes, note_rest, steps, text_of
from personae.hosts.texts import Data, as_markdown

__all__ = ["compile_factory", "compile_gemini", "compile_kiro", "compile_qwen", "without_inputs", "write_agent"]

_INPUT = re.compile(r"\$\{(?=\w+\})")


def compile_gemini(draft: Draft) -> None:
    """Write a local agent. An unknown key would cost the whole file."""

    def keys(names: tuple[str, ...]) -> dict[str, Data]:
        return {"kind": "local", "tools": names}

    write_agent(draft, keys, body=_body)


def without_inputs(text: str) -> str:
    """Return `text` without `${name}`: the CLI takes that for an input of the agent, and fails where it has none."""
    return _INPUT.sub(r"$\\{", text)


def _body(draft: Draft, text: str) -> str:
    if _INPUT.search(text):
        draft.note(
            "stance", "narrowed", r"${name} is written $\{name}: Gemini CLI would take it for an input, and fail"
        )
    return without_inputs(text)


def compile_qwen(draft: Draft) -> None:
    """Write a sub-agent that asks before it acts: without approvalMode it would edit unasked in a trusted folder."""

    def keys(names: tuple[str, ...]) -> dict[str, Data]:
        return {"approvalMode": "default", "tools": names}

    write_agent(draft, keys)


def compile_kiro(draft: Draft) -> None:
    """Write a custom agent; its id is the file's path."""

    def keys(names: tuple[str, ...]) -> dict[str, Data]:
        return {"tools": names, "includeMcpJson": any(name.startswith("@") for name in names)}

    write_agent(draft, keys)


def compile_factory(draft: Draft) -> None:
    """Write a droid."""

    def keys(names: tuple[str, ...]) -> dict[str, Data]:
        return {"tools": names}

    write_agent(draft, keys)


def write_agent(
    draft: Draft,
    keys_for: Callable[[tuple[str, ...]], dict[str, Data]],
    *,
    body: Callable[[Draft, str], str] = lambda draft, text: text,
) -> None:
    """Write `<slug>.md` for a host that has only sub-agents; `keys_for` makes its own keys of the tools."""
    outfit, table = draft.outfit, draft.table
    if not outfit.declares("sub-agent"):
        note_modes(draft, [])
        return
    note_modes(draft, ["sub-agent"])
    keys: dict[str, Data] = {"name": draft.name, "description": outfit.description}
    keys |= keys_for(list_tools(draft, "sub-agent").names)
    options = ((table.model_key, model(draft)), (table.effort_key, effort(draft)))
    keys |= {name: word for name, word in options if name and word}
    most = steps(draft)
    if most is not None:
        keys[table.turns_key] = most
    text = body(draft, text_of(draft))
    note_rest(draft)
    draft.add(draft.place(f"{draft.name}.md"), as_markdown(keys, text, comments=draft.comments))
