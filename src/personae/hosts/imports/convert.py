"""One agent of another tool to a persona, with an account of each field. Pure; it raises nothing for what files say."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeAlias

from personae.errors import InvalidPersonaError
from personae.hosts.imports.account import Account
from personae.hosts.imports.fields import why_dropped
from personae.hosts.imports.grants import grants_of
from personae.hosts.imports.limits import LIMITING
from personae.hosts.imports.models import effort_of, model_of
from personae.persona import slug as slugs
from personae.persona.dialects import ForeignAgent
from personae.persona.dialects.agent import Plain
from personae.persona.model import Mode, Persona

__all__ = ["Draft", "Step", "build", "draft_of", "refusal", "shared_steps", "slug_for"]

Step: TypeAlias = "Callable[[Draft], None]"
"""Deals with some keys of the file; it notes what became of them."""

_STEPS = ("maxTurns", "max_turns", "maxSteps", "steps", "max_iter")
_COLOR = re.compile(r"#(?:[0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})|[a-z][a-z0-9-]{0,31}")
_MODES: tuple[Mode, ...] = ("interactive", "sub-agent")
_MOST_EMOJI = 16


@dataclass(slots=True)
class Draft:
    """A persona in the making: the arguments of its constructor, and what has been said of the file's keys."""

    agent: ForeignAgent
    slug: str
    account: Account
    arguments: dict[str, Any] = field(default_factory=dict)
    """`Any`: each has the type of its field, and the constructor checks it."""
    used: set[str] = field(default_factory=set)
    reason: str = ""
    """Why it cannot become a persona; empty while it can."""

    def put(self, **arguments: object) -> None:
        """Set arguments of the constructor."""
        self.arguments.update(arguments)

    def take(self, key: str) -> Plain:
        """Return what stands under `key`, and count the key as dealt with."""
        self.used.add(key)
        return self.agent.extra.get(key)


def slug_for(agent: ForeignAgent, stem: str) -> str:
    """Return the slug for `agent`: from its name, and from its file's where the name has no letter to go by."""
    slug = slugs.suggest(agent.name)
    has_none = not re.search(r"[A-Za-z0-9]", agent.name)
    return slugs.suggest(stem) if has_none else slug


def draft_of(agent: ForeignAgent, *, slug: str, account: Account, steps: Sequence[Step] = ()) -> Draft:
    """Return the draft of `agent`, every key of its file accounted for; `steps` stand for those of most hosts."""
    draft = Draft(agent, slug, account)
    for step in steps or _STEPS_OF_MOST:
        step(draft)
    for key, value in agent.extra.items():
        if key not in draft.used and value is not None:
            account.dropped(key, _shown(value), why_dropped(key))
    return draft


def build(draft: Draft) -> Persona | None:
    """Return the persona; None leaves the reason in the draft."""
    if draft.reason:
        return None
    try:
        return Persona(name=draft.slug, **draft.arguments)
    except InvalidPersonaError as error:
        draft.reason = refusal(error)
        return None


def refusal(error: InvalidPersonaError) -> str:
    """Return the first thing that is wrong, in one line."""
    first = error.diagnostics[0]
    return f"{first.field}: {first.message}" if first.field else first.message


def _name(draft: Draft) -> None:
    agent, title = draft.agent, draft.take("name")
    if agent.name == draft.slug:
        draft.account.kept("name", agent.name)
    else:
        draft.account.add("name", "mapped", agent.name, draft.slug, "a name here is a slug")
    shown = " ".join((title if isinstance(title, str) else agent.name).split())
    if "/" not in shown and slugs.suggest(shown) != shown and re.search(r"\w", shown):
        draft.put(display_name=shown)
        draft.account.add("name", "kept", shown, f"displayName: {shown}")


def _description(draft: Draft) -> None:
    if draft.agent.host == "crewai":
        return  # the reader takes the role for it
    if text := draft.agent.description.strip():
        draft.put(description=text)
        draft.account.kept("description", text)


def _stance(draft: Draft) -> None:
    if draft.agent.host == "crewai":
        _role_and_goal(draft)
        return
    prompt, body = draft.take("prompt"), draft.agent.prompt
    if isinstance(prompt, str) and prompt.strip() and not body:
        if re.match(r"\{?file:", prompt.strip()):
            draft.reason = f"its prompt is in another file ({prompt.strip()[:60]}); put the text below the frontmatter"
            return
        body = prompt
    if not body.strip():
        draft.reason = "there is no prompt in it, neither below the frontmatter nor under a key"
        return
    draft.put(system_prompt=body)
    draft.account.add("prompt", "kept", f"{len(body):,} characters", "the body")


def _role_and_goal(draft: Draft) -> None:
    for key in ("role", "goal", "backstory"):
        value = draft.take(key)
        if not isinstance(value, str) or not value.strip():
            draft.reason = f"{key} is missing"
            return
        text = " ".join(value.split()) if key == "role" else value.strip()
        draft.put(**{key: text})
        draft.account.kept(key, text)
        if found := sorted(set(re.findall(r"\{\w+\}", text))):
            because = "CrewAI fills it in; here it stays as it is, so put the fact into the task or replace it"
            draft.account.add(key, "kept", ", ".join(found), ", ".join(found), because)


def _thinking(draft: Draft) -> None:
    draft.put(model=model_of(draft.agent, draft.account), effort=effort_of(draft.agent, draft.account))


def _tools(draft: Draft) -> None:
    draft.put(tools=grants_of(draft.agent, draft.account))
    draft.used.add("agents")
    reported = {change.field for change in draft.account.changes}
    draft.used |= {name for name in LIMITING if name in reported}


def _steps(draft: Draft) -> None:
    for key in _STEPS:
        written = _shown(draft.agent.extra.get(key))
        if written.isdecimal() and written.isascii() and int(written[:9]) > 0:
            draft.used.add(key)
            draft.put(max_steps=int(written[:9]))
            draft.account.add(key, "mapped", written, f"maxSteps: {int(written[:9])}")
            return


def _skills(draft: Draft) -> None:
    value = draft.take("skills")
    names = value if isinstance(value, tuple) else str(value).split(",") if isinstance(value, str) else ()
    kept: list[str] = []
    for item in names:
        name = str(item).strip()
        if name and slugs.problem(name) is None:
            kept.append(name)
        elif name:
            draft.account.dropped("skills", name, "it is no slug of a skill")
    if kept:
        draft.put(skills=tuple(dict.fromkeys(kept)))
        draft.account.kept("skills", kept)


def _modes(draft: Draft) -> None:
    """A host's agent talks or is called; that it may go on by itself in a loop is nothing its file says."""
    extra = draft.agent.extra
    modes: tuple[Mode, ...] = _MODES
    closed: list[str] = []
    for key, bad, left in _CLOSES:
        if key in extra and _shown(extra[key]) in _WORDS_FOR.get(_shown(bad), (bad,)):
            closed.append(f"{key}: {_shown(bad)}")
            modes = tuple(mode for mode in modes if mode in left)
    if _shown(draft.take("disable")) in _WORDS_FOR["true"]:
        draft.reason = "it is switched off (disable: true)"
    if not modes:
        draft.reason = f"neither people nor agents may call it ({', '.join(closed)})"
    draft.put(modes=modes)
    because = "" if closed else "add loop or goal if it may go on by itself"
    said = [key for key in dict.fromkeys(key for key, _, _ in _CLOSES) if key in extra]
    for key in said or ("modes",):
        draft.used.add(key)
        was = _shown(extra[key]) if key in extra else "absent"
        draft.account.add(key, "mapped", was, f"modes: {', '.join(modes)}", because)


_CLOSES: tuple[tuple[str, Plain, tuple[Mode, ...]], ...] = (
    ("mode", "subagent", ("sub-agent",)),
    ("mode", "primary", ("interactive",)),
    ("user-invocable", False, ("sub-agent",)),
    ("user-invokable", False, ("sub-agent",)),
    ("disable-model-invocation", True, ("interactive",)),
    ("subagent", False, ("interactive",)),
    ("mainAgent", False, ("sub-agent",)),
)
"""A key, the value that closes a way to call the agent, and the modes that stay open."""
# Some loaders, and the repairs of others, read them as texts; a limit holds all the same.
_WORDS_FOR: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"true": ("true", "True", "yes", "on"), "false": ("false", "False", "no", "off")}
)


def _workspace(draft: Draft) -> None:
    if draft.agent.extra.get("isolation") == "worktree":
        draft.used.add("isolation")
        draft.put(needs_temp_workspace=True)
        because = "it works in a copy there and in a fresh folder here; remove the key to let it into the project"
        draft.account.add("isolation", "narrowed", "worktree", "needsTempWorkspace: true", because)


def _display(draft: Draft) -> None:
    for key in ("emoji", "color"):
        value = draft.agent.extra.get(key)
        text = value.strip() if isinstance(value, str) else ""
        fits = _COLOR.fullmatch(text) if key == "color" else text and len(text) <= _MOST_EMOJI and "\n" not in text
        if fits:
            draft.used.add(key)
            draft.put(**{key: text})
            draft.account.kept(key, text)


shared_steps: tuple[Step, ...] = (_description, _thinking, _tools, _steps, _skills, _display)
_STEPS_OF_MOST: tuple[Step, ...] = (_name, _stance, *shared_steps, _modes, _workspace)


def _shown(value: Plain) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return ", ".join(value) or "{}"
    if isinstance(value, tuple):
        return ", ".join(_shown(item) for item in value) or "[]"
    return str(value)
