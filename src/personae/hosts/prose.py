"""Targets that hold text and no limits: Agent Skills, AGENTS.md, MCP prompts; and the card of who runs elsewhere."""

from __future__ import annotations

from personae import __version__
from personae.hosts.draft import Draft
from personae.hosts.fields import effort, held_by_prose, model, note_modes, note_rest, text_of
from personae.hosts.texts import Data, as_json, as_markdown
from personae.persona.dialects.hosts.skill import SKILL_MOST

__all__ = ["add_skill", "compile_a2a", "compile_agents_md", "compile_mcp_prompt", "compile_skill"]

_SKILLS = (".agents/skills", "~/.agents/skills")


def compile_skill(draft: Draft) -> None:
    """Write a skill by which the main conversation puts the persona on."""
    if not _in_conversation(draft):
        return
    text_of(draft)
    held_by_prose(draft, "interactive")
    add_skill(draft)


def add_skill(draft: Draft) -> None:
    """Add `SKILL.md` with the standard's own keys."""
    outfit = draft.outfit
    name = outfit.slug.replace("_", "-").strip("-")
    while "--" in name:
        name = name.replace("--", "-")
    if name != outfit.slug:
        draft.note("name", "narrowed", f"a skill is called {name}: its name has single hyphens only")
    description = outfit.description.replace("<", "(").replace(">", ")")
    if len(description) > SKILL_MOST["description"]:
        draft.note("description", "narrowed", f"a skill's has {SKILL_MOST['description']:,} characters at most")
        description = description[: SKILL_MOST["description"] - 1].rstrip() + "…"
    keys: dict[str, Data] = {"name": name, "description": description, "metadata": {"persona": outfit.slug}}
    path = draft.place(f"{name}/SKILL.md", folders=_SKILLS)
    draft.add(path, as_markdown(keys, outfit.prompt, comments=draft.comments))


def compile_agents_md(draft: Draft) -> None:
    """Write AGENTS.md, which every session in the folder reads."""
    if not _in_conversation(draft):
        return
    text_of(draft)
    for name in ("name", "description", *(["triggers"] if draft.outfit.persona.triggers else [])):
        draft.note(name, "dropped", "AGENTS.md is text for every session in its folder")
    held_by_prose(draft, "interactive")
    comments = "".join(f"<!-- {line} -->\n" for line in draft.comments)
    draft.add("AGENTS.md", f"{comments}{draft.outfit.prompt}\n")


def compile_mcp_prompt(draft: Draft) -> None:
    """Write the prompt as `prompts/list` lists it and `prompts/get` answers: there is no system role, so it advises."""
    if not _in_conversation(draft):
        return
    outfit = draft.outfit
    text_of(draft)
    held_by_prose(draft, "interactive")
    task: dict[str, Data] = {"name": "task", "description": "What to do", "required": True}
    prompt: dict[str, Data] = {"name": outfit.slug, "title": outfit.persona.display_name or outfit.slug}
    prompt |= {"description": outfit.description, "arguments": [task]}
    message: dict[str, Data] = {"role": "user", "content": {"type": "text", "text": f"{outfit.prompt}\n\n{{{{task}}}}"}}
    data: dict[str, Data] = {"prompt": prompt, "messages": [message], "_meta": {"personae": list(draft.comments)}}
    draft.add(draft.place(f"{outfit.slug}.json"), as_json(data))


def _in_conversation(draft: Draft) -> bool:
    if draft.outfit.declares("interactive"):
        note_modes(draft, ["interactive"])
        return True
    note_modes(draft, [])
    return False


def compile_a2a(draft: Draft) -> None:
    """Write the card that says where the persona answers. It runs at that address, within its own limits."""
    outfit = draft.outfit
    if not outfit.declares("sub-agent"):
        note_modes(draft, [])
        return
    note_modes(draft, ["sub-agent"])
    if not draft.url:
        draft.faults.append("a card needs the address at which the persona answers: --url")
    for name in ("stance", "tools", "maxSteps", "visibility"):
        draft.note(name, "dropped", "a card says where an agent is; who runs it keeps this")
    budget = outfit.budget
    held = {
        "needsTempWorkspace": outfit.persona.needs_temp_workspace,
        "budget.daily": budget.daily_max_cost_usd is not None,
        "budget.perRun": budget.per_run_max_cost_usd is not None or budget.per_run_max_tokens is not None,
    }
    for name in (name for name, is_set in held.items() if is_set):
        draft.note(name, "dropped", "a card says where an agent is; who runs it keeps this")
    if outfit.persona.requires:
        draft.note("requires", "exact", "who runs it has them")
    model(draft)
    effort(draft)
    note_rest(draft, held=("visibility", *held))
    tags = list(outfit.persona.triggers) or [outfit.slug]
    skill: dict[str, Data] = {"id": outfit.slug, "name": outfit.persona.role or outfit.slug}
    skill |= {"description": outfit.description, "tags": tags}
    interface: dict[str, Data] = {"url": f"{draft.url.rstrip('/')}/{outfit.slug}"}
    interface |= {"protocolBinding": "JSONRPC", "protocolVersion": "1.0"}
    card: dict[str, Data] = {
        "name": outfit.persona.display_name or outfit.slug,
        "description": outfit.description,
        "version": __version__,
        "supportedInterfaces": [interface],
        "capabilities": {"streaming": False, "pushNotifications": False},
        "defaultInputModes": ["text/plain"],
        "defaultOutputModes": ["text/plain"],
        "skills": [skill],
    }
    draft.add(draft.place(f"{outfit.slug}.json"), as_json(card))
