"""The keys of one file against one host's table: missing, unknown, misspelled, of the wrong kind, without effect."""

from __future__ import annotations

from collections.abc import Mapping

from personae.errors import close_matches
from personae.persona.dialects.faults import check_value
from personae.persona.dialects.hosts.gemini import REMOTE_KEYS
from personae.persona.dialects.report import Report
from personae.persona.dialects.special import check_special
from personae.persona.dialects.table import HostTable
from personae.persona.dialects.tools import check_tools
from personae.persona.dialects.values import Value

__all__ = ["check_keys"]

_LIMITS: Mapping[str, str] = {
    "tools": "every tool stays allowed",
    "disallowedTools": "nothing is forbidden by it",
    "disallowed-tools": "nothing is forbidden by it",
    "allowed-tools": "every tool stays allowed",
    "excludedTools": "nothing is forbidden by it",
    "permissionMode": "permissions stay the session's",
    "permission": "permissions stay the session's",
    "permissions": "permissions stay the session's",
    "capabilityMode": "every tool stays allowed",
    "approvalMode": "permissions stay the session's",
    "commandExecutionPolicy": "commands stay as the session allows them",
    "readonly": "it may write",
    "sandbox_mode": "the sandbox stays the session's",
    "maxTurns": "there is no limit of turns",
    "max_turns": "there is no limit of turns",
    "steps": "there is no limit of steps",
    "maxSteps": "there is no limit of steps",
    "isolation": "it works in the session's own folder",
}
"""Keys that limit an agent on one host or another, and what their loss means."""


_CARDS = ("agent_card_url", "agent_card_json")


def check_keys(values: Mapping[str, Value], table: HostTable, report: Report) -> None:
    """Check `values`, the top level of one agent."""
    known = table.by_name
    is_remote = table.id == "gemini" and _is_remote(values)
    _check_missing(values, table, report, is_remote=is_remote)
    for name, value in values.items():
        key = known.get(name)
        if key is None or (table.id == "gemini" and not _fits(name, is_remote=is_remote)):
            _unknown(name, value, values, table, report)
            continue
        if report.faults(key, check_value(key, value, table)) or value.sort == "nothing":
            continue
        if key.inert:
            message = f"{name} has no effect: {key.inert}"
            help = "Run it as its own session with --sandbox, or do not count on the limit."
            report.add(
                "limit-ignored",
                message,
                severity="warning",
                at=value.at,
                path=name,
                help=help if table.id == "codex" else "",
            )
        check_special(key, value, table, report)
        if name in (table.tools_key, table.denied_key):
            check_tools(key, value, table, report)


def _check_missing(values: Mapping[str, Value], table: HostTable, report: Report, *, is_remote: bool) -> None:
    for key in table.required:
        if key.name not in values and not (is_remote and key.name == "description"):
            spelled = next((name for name in values if name.lower() == key.name.lower()), "")
            help = f"Keys are in lower case: write {key.name}." if spelled else f"Add a line {key.name}: …"
            report.breaks("missing-key", f"{key.name!r} is missing", path=key.name, help=help)
    cards = [name for name in _CARDS if name in values]
    if is_remote and len(cards) != 1:
        message = f"a remote agent has one of {' and '.join(_CARDS)}, and this one has {len(cards) or 'none'}"
        report.breaks("missing-key", message, path=_CARDS[0])


def _is_remote(values: Mapping[str, Value]) -> bool:
    kind = values.get("kind")
    if kind is not None and kind.text in ("local", "remote"):
        return kind.text == "remote"
    return any(name in values for name in REMOTE_KEYS)


def _fits(name: str, *, is_remote: bool) -> bool:
    if name in ("kind", "name", "description", "display_name"):
        return True
    return (name in REMOTE_KEYS) is is_remote


def _unknown(name: str, value: Value, values: Mapping[str, Value], table: HostTable, report: Report) -> None:
    known = table.by_name
    meant = next(iter(close_matches(name, [item for item in known if item not in values], most=1)), "")
    same = meant and _folded(meant) == _folded(name)
    help = f"Did you mean {meant}?" if meant else ""
    if table.unknown == "breaks":
        help = help or f"{table.title} takes no other keys than {', '.join(list(known)[:8])} …; remove it."
        message = f"{table.title} knows no key {name!r}"
        report.breaks("unknown-key", message, at=value.at, path=name, help=help)
        return
    if same:
        message = f"{table.title} ignores {name!r}: the key is spelled {meant}"
        rule, help = "misspelled-key", f"Write {meant}."
    elif name in _LIMITS and value.sort != "nothing":
        takes = "passes it to the model's provider" if table.unknown == "provider" else "ignores it"
        message = f"{name} limits nothing here: {table.title} {takes}, and {_LIMITS[name]}"
        rule, help = "limit-ignored", _instead(table)
    else:
        return
    report.add(rule, message, severity="warning", at=value.at, path=name, help=help)


def _folded(name: str) -> str:
    return name.casefold().replace("_", "").replace("-", "")


def _instead(table: HostTable) -> str:
    own = [key.name for key in table.keys if key.name in _LIMITS and not key.inert]
    return f"{table.title} limits an agent by {', '.join(own)}." if own else f"{table.title} cannot limit an agent."
