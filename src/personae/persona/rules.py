"""Rules that one persona must keep, on the value alone: no file, no project, no other persona.

A rule is a function named like its id; it yields a diagnostic for each place that breaks it. Places are named as in
the file (`heartbeats[1].cron`), since that is where most personas are written. What needs more than one file lives in
`check/`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING

from personae.errors import Diagnostic, close_matches
from personae.persona import slug as slugs
from personae.persona.patterns import lazy

if TYPE_CHECKING:
    from personae.persona.model import Persona

__all__ = ["SPAWNING_TOOLS", "problems", "spawn_targets", "wrong_type", "wrong_types"]

SPAWNING_TOOLS = ("agent", "delegate")
"""Tools that may name, in parentheses, the personas they reach."""

KEYS = {
    "display_name": "displayName",
    "can_dispatch": "canDispatch",
    "max_steps": "maxSteps",
    "needs_temp_workspace": "needsTempWorkspace",
}
"""Where a field of the value is spelled differently in the file."""

_CHOICES: dict[str, tuple[str, ...]] = {
    "type": ("lead", "specialist"),
    "effort": ("low", "medium", "high", "xhigh", "max"),
    "tier": ("T0", "T1", "T2", "T3", "T4"),
    "visibility": ("folder", "cabinet", "all"),
}
_MODES = ("interactive", "sub-agent", "loop", "goal")
_TEXTS = ("name", "type", "visibility", "emoji")
_OPTIONAL_TEXTS = (
    *("display_name", "role", "description", "goal", "backstory", "system_prompt"),
    *("model", "effort", "tier", "color"),
)
_LISTS = ("skills", "requires", "enhances", "opinions", "modes", "triggers")

_TOOL = lazy(r"[A-Za-z_][A-Za-z0-9_.*-]*(?P<targets>\([^()]*\))?")
_NAME = lazy(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")
_COLOR = lazy(r"#(?:[0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})|[a-z][a-z0-9-]{0,31}")
_CONTROL = lazy("[\x00-\x08\x0b-\x1f\ud800-\udfff]")
_CONTROL_BYTES = bytes(code for code in range(32) if code not in b"\t\n")
_MAX_EMOJI_LENGTH = 16

_Found = Iterator[Diagnostic]


def problems(persona: Persona) -> list[Diagnostic]:
    """Return everything wrong with `persona`, in the order of the rules below."""
    return [diagnostic for rule in _RULES for diagnostic in rule(persona)]


def wrong_types(persona: Persona) -> list[Diagnostic]:
    """Return the fields whose Python type makes the other rules meaningless; a parsed file never has any."""
    wrong: list[Diagnostic] = []

    def expect(name: str, ok: bool, expected: str) -> None:
        if not ok:
            wrong.append(wrong_type(name, getattr(persona, name), expected))

    for name in _TEXTS:
        expect(name, isinstance(getattr(persona, name), str), "text")
    for name in _OPTIONAL_TEXTS:
        value = getattr(persona, name)
        expect(name, value is None or isinstance(value, str), "text or None")
    for name in _LISTS:
        expect(name, _texts(getattr(persona, name)), "a list of texts")
    expect("tools", persona.tools is None or _texts(persona.tools), "a list of texts or None")
    expect("max_steps", type(persona.max_steps) is int, "a whole number")
    expect("order", persona.order is None or type(persona.order) is int, "a whole number or None")
    expect("needs_temp_workspace", type(persona.needs_temp_workspace) is bool, "True or False")
    expect("can_dispatch", persona.can_dispatch is None or type(persona.can_dispatch) is bool, "True, False or None")
    return wrong


def wrong_type(field: str, value: object, expected: str) -> Diagnostic:
    """Return what is wrong with a field of Python type other than its own."""
    found = type(value).__name__
    return _diagnostic("wrong-type", field, f"expected {expected}, found {found}", found=found, expected=expected)


def spawn_targets(tool: str) -> tuple[str, tuple[str, ...] | None] | None:
    """Return `("agent", ("a", "b"))` for `agent(a, b)`, `("agent", None)` for `agent`, None for other tools."""
    name, bracket, targets = tool.partition("(")
    if name not in SPAWNING_TOOLS:
        return None
    if not bracket:
        return name, None
    return name, tuple(target.strip() for target in targets.rstrip(")").split(",") if target.strip())


def _invalid_slug(persona: Persona) -> _Found:
    reason = slugs.problem(persona.name)
    if reason:
        yield _diagnostic(
            "invalid-slug",
            "name",
            f"{persona.name!r} is not a slug: {reason}",
            found=persona.name,
            help=f"Call it {slugs.suggest(persona.name)!r}.",
        )


def _invalid_choice(persona: Persona) -> _Found:
    for name, allowed in _CHOICES.items():
        value = getattr(persona, name)
        if value is not None and value not in allowed:
            yield _choice(name, value, allowed)
    for index, mode in enumerate(persona.modes):
        if mode not in _MODES:
            yield _choice(f"modes[{index}]", mode, _MODES)
    for index, beat in enumerate(persona.heartbeats):
        if beat.effort is not None and beat.effort not in _CHOICES["effort"]:
            yield _choice(f"heartbeats[{index}].effort", beat.effort, _CHOICES["effort"])


def _no_modes(persona: Persona) -> _Found:
    if not persona.modes:
        yield _diagnostic(
            "no-modes", "modes", "the list is empty, so it could never run", help="Leave it out for all modes."
        )


def _two_identities(persona: Persona) -> _Found:
    if persona.system_prompt is not None:
        for name in ("goal", "backstory"):
            if getattr(persona, name) is not None:
                yield _diagnostic(
                    "two-identities",
                    name,
                    f"there is a body, so {name} would never be sent",
                    help="Move it into the body, or remove the body and keep role, goal and backstory.",
                )


def _no_identity(persona: Persona) -> _Found:
    if persona.system_prompt is not None:
        return
    if persona.goal is None and persona.backstory is None:
        yield _diagnostic(
            "empty-stance",
            "",
            "there is no stance: neither a body nor a goal and backstory",
            help='Write the instructions below the closing "---", addressed to the agent: "You are …".',
        )
    elif persona.role is None:
        yield _diagnostic(
            "identity-needs-role",
            "goal" if persona.goal is not None else "backstory",
            "goal and backstory need a role",
            help='Add one, such as role: "Corporate counsel".',
        )


def _invalid_tool(persona: Persona) -> _Found:
    for index, tool in enumerate(persona.tools or ()):
        field = f"tools[{index}]"
        match = _TOOL.fullmatch(tool)
        if tool == "none":
            yield _diagnostic("invalid-tool", field, "none stands alone, not in a list", help="Write tools: none.")
        elif match is None:
            help = _CUT_TOOL_HELP if tool.count("(") != tool.count(")") else _TOOL_HELP
            yield _diagnostic("invalid-tool", field, f"{tool!r} is not a tool name", found=tool, help=help)
        elif match["targets"]:
            yield from _invalid_targets(field, tool)


_TOOL_HELP = 'Name one tool per entry, such as "read", "github.search" or "agent(researcher)".'
_CUT_TOOL_HELP = 'In brackets a comma ends the entry: quote it, as in ["agent(researcher, reviewer)"].'


def _invalid_targets(field: str, tool: str) -> _Found:
    spawn = spawn_targets(tool)
    if spawn is None:
        name = tool.partition("(")[0]
        yield _diagnostic(
            "invalid-tool",
            field,
            f"only agent and delegate take names in parentheses, found {tool!r}",
            help=f"Write {name}.",
        )
        return
    name, targets = spawn
    if not targets:
        yield _diagnostic(
            "invalid-tool", field, f"{tool!r} names nobody", help=f"Write {name} alone to allow every persona."
        )
    for target in targets or ():
        reason = slugs.problem(target)
        if reason:
            message = f"{target!r} in {tool!r} is not a slug: {reason}"
            yield _diagnostic("invalid-tool", field, message, found=target, help="Write the slug of a persona.")


def _invalid_name(persona: Persona) -> _Found:
    for field in ("requires", "enhances", "opinions"):
        for index, name in enumerate(getattr(persona, field)):
            if not _NAME.fullmatch(name):
                yield _diagnostic(
                    "invalid-name",
                    f"{field}[{index}]",
                    f"{name!r} is not a name" if name.strip() else "the entry is empty",
                    found=name,
                    help="Letters, digits, `-`, `_` and `.`, starting with a letter or digit; no path.",
                )
    for index, name in enumerate(persona.skills):
        reason = slugs.problem(name)
        if reason:
            message = f"{name!r} is not a slug: {reason}"
            help = "Write the slug of a skill, which is the name of its folder."
            yield _diagnostic("invalid-name", f"skills[{index}]", message, found=name, help=help)
    for index, trigger in enumerate(persona.triggers):
        if not trigger.strip() or "\n" in trigger:
            message = "the entry is empty" if not trigger.strip() else "a trigger is one line"
            yield _diagnostic(
                "invalid-name", f"triggers[{index}]", message, help="Write a workflow step's name or a short cue."
            )


def _requires_and_enhances(persona: Persona) -> _Found:
    required = frozenset(persona.requires)
    for index, name in enumerate(persona.enhances):
        if name in required:
            yield _diagnostic(
                "requires-and-enhances",
                f"enhances[{index}]",
                f"{name!r} is also in requires",
                found=name,
                help="Keep it in requires if the persona cannot work without it, else in enhances.",
            )


def _invalid_cron(persona: Persona) -> _Found:
    if not persona.heartbeats:
        return
    # Loaded only here: most personas have no heartbeat, and `check` should not pay for a calendar.
    from personae.persona import cron  # noqa: PLC0415

    for index, beat in enumerate(persona.heartbeats):
        reason = cron.problem(beat.cron)
        if reason:
            yield _diagnostic(
                "invalid-cron",
                f"heartbeats[{index}].cron",
                f'invalid cron expression "{beat.cron}"',
                found=beat.cron,
                expected="five fields: minute hour day month weekday",
                help=f"{reason[:1].upper()}{reason[1:]}. {_CRON_HELP}",
            )


_CRON_HELP = 'Use five fields, such as "0 9 * * 1" for Mondays at 09:00; crontab.guru explains them.'


def _invalid_heartbeat(persona: Persona) -> _Found:
    for index, beat in enumerate(persona.heartbeats):
        if not beat.prompt.strip():
            yield _diagnostic(
                "empty-prompt",
                f"heartbeats[{index}].prompt",
                "the prompt is empty",
                help="Say what the beat should do.",
            )
        if beat.model is not None and not _is_model(beat.model):
            yield _model(f"heartbeats[{index}].model", beat.model)


def _invalid_model(persona: Persona) -> _Found:
    if persona.model is not None and not _is_model(persona.model):
        yield _model("model", persona.model)


def _memory_leaves_folder(persona: Persona) -> _Found:
    path = persona.memory.path
    if not _stays_inside(path):
        yield _diagnostic(
            "path-leaves-folder",
            "memory.path",
            f"{path!r} is not a file inside the persona's own folder",
            found=path,
            help="Name a file below the folder, such as memory.md or notes/memory.md.",
        )


def _too_small(persona: Persona) -> _Found:
    budget = persona.budget
    limits: list[tuple[str, int | Decimal | None, int]] = [
        ("maxSteps", persona.max_steps, 1),
        ("memory.maxLines", persona.memory.max_lines, 1),
        ("budget.daily.maxCostUsd", budget.daily_max_cost_usd, 0),
        ("budget.perRun.maxCostUsd", budget.per_run_max_cost_usd, 0),
        ("budget.perRun.maxTokens", budget.per_run_max_tokens, 1),
    ]
    for field, value, least in limits:
        if value is None:
            continue
        if isinstance(value, Decimal) and not value.is_finite():
            yield _diagnostic("too-small", field, f"{value} is not an amount", found=str(value), expected="a number")
        elif value < least:
            expected = f"{least} or more"
            yield _diagnostic(
                "too-small",
                field,
                f"{value} is too small",
                found=str(value),
                expected=expected,
                help=f"Write {expected}.",
            )


def _invalid_display(persona: Persona) -> _Found:
    if persona.color is not None and not _COLOR.fullmatch(persona.color):
        yield _diagnostic(
            "invalid-color",
            "color",
            f"{persona.color!r} is neither hex nor a color name",
            found=persona.color,
            help='Write "#3b82f6" or a name such as blue.',
        )
    if not persona.emoji.strip() or len(persona.emoji) > _MAX_EMOJI_LENGTH or "\n" in persona.emoji:
        yield _diagnostic(
            "invalid-emoji",
            "emoji",
            f"{persona.emoji!r} is not a short string",
            found=persona.emoji,
            help=f"One emoji, at most {_MAX_EMOJI_LENGTH} characters.",
        )


def _line_break(persona: Persona) -> _Found:
    for name in ("display_name", "role", "model"):
        value = getattr(persona, name)
        if value is not None and "\n" in value:
            yield _diagnostic(
                "line-break", name, "it is shown on one line and has a line break", help="Put it on one line."
            )


def _control_character(persona: Persona) -> _Found:
    for name in (*_TEXTS, *_OPTIONAL_TEXTS):
        yield from _control(name, getattr(persona, name))
    for name in (*_LISTS, "tools"):
        for index, item in enumerate(getattr(persona, name) or ()):
            yield from _control(f"{name}[{index}]", item)
    for index, beat in enumerate(persona.heartbeats):
        for part in ("cron", "prompt", "label", "model"):
            yield from _control(f"heartbeats[{index}].{part}", getattr(beat, part))
    yield from _control("memory.path", persona.memory.path)


def _control(field: str, text: str | None) -> _Found:
    if text is None or text.isprintable():
        return
    try:
        data = text.encode()
    except UnicodeEncodeError:
        data = _CONTROL_BYTES  # half of a surrogate pair, which no file can hold
    # Deleting from bytes is some ten times faster than searching a stance with a regular expression.
    if len(data.translate(None, _CONTROL_BYTES)) == len(data):
        return
    match = _CONTROL.search(text)
    code = f"U+{ord(match.group()):04X}" if match else ""
    help = "Remove it; only tabs and line breaks are allowed."
    yield _diagnostic("control-character", field, f"there is a control character ({code})", found=code, help=help)


_RULES: tuple[Callable[[Persona], _Found], ...] = (
    _invalid_slug,
    _invalid_choice,
    _no_modes,
    _two_identities,
    _no_identity,
    _invalid_model,
    _invalid_tool,
    _invalid_name,
    _requires_and_enhances,
    _invalid_cron,
    _invalid_heartbeat,
    _memory_leaves_folder,
    _too_small,
    _invalid_display,
    _line_break,
    _control_character,
)


def _diagnostic(
    rule: str, field: str, message: str, *, found: str = "", expected: str = "", help: str = ""
) -> Diagnostic:
    return Diagnostic(
        rule=rule, field=KEYS.get(field, field), message=message, found=found, expected=expected, help=help
    )


def _choice(field: str, value: str, allowed: Sequence[str]) -> Diagnostic:
    matches = close_matches(value, allowed)
    return _diagnostic(
        "invalid-choice",
        field,
        f"{value!r} is not one of {', '.join(allowed)}",
        found=value,
        expected=" | ".join(allowed),
        help=f"Did you mean {matches[0]!r}?" if matches else f"Write one of these {len(allowed)} words.",
    )


def _model(field: str, value: str) -> Diagnostic:
    return _diagnostic(
        "invalid-model",
        field,
        f"{value!r} is not the name of a model",
        found=value,
        help="Write a name without spaces, such as claude-opus-5, ollama/llama3.3 or provider:model.",
    )


def _is_model(text: str) -> bool:
    return bool(text.strip()) and not any(character.isspace() for character in text)


def _texts(value: object) -> bool:
    return isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value)


def _stays_inside(path: str) -> bool:
    """On every system: a path harmless here may leave the folder on Windows, and the file travels."""
    windows, posix = PureWindowsPath(path), PurePosixPath(path)
    parts = windows.parts
    return (
        bool(path.strip())
        and not windows.drive
        and not windows.root
        and not posix.is_absolute()
        and ".." not in parts
        and not path.endswith(("/", "\\"))
        and not path.startswith("~")
        and posix.name not in ("", ".")
    )
