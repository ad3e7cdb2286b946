"""What becomes of each field on a host, as far as the host's table tells: the notes that all hosts share."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from personae.hosts.companions import hook_file
from personae.hosts.draft import Draft
from personae.hosts.outfit import Grant
from personae.hosts.words import HARMLESS, WORDS, AllowList, allow_list, names_of, reach
from personae.library.tiers import read_model
from personae.persona.dialects.hosts import HOSTS
from personae.persona.model import DEFAULT_EMOJI, DEFAULT_MAX_STEPS, MODES, Memory, Mode

__all__ = [
    "effort",
    "held_by_prose",
    "list_tools",
    "model",
    "note_launched",
    "note_modes",
    "note_rest",
    "note_tools",
    "note_unlimited_tools",
    "steps",
    "text_of",
]


def list_tools(draft: Draft, *modes: Mode, empty_is_none: bool = False) -> AllowList:
    """Return the host's allow-list for the tools granted in `modes`, and note what became of them.

    `empty_is_none` says that an empty list gives no tools where it goes, whatever the table says of files.
    """
    grant = draft.grant(*modes)
    found = allow_list(grant.words, draft.table, wider=draft.allows("tools"))
    note_tools(draft, grant, found)
    if not found.names and draft.table.tools.empty != "none" and not empty_is_none:
        draft.faults.append(f"no tool is left, and {draft.table.title} cannot be told to give none")
    return found


def note_tools(draft: Draft, grant: Grant, found: AllowList) -> None:
    """Note what `found` keeps of `grant`."""
    if found.wider:
        draft.note("tools", "widened", "; ".join(f"{name} {more}" for name, more in found.wider))
    elif found.left_out:
        draft.note(
            "tools", "narrowed", f"left out: {_listed(found.left_out)}{_cross_reads(draft) if grant.limited else ''}"
        )
    elif grant.limited:
        draft.note("tools", "exact", f"its own list of tools, enforced by the host{_cross_reads(draft)}")
    else:
        draft.note("tools", "narrowed", "nobody limits them here; the list holds what personae would give")


def _cross_reads(draft: Draft) -> str:
    """Say who else reads the folder and keeps no list: nothing in a file of this host can prevent it."""
    others = [HOSTS[host].title for host in draft.table.read_by if not HOSTS[host].tools.by_capability]
    return f"; {_and(others)} reads this folder too, and would not keep it" if others else ""


def note_launched(draft: Draft) -> None:
    """Note what a launcher has no use for."""
    draft.note("description", "dropped", "who runs the launcher has chosen already")
    if draft.outfit.persona.triggers:
        draft.note("triggers", "dropped", "who runs the launcher has chosen already")


def note_unlimited_tools(draft: Draft, grant: Grant, everything: Collection[str], help: str) -> bool:
    """Note the tools on a host that gives `everything` to each agent; return whether that may be written."""
    if not grant.limited:
        draft.note("tools", "exact", f"nobody limits them, and {draft.table.title} gives what the session has")
        return True
    extra = [word for word in WORDS if word in set(everything) - reach(grant.words) - HARMLESS]
    if not extra:
        draft.note("tools", "exact", "it may use all that the host gives")
        return True
    draft.note("tools", "widened", f"{draft.table.title} would give it {', '.join(extra)} too; {help}")
    return draft.allows("tools")


def held_by_prose(draft: Draft, mode: Mode) -> bool:
    """Return whether a file that only holds prose may carry the persona, and note its limits: prose keeps none."""
    title = draft.table.title
    if draft.grant(mode).limited:
        draft.note("tools", "advisory", f"{title} lets no text take tools away from the session")
    else:
        draft.note("tools", "exact", f"nobody limits them, and {title} gives what the session has")
    model(draft)
    effort(draft)
    note_rest(draft)
    return not draft.ledger.refused(draft.allowed)


def model(draft: Draft) -> str:
    """Return the host's word for the model, empty where the file should say nothing, and note model and tier."""
    outfit, table = draft.outfit, draft.table
    inherit = table.models.get("inherit", "")
    if outfit.model:
        named = _concrete(draft, outfit.model)
        if named:
            draft.note("model", "exact", f"{outfit.model} is {named} there")
            if outfit.persona.tier:
                draft.note("tier", "exact", "the model is named")
            return named
        draft.note("model", "dropped", f"{table.title} cannot be told {outfit.model}; its session's model answers")
    size = outfit.size
    if size is None:
        return inherit
    word = table.models.get(size)
    if word:
        draft.note("tier", "exact", f"a {size} model is {word} there, as of {table.verified}")
        return word
    draft.note("tier", "dropped", f"{table.title} has no word for a {size} model; its session's model answers")
    return inherit


def _concrete(draft: Draft, wish: str) -> str:
    table = draft.table
    if wish in table.models.values():
        return wish
    read = read_model(wish)
    return table.providers.get(read.provider, "").format(model=read.model)


def effort(draft: Draft) -> str:
    """Return the host's word for the effort, empty where the file should say nothing, and note it."""
    wish, table = draft.outfit.effort, draft.table
    if wish is None:
        return ""
    if not table.effort_key:
        draft.note("effort", "dropped", f"{table.title} takes no effort per agent")
        return ""
    if wish in table.efforts:
        draft.note("effort", "exact", f"{table.effort_key}: {wish}")
        return wish
    highest = table.efforts[-1]
    draft.note("effort", "narrowed", f"{highest} is the most that {table.title} takes")
    return highest


def steps(draft: Draft, *, held_by: str = "") -> int | None:
    """Return the limit of rounds where the host takes one, and note it. `held_by` is what else holds it."""
    most, key = draft.outfit.persona.max_steps, held_by or draft.table.turns_key
    if key:
        draft.note("maxSteps", "exact", f"{key}: {most}")
        return most
    if most == DEFAULT_MAX_STEPS:
        draft.note("maxSteps", "dropped", f"{draft.table.title} has no limit of rounds; the persona asks for none")
    else:
        draft.note("maxSteps", "widened", f"{draft.table.title} has no limit of rounds, and the persona has {most}")
    return None


def note_modes(draft: Draft, written: Sequence[Mode]) -> None:
    """Note which of the declared modes the host carries."""
    rest = [mode for mode in MODES if draft.outfit.declares(mode) and mode not in written]
    if not rest:
        draft.note("modes", "exact", f"as {_and(written)}, and as nothing else")
    elif written:
        draft.note("modes", "narrowed", f"as {_and(written)} there; {_and(rest)} only with personae")
    else:
        draft.note("modes", "narrowed", f"nothing is written; {_and(rest)} only with personae")


def text_of(draft: Draft) -> str:
    """Return the prompt, and note it."""
    persona, prompt, most = draft.outfit.persona, draft.outfit.prompt, draft.table.body_most
    draft.note("stance", "exact", "verbatim" if persona.system_prompt else "role, goal and backstory put together")
    if most is not None and len(prompt) > most:
        draft.faults.append(f"the prompt has {len(prompt):,} characters, and {draft.table.title} takes {most:,}")
    return prompt


def note_rest(draft: Draft, *, held: Collection[str] = ()) -> None:
    """Note every field that is set and not yet noted; `held` are limits that a launcher holds."""
    _note_names(draft)
    _note_wishes(draft)
    _note_limits(draft, held)
    if draft.outfit.persona.heartbeats:
        draft.note("heartbeats", "dropped", f"{draft.table.title} wakes nobody; personae serve does")
    _note_memory(draft)


def _note_memory(draft: Draft) -> None:
    """A sub-agent starts cold anywhere; only a session of its own has memory beneath."""
    if draft.outfit.declares("interactive"):
        if hook_file(draft.table.id):
            draft.note("memory", "advisory", "personae install adds a hook that recalls it when a session starts")
        else:
            draft.note("memory", "dropped", f"{draft.table.title} gets no hook of ours; it stays with personae")
    elif draft.outfit.persona.memory != Memory():
        draft.note("memory", "dropped", "a sub-agent starts without memory; it stays with personae")


def _note_names(draft: Draft) -> None:
    persona, title = draft.outfit.persona, draft.table.title
    if draft.name == persona.name:
        _once(draft, "name", "exact", persona.name)
    else:
        draft.note("name", "narrowed", f"{draft.name}, since {title} has an agent {persona.name} of its own")
    _once(draft, "description", "exact", "what the host routes by")
    if persona.triggers:
        _once(draft, "triggers", "exact", "in the description, by which the host routes")
    shown = {
        "displayName": persona.display_name,
        "emoji": persona.emoji if persona.emoji != DEFAULT_EMOJI else None,
        "color": persona.color,
        "order": persona.order,
    }
    for name, value in shown.items():
        if value is not None:
            _once(draft, name, "dropped", f"{title} shows its agents in its own way")
    if persona.role and persona.system_prompt:
        _once(draft, "role", "dropped", f"{title} has one line for an agent, the description")
    if persona.type == "lead":
        _once(draft, "type", "dropped", f"{title} knows no leads")


def _note_wishes(draft: Draft) -> None:
    outfit, title = draft.outfit, draft.table.title
    persona = outfit.persona
    if persona.opinions:
        _once(draft, "opinions", "exact", "folded into the prompt as they are today")
    if persona.skills:
        lost = [skill.slug for skill in outfit.skills if not skill.present]
        because = f"; not here: {', '.join(lost)}" if lost else ""
        _once(draft, "skills", "advisory", f"their files are named in the prompt{because}")
    if persona.requires and "requires" not in draft.entries:
        missing = [name for name in persona.requires if not _has(draft, name)]
        if missing:
            draft.note("requires", "dropped", f"{title} has no {', '.join(missing)}")
            draft.faults.append(f"it requires {', '.join(missing)}, which {title} does not have")
        else:
            _once(draft, "requires", "exact", "the host has them")
    if persona.enhances:
        absent = [item.name for item in outfit.capabilities if not item.present]
        if absent:
            _once(draft, "enhances", "narrowed", f"not here: {', '.join(absent)}")
        else:
            _once(
                draft, "enhances", "exact", "named in the prompt; their tools are in the list where the host has them"
            )


def _has(draft: Draft, tool: str) -> bool:
    return bool(names_of(draft.table.tools, tool))


def _note_limits(draft: Draft, held: Collection[str]) -> None:
    outfit, title = draft.outfit, draft.table.title
    persona = outfit.persona
    if "maxSteps" not in draft.entries:
        steps(draft)
    if persona.needs_temp_workspace and "needsTempWorkspace" not in held:
        draft.note("needsTempWorkspace", "widened", f"{title} lets it work in the project, not in an empty folder")
    budget = outfit.budget
    if budget.daily_max_cost_usd is not None and "budget.daily" not in held:
        draft.note("budget.daily", "widened", f"{title} keeps no account over a day; personae does")
    per_run = [budget.per_run_max_cost_usd, budget.per_run_max_tokens]
    if any(cap is not None for cap in per_run) and "budget.perRun" not in held:
        draft.note("budget.perRun", "widened", f"{title} takes no cap per run in a file")
    if persona.can_dispatch is not None or persona.type == "lead":
        outcome, reason = (
            ("narrowed", "nothing there proposes work") if persona.may_dispatch else ("exact", "it cannot")
        )
        _once(draft, "canDispatch", outcome, reason)
    if "visibility" not in held:
        _note_visibility(draft)


def _note_visibility(draft: Draft) -> None:
    visibility, title = draft.outfit.persona.visibility, draft.table.title
    files = {"list", "glob", "read", "grep", "write", "edit", "shell"}
    if not files & reach(draft.grant(*MODES).words):
        _once(draft, "visibility", "exact", "it has no tool that reaches a file")
    elif visibility == "folder":
        draft.note("visibility", "widened", f"{title} cannot keep it to .agents/{draft.outfit.slug}/")
    elif visibility == "all":
        _once(draft, "visibility", "narrowed", f"what {title} opens is its project; [project] roots are not reached")
    else:
        _once(draft, "visibility", "dropped", f"the default, the project: {title} decides what belongs to it")


def _once(draft: Draft, name: str, outcome: object, reason: str) -> None:
    """Note a field unless the host has said more about it."""
    if name not in draft.entries:
        draft.note(name, outcome, reason)  # type: ignore[arg-type]


def _and(words: Sequence[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def _listed(left_out: Sequence[tuple[str, str]]) -> str:
    by_reason: dict[str, list[str]] = {}
    for word, reason in left_out:
        by_reason.setdefault(reason, []).append(word)
    return "; ".join(f"{', '.join(words)} ({reason})" for reason, words in by_reason.items())
