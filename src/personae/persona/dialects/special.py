"""What a table cannot say: the inner shape of a few keys, each as its host's loader wants it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping

from personae.persona.dialects.faults import Fault, check_value
from personae.persona.dialects.report import Report
from personae.persona.dialects.table import HostTable, Key, Kind
from personae.persona.dialects.values import Value
from personae.persona.patterns import lazy

__all__ = ["check_special"]


def check_special(key: Key, value: Value, table: HostTable, report: Report) -> None:
    """Report what is wrong inside `value`, where this host has more to say about `key` than its kind."""
    check = _CHECKS.get((table.id, key.name))
    if check is not None:
        report.faults(key, check(key, value, table))


def _inner(name: str, kind: Kind, value: Value, table: HostTable, path: str, *values: str) -> Iterator[Fault]:
    """Yield the faults of `value` as if it were a key of its own, with their paths below `path`."""
    for fault in check_value(Key(name=name, kind=kind, values=values), value, table):
        yield Fault(fault.rule, f"{path}{fault.path}", fault.value, fault.message, fault.expected, fault.help)


_GEMINI_SERVER: Mapping[str, tuple[Kind, tuple[str, ...]]] = {
    "command": ("text", ()),
    "args": ("text-list", ()),
    "env": ("text-map", ()),
    "cwd": ("text", ()),
    "url": ("text", ()),
    "http_url": ("text", ()),
    "headers": ("text-map", ()),
    "tcp": ("text", ()),
    "type": ("word", ("sse", "http")),
    "timeout": ("number", ()),
    "trust": ("true-false", ()),
    "description": ("text", ()),
    "include_tools": ("text-list", ()),
    "exclude_tools": ("text-list", ()),
    "auth": ("map", ()),
}
_GEMINI_URLS = frozenset(["authorization_url", "token_url", "redirect_uri", "registration_url"])


def _gemini_servers(key: Key, value: Value, table: HostTable) -> Iterator[Fault]:
    for server, settings in value.pairs:
        yield from _inner(server, "map", settings, table, f".{server}")
        for name, item in settings.pairs:
            if name in _GEMINI_SERVER:
                kind, words = _GEMINI_SERVER[name]
                yield from _inner(name, kind, item, table, f".{server}.{name}", *words)
            if name == "auth" and item.sort == "map":
                yield from _gemini_server_auth(item, table, f".{server}.auth")


def _gemini_server_auth(value: Value, table: HostTable, path: str) -> Iterator[Fault]:
    kind = value.get("type") or value
    yield from _inner("type", "word", kind, table, f"{path}.type", "google-credentials", "oauth")
    for name, item in value.pairs:
        if name in ("scopes", "audiences"):
            yield from _inner(name, "text-list", item, table, f"{path}.{name}")
        elif name in _GEMINI_URLS and not _is_url(item.text):
            yield Fault("invalid-value", f"{path}.{name}", item, "a URL is expected", "a URL")


_URL = lazy(r"[A-Za-z][A-Za-z0-9+.-]*:(?://[^\s<>/?#]+(?:[/?#].*)?|(?!//).+)", re.DOTALL)


def _is_url(text: str) -> bool:
    return _URL.fullmatch(text.strip()) is not None


def _gemini_card_url(key: Key, value: Value, table: HostTable) -> Iterator[Fault]:
    if not _is_url(value.text):
        yield Fault("invalid-value", "", value, f"a URL is expected, found {value.text[:60]!r}", "a URL")


def _gemini_card_json(key: Key, value: Value, table: HostTable) -> Iterator[Fault]:
    try:
        json.loads(value.text)
    except (ValueError, RecursionError):
        yield Fault("invalid-value", "", value, "this is not JSON", "JSON in one text")


_AUTH_NEEDS: Mapping[str, tuple[str, ...]] = {
    "apiKey": ("key",),
    "http": ("scheme",),
    "google-credentials": (),
    "oauth": (),
}
_SCHEME_NEEDS: Mapping[str, tuple[str, ...]] = {"Bearer": ("token",), "Basic": ("username", "password")}


def _gemini_auth(key: Key, value: Value, table: HostTable) -> Iterator[Fault]:
    kind = value.get("type")
    if kind is None or kind.text not in _AUTH_NEEDS:
        yield from _inner("type", "word", kind or value, table, ".type", *_AUTH_NEEDS)
        return
    needed = list(_AUTH_NEEDS[kind.text])
    scheme = value.get("scheme")
    if kind.text == "http" and scheme is not None and value.get("value") is None:
        needed += _SCHEME_NEEDS.get(scheme.text, ("value"))
    for name, item in value.pairs:
        if name in _GEMINI_URLS and not _is_url(item.text):
            yield Fault("invalid-value", f".{name}", item, "a URL is expected", "a URL")
    for name in needed:
        wanted = value.get(name)
        if wanted is None or not wanted.text:
            yield Fault("missing-key", f".{name}", value, f"{name!r} is missing", "text")


def _grok_requirement(key: Key, value: Value, table: HostTable) -> Iterator[Fault]:
    for name in ("tool", "reminder"):
        if value.get(name) is None:
            yield Fault("missing-key", f".{name}", value, f"{name!r} is missing", "text")
    recovery = value.get("recovery")
    if recovery is not None:
        yield from _inner("recovery", "map", recovery, table, ".recovery")
        for name in ("maxRetries", "baseDelayMs", "maxDelayMs"):
            if recovery.sort == "map" and recovery.get(name) is None:
                yield Fault("missing-key", f".recovery.{name}", recovery, f"{name!r} is missing", "a number")


def _grok_inheritance(key: Key, value: Value, table: HostTable) -> Iterator[Fault]:
    if value.sort == "map":
        names = [name for name, _ in value.pairs]
        if len(names) != 1 or names[0] not in ("named", "except"):
            yield Fault("invalid-value", "", value, "one of named, except is expected as its only key", "named, except")
        else:
            yield from _inner(names[0], "text-list", value.pairs[0][1], table, f".{names[0]}")
    else:
        yield from _inner(key.name, "word", value, table, "", "all", "none")


def _grok_servers(key: Key, value: Value, table: HostTable) -> Iterator[Fault]:
    for index, item in enumerate(value.items):
        if item.sort == "map" and len(item.pairs) == 1:
            name, settings = item.pairs[0]
            if settings.sort != "map":
                yield Fault("wrong-type", f"[{index}].{name}", settings, "a map of settings is expected", "a map")
        elif item.sort != "text":
            expected = "a server's name, or a map of one name to its settings"
            yield Fault("wrong-type", f"[{index}]", item, f"{expected} is expected", expected)


def _grok_template(key: Key, value: Value, table: HostTable) -> Iterator[Fault]:
    if value.sort != "text":
        yield Fault("wrong-type", "", value, "text is expected", "text", "Quote it.")


def _grok_overrides(key: Key, value: Value, table: HostTable) -> Iterator[Fault]:
    for name, item in value.pairs:
        yield from _inner(name, "map", item, table, f".{name}")


def _codex_servers(key: Key, value: Value, table: HostTable) -> Iterator[Fault]:
    for server, settings in value.pairs:
        if settings.sort != "map":
            yield from _inner(server, "map", settings, table, f".{server}")
        elif (settings.get("command") is None) == (settings.get("url") is None):
            message = "a server needs either command or url"
            yield Fault("missing-key", f".{server}", settings, message, "command or url")


def _codex_approval(key: Key, value: Value, table: HostTable) -> Iterator[Fault]:
    words = ("untrusted", "on-failure", "on-request", "never")
    if value.sort != "map":
        yield from _inner(key.name, "word", value, table, "", *words)
        return
    granular = value.get("granular")
    if granular is None or len(value.pairs) != 1:
        yield Fault("invalid-value", "", value, f"one of {', '.join(words)} or a table granular is expected")
        return
    for name in ("sandbox_approval", "rules", "mcp_elicitations"):
        if granular.get(name) is None:
            yield Fault("missing-key", f".granular.{name}", granular, f"{name!r} is missing", "true or false")


def _codex_tools(key: Key, value: Value, table: HostTable) -> Iterator[Fault]:
    search = value.get("web_search")
    if search is not None and search.sort not in ("true-false", "map"):
        yield from _inner("web_search", "true-false", search, table, ".web_search")


def _codex_shell(key: Key, value: Value, table: HostTable) -> Iterator[Fault]:
    inherit = value.get("inherit")
    if inherit is not None:
        yield from _inner("inherit", "word", inherit, table, ".inherit", "core", "all", "none")


def _codex_nicknames(key: Key, value: Value, table: HostTable) -> Iterator[Fault]:
    names = [item.text.strip() for item in value.items]
    if not names:
        yield Fault("invalid-value", "", value, "at least one name is expected, found none", "names")
    elif len(set(names)) < len(names):
        yield Fault("invalid-value", "", value, "a name stands here twice", "each name once")


def _codex_thread_store(key: Key, value: Value, table: HostTable) -> Iterator[Fault]:
    if value.get("type") is None:
        yield Fault("missing-key", ".type", value, "'type' is missing", "a type")


_CHECKS: Mapping[tuple[str, str], Callable[[Key, Value, HostTable], Iterator[Fault]]] = {
    ("gemini", "mcp_servers"): _gemini_servers,
    ("gemini", "agent_card_url"): _gemini_card_url,
    ("gemini", "agent_card_json"): _gemini_card_json,
    ("gemini", "auth"): _gemini_auth,
    ("grok", "completionRequirement"): _grok_requirement,
    ("grok", "mcpInheritance"): _grok_inheritance,
    ("grok", "mcpServers"): _grok_servers,
    ("grok", "userMessageTemplate"): _grok_template,
    ("grok", "toolOverrides"): _grok_overrides,
    ("codex", "mcp_servers"): _codex_servers,
    ("codex", "approval_policy"): _codex_approval,
    ("codex", "tools"): _codex_tools,
    ("codex", "shell_environment_policy"): _codex_shell,
    ("codex", "nickname_candidates"): _codex_nicknames,
    ("codex", "experimental_thread_store"): _codex_thread_store,
}
