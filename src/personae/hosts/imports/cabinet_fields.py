"""What the keys of a shipped Cabinet persona become in the documented form: one heartbeat, no money, plain words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from types import MappingProxyType

from cronsim import CronSim

from personae.hosts.imports.convert import Draft
from personae.hosts.imports.convert import shared_steps as shared
from personae.persona import cron
from personae.persona.dialects.agent import Plain
from personae.persona.model import Heartbeat

__all__ = ["CABINET_STEPS"]

_DEFAULT_BUDGET = 100
_PROMPT = (
    "This is your scheduled beat. Look at what changed in the project since the last one, do the one piece of your "
    "work that matters most now, and report it in a few lines. If nothing needs you, say so and stop."
)
_WHY: Mapping[str, str] = MappingProxyType(
    {
        "slug": "the folder is the slug, at Cabinet too",
        "provider": "which provider answers is the project's choice; a persona names a model, or nothing",
        "adapterType": "which program answers is the project's choice",
        "department": "there are no departments here; type says who leads",
        "workdir": "every persona works in its project",
        "workspace": "Cabinet only shows it; visibility is what limits a persona here",
        "channels": "there are no channels here: what a beat reports stands in its record",
        "tags": "they only decorate a list; triggers are what routes work to a persona",
        "setupComplete": "it hides a reminder of Cabinet's",
        "iconKey": "a persona has an emoji and a color",
        "avatar": "a persona has an emoji and a color",
        "avatarExt": "a persona has an emoji and a color",
    }
)
_PLACEHOLDER = re.compile(r"\{\{\s*([\w.]+)\s*\}\}")
_ABOUT = "What this project is about stands in its own files: read its README first."
_WORDS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("company_name", "workspace_name", "cabinet.name", "cabinet.slug"), "this project"),
        **dict.fromkeys(("company_description", "workspace_description"), _ABOUT),
        "cabinet.path": "the project's folder",
        "user.name": "the user",
        "today": "today",
    }
)


def _identity(draft: Draft) -> None:
    account = draft.account
    shown = _text(draft.take("displayName")) or draft.agent.name.strip() or draft.slug
    draft.put(display_name=" ".join(shown.split()))
    account.kept("name", shown)
    role = " ".join(_text(draft.take("role")).split())
    if role:
        account.kept("role", role)
    else:
        account.add("role", "repaired", "absent", shown, "Cabinet shows no agent without a role; the name stands in")
    draft.put(role=role or shown)
    kind = _text(draft.take("type")).lower()
    draft.put(type="lead" if kind == "lead" else "specialist")
    if kind in ("lead", "specialist"):
        account.kept("type", kind)
    else:
        account.add("type", "mapped", kind or "absent", "specialist", "there are leads and specialists here")
    may = draft.take("canDispatch")
    if isinstance(may, bool):
        draft.put(can_dispatch=may)
        account.kept("canDispatch", str(may).lower())


def _stance(draft: Draft) -> None:
    body = draft.agent.prompt
    if not body.strip():
        draft.reason = "there is no prompt below its frontmatter"
        return
    words = dict(_WORDS)
    words["agent.name"], words["agent.slug"] = str(draft.arguments.get("display_name") or draft.slug), draft.slug
    words["goals"] = _goals(draft) or "the goals you are given"
    for name in dict.fromkeys(_PLACEHOLDER.findall(body)):
        written = f"{{{{{name}}}}}"
        if name in words:
            draft.account.add("prompt", "mapped", written, words[name], "nothing is filled in here before it is sent")
        else:
            draft.account.add("prompt", "kept", written, written, "nothing fills it in; replace it")
    text = _PLACEHOLDER.sub(lambda found: words.get(found[1], found[0]), body)
    draft.put(system_prompt=text)
    draft.account.add("prompt", "kept", f"{len(body):,} characters", "the body")


def _model(draft: Draft) -> None:
    config = draft.take("adapterConfig")
    if not isinstance(config, Mapping):
        return
    for key, value in config.items():
        if key not in ("model", "effort"):
            draft.account.dropped(f"adapterConfig.{key}", value, "it steers the program that answers there")
    model, effort = _text(config.get("model")), _text(config.get("effort"))
    draft.agent = replace(
        draft.agent, model=draft.agent.model or model or None, effort=draft.agent.effort or effort or None
    )


def _beat(draft: Draft) -> None:
    account = draft.account
    written, switch, active = draft.take("heartbeat"), draft.take("heartbeatEnabled"), draft.take("active")
    expression = " ".join(_text(written).split())
    _say_inactive(draft, active, has_beat=bool(expression))
    if not expression:
        draft.take("budget")
        was = "absent" if written is None else "empty"
        account.add("heartbeat", "mapped", was, "none", "Cabinet would write 0 8 * * * into it when it saves the file")
        return
    reason = cron.problem(expression)
    if reason:
        account.dropped("heartbeat", expression, f"it is no schedule: {reason}")
        return
    enabled = switch is not False and active is not False and _within_budget(draft, expression)
    draft.put(heartbeats=(Heartbeat(cron=expression, prompt=_beat_prompt(draft), enabled=enabled),))
    now = f"heartbeats: {expression}{'' if enabled else ', enabled: false'}"
    because = "the prompt is ours: Cabinet's is built in, and names files that only it has"
    account.add("heartbeat", "mapped", expression, now, because)


def _say_inactive(draft: Draft, active: Plain, *, has_beat: bool) -> None:
    if active is False:
        because = "a persona sleeps until it is adopted, so there is no switch for it"
        draft.account.add("active", "mapped", "false", "enabled: false" if has_beat else "", because)
    elif active is not None:
        draft.account.dropped("active", "true", "a persona sleeps until it is adopted, so there is no switch for it")


def _within_budget(draft: Draft, expression: str) -> bool:
    """Whether the schedule alone keeps to the cap, which counts beats and has no counterpart here."""
    written = draft.take("budget")
    most = written if isinstance(written, int) and not isinstance(written, bool) and written > 0 else _DEFAULT_BUDGET
    beats = _beats_in_a_month(expression, most)
    was = written if written is not None else f"absent: {most}"
    if beats <= most:
        because = (
            f"it caps beats per month, and the schedule has at most {beats}; set budget.daily.maxCostUsd for money"
        )
        draft.account.add("budget", "dropped", was, "", because)
        return True
    because = (
        f"it caps beats at {most} per month, which the schedule passes and nothing here counts: the beat is off until "
        "you set budget.daily.maxCostUsd and enabled: true"
    )
    draft.account.add("budget", "narrowed", was, "enabled: false", because)
    return False


@lru_cache(maxsize=256)
def _beats_in_a_month(expression: str, most: int) -> int:
    """Return how often `expression` fires in its busiest month of one year; it stops counting above `most`."""
    counts: dict[tuple[int, int], int] = {}
    start = datetime(2028, 1, 1, tzinfo=UTC)  # a leap year
    for moment in CronSim(expression, start):
        month = (moment.year, moment.month)
        counts[month] = counts.get(month, 0) + 1
        if moment.year > start.year or counts[month] > most:
            break
    return max(counts.values(), default=0)


def _beat_prompt(draft: Draft) -> str:
    lines = [_PROMPT]
    if goals := _goals(draft):
        lines.append(f"Your goals: {goals}.")
        draft.account.add(
            "goals", "mapped", goals, "in the prompt of the beat", "only their targets: nothing counts here"
        )
    focus = [_text(item) for item in _items(draft.agent.extra.get("focus")) if _text(item)]
    if focus:
        lines.append(f"Your focus: {', '.join(focus)}.")
        draft.account.add("focus", "mapped", focus, "in the prompt of the beat")
    draft.used |= {"goals", "focus"}
    return "\n\n".join(lines)


def _goals(draft: Draft) -> str:
    parts: list[str] = []
    for goal in _items(draft.agent.extra.get("goals")):
        if isinstance(goal, Mapping) and goal.get("metric"):
            words = (goal.get("target"), goal.get("unit"), goal.get("period"))
            metric = _text(goal.get("metric")).replace("_", " ")
            parts.append(f"{metric}: {' '.join(_text(word) for word in words if _text(word))}")
    return "; ".join(parts)


def _skills(draft: Draft) -> None:
    for item in _items(draft.take("recommendedSkills")):
        key = _text(item.get("key")) if isinstance(item, Mapping) else _text(item)
        source = _text(item.get("source")) if isinstance(item, Mapping) else ""
        because = "a suggestion of Cabinet's; put it under skills once it is in .agents/skills/"
        draft.account.dropped("recommendedSkills", f"{key} ({source})" if source else key, because)


def _rest(draft: Draft) -> None:
    draft.arguments.pop("modes", None)
    for key, because in _WHY.items():
        value = draft.take(key)
        if value is not None:
            draft.account.dropped(key, ", ".join(map(_text, _items(value))) or _text(value), because)


def _items(value: Plain) -> tuple[Plain, ...]:
    return value if isinstance(value, tuple) else ()


def _text(value: Plain) -> str:
    return "" if value is None or isinstance(value, (tuple, Mapping)) else str(value).strip()


CABINET_STEPS: tuple[Callable[[Draft], None], ...] = (_identity, _stance, _model, *shared, _beat, _skills, _rest)
