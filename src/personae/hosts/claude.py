"""Claude Code: a sub-agent file; for the main conversation an output style, or a launcher where limits must hold."""

from __future__ import annotations

from personae.hosts.draft import Draft
from personae.hosts.fields import (
    effort,
    held_by_prose,
    list_tools,
    model,
    note_launched,
    note_modes,
    note_rest,
    steps,
    text_of,
)
from personae.hosts.ledger import Entry
from personae.hosts.texts import Data, as_markdown, as_script
from personae.hosts.words import allow_list
from personae.persona.model import DEFAULT_MAX_STEPS, MODES, Mode

__all__ = ["compile_claude"]

_STYLES = (".claude/output-styles", "~/.claude/output-styles")
_LAUNCHERS = (".claude/personae", "~/.claude/personae")


def compile_claude(draft: Draft) -> None:
    """Write what Claude Code can hold of the persona."""
    outfit = draft.outfit
    modes: list[Mode] = [mode for mode in ("sub-agent", "interactive") if outfit.declares(mode)]
    note_modes(draft, modes)
    if not modes:
        return
    if _needs_launch(draft):
        _launcher(draft, modes)
        return
    if "sub-agent" in modes:
        _agent(draft)
    if "interactive" in modes:
        _interactive(draft, modes)


def _needs_launch(draft: Draft) -> bool:
    """Whether something must hold that only the command line can hold: money, an empty folder, no tool at all."""
    outfit = draft.outfit
    capped = outfit.budget.per_run_max_cost_usd is not None and not draft.allows("budget.perRun")
    alone = outfit.persona.needs_temp_workspace and not draft.allows("needsTempWorkspace")
    return capped or alone or not allow_list(draft.grant(*MODES).words, draft.table, wider=draft.allows("tools")).names


def _agent(draft: Draft) -> None:
    outfit = draft.outfit
    keys: dict[str, Data] = {"name": draft.name, "description": outfit.description}
    keys["tools"] = ", ".join(list_tools(draft, "sub-agent").names)
    keys |= {name: word for name, word in (("model", model(draft)), ("effort", effort(draft))) if word}
    most = steps(draft)
    if most is not None:
        keys["maxTurns"] = most
    if outfit.persona.color in _colors(draft):
        draft.note("color", "exact", "one of its colors")
        keys["color"] = outfit.persona.color or ""
    body = text_of(draft)
    note_rest(draft)
    draft.add(draft.place(f"{draft.name}.md"), as_markdown(keys, body, comments=draft.comments))


def _colors(draft: Draft) -> tuple[str, ...]:
    return next(key.values for key in draft.table.keys if key.name == "color")


def _interactive(draft: Draft, modes: list[Mode]) -> None:
    """An output style changes the stance and nothing else, so it carries only who has no limits to lose."""
    outfit = draft.outfit
    if outfit.grants["interactive"].limited and not draft.allows("tools"):
        if "sub-agent" in modes and outfit.persona.max_steps != DEFAULT_MAX_STEPS:
            draft.note("modes", "narrowed", "as sub-agent; nothing caps the rounds of a session of its own")
            return
        _launcher(draft, ["interactive"])
        if "sub-agent" in modes:
            reason = f"maxTurns: {outfit.persona.max_steps} as a sub-agent; in a session of its own a person is there"
            draft.entries["maxSteps"] = Entry(field="maxSteps", outcome="exact", reason=reason)
        return
    if "sub-agent" not in modes:
        text_of(draft)
        held_by_prose(draft, "interactive")
    keys: dict[str, Data] = {"name": draft.name, "description": outfit.description}
    path = draft.place(f"{draft.name}.md", folders=_STYLES)
    draft.add(path, as_markdown(keys, outfit.prompt, comments=draft.comments))


def _launcher(draft: Draft, modes: list[Mode]) -> None:
    """A script that starts Claude Code as the persona, within its limits."""
    outfit = draft.outfit
    held = _held(draft) if "sub-agent" in modes else {}
    names = list_tools(draft, *modes, empty_is_none=True).names
    command = ["claude", "--system-prompt", "$prompt", "--tools", ",".join(names), "--strict-mcp-config"]
    for flag, word in (("--model", model(draft)), ("--effort", effort(draft)), *held.items()):
        command += [flag, word] if word else [flag] if flag == "--print" else []
    if outfit.persona.needs_temp_workspace:
        draft.note("needsTempWorkspace", "exact", "the launcher makes an empty folder and deletes it")
    text_of(draft)
    if not any(artifact.path.suffix == ".md" for artifact in draft.artifacts):
        note_launched(draft)
    note_rest(draft, held=("needsTempWorkspace", *(["budget.perRun"] if held else [])))
    folder = outfit.persona.needs_temp_workspace
    text = as_script(command, {"prompt": outfit.prompt}, comments=draft.comments, in_new_folder=folder)
    draft.add(draft.place(f"{draft.name}.sh", folders=_LAUNCHERS), text, executable=True)


def _held(draft: Draft) -> dict[str, str]:
    """Return the options that cap a run, which Claude Code takes for a task that it prints the answer of."""
    budget = draft.outfit.budget
    options = {"--print": "", "--max-turns": str(steps(draft, held_by="--max-turns"))}
    if budget.per_run_max_cost_usd is not None:
        options["--max-budget-usd"] = str(budget.per_run_max_cost_usd)
        draft.note("budget.perRun", "exact", f"--max-budget-usd {budget.per_run_max_cost_usd}, in the launcher")
    if budget.per_run_max_tokens is not None:
        draft.note("budget.perRun", "widened", "Claude Code caps a run by dollars and not by tokens")
    return options
