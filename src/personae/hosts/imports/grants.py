"""The tools of an imported agent: its lists and limits at the host, in our words. Never more than the host gives."""

from __future__ import annotations

from collections.abc import Sequence

from personae.hosts.imports.account import Account
from personae.hosts.imports.limits import limits_of
from personae.hosts.imports.tools import counterpart, everything_at, in_order
from personae.persona import slug as slugs
from personae.persona.dialects import HOSTS, ForeignAgent
from personae.persona.dialects.agent import Plain

__all__ = ["grants_of"]

_NONE_WHEN_UNSET = frozenset(["antigravity", "crewai"])


def grants_of(agent: ForeignAgent, account: Account) -> tuple[str, ...] | None:
    """Return the persona's `tools`: None is the project's defaults, `()` none at all."""
    tools = _allowed(agent, account)
    denied = _denied(agent, account)
    limits = list(limits_of(agent))
    agents = agent.extra.get("agents")
    if denied or limits or isinstance(agents, tuple):
        tools = everything_at(agent.host) if tools is None else tools
        tools = tuple(tool for tool in tools if tool.partition("(")[0] not in denied)
        for limit in limits:
            kept = tuple(limit.becomes.get(tool, tool) for tool in tools if tool.partition("(")[0] not in limit.removes)
            kept = (*kept, *limit.adds)
            account.add(limit.key, "mapped", limit.was, _listed(kept), limit.because)
            tools = kept
    if agent.host == "opencode" and (tools is None or "read" in tools):
        because = "OpenCode asks before it reads one and here nobody does: keep secrets out of the project"
        account.add("read", "mapped", ".env files", "files like any other", because)
    if tools is None:
        _say_unset(agent, account)
        return None
    return tuple(dict.fromkeys(_spawning(tools, agents, account)))


def _allowed(agent: ForeignAgent, account: Account) -> tuple[str, ...] | None:
    key = HOSTS[agent.host].tools_key if agent.host in HOSTS else "tools"
    if agent.tools is None:
        if agent.host in _NONE_WHEN_UNSET:
            account.add(key, "mapped", "absent", "none", "absent is none there, and the project's defaults here")
            return ()
        return None
    ours: list[str] = []
    left_out: list[tuple[str, str]] = []
    for name in _split(agent.tools, agent.host):
        found = counterpart(name, agent.host)
        if found.is_all:
            account.add(key, "mapped", name, "absent", "it stands for all tools, and absent is the project's defaults")
            return None
        ours += found.ours
        if not found.ours:
            left_out.append((name, found.because))
    kept = in_order(ours)
    if agent.tools:
        account.add(key, "mapped", agent.tools, _listed(kept))
    else:
        account.add(key, "mapped", "[]", "none")
    for name, because in left_out:
        account.add(key, "narrowed", name, "", because)
    return kept


def _split(names: Sequence[str], host: str) -> Sequence[str]:
    """SKILL.md has its tools with spaces between; other readers cut at commas only."""
    if host != "skill":
        return names
    return [part for name in names for part in (name.split() if "(" not in name else [name])]


def _denied(agent: ForeignAgent, account: Account) -> frozenset[str]:
    denied: set[str] = set()
    for name in agent.denied_tools:
        bare = name.partition("(")[0]
        if bare == "*" and agent.tools is not None:
            continue  # all is off but what the list of allowed ones names
        found = counterpart(bare, agent.host)
        ours = {tool.partition("(")[0] for tool in found.ours} or (
            set(everything_at(agent.host)) if bare == "*" else set()
        )
        denied |= ours
        because = "" if ours else "there is no such tool here, so none is granted"
        now = f"without {', '.join(sorted(ours))}" if ours else ""
        account.add("denied tools", "mapped" if ours else "kept", name, now, because)
    return frozenset(denied)


def _say_unset(agent: ForeignAgent, account: Account) -> None:
    table = HOSTS.get(agent.host)
    there = table.unset.get(table.tools_key, "") if table else "all"
    there = there or (table.unset.get("permission", "") if table else "") or "all"
    because = f"absent is {there} there; here it is the project's defaults ([defaults] tools), which may be all"
    account.add("tools", "mapped", "absent", "absent", because)


def _spawning(tools: Sequence[str], agents: Plain, account: Account) -> Sequence[str]:
    """Name whom the agent may spawn, where the host's file has a list of them beside its tools."""
    if not isinstance(agents, tuple) or "agent" not in tools:
        return tools
    named = [str(name) for name in agents]
    if "*" in named:
        account.add("agents", "mapped", named, "agent")
        return tools
    spec = f"agent({', '.join(dict.fromkeys(slugs.suggest(name) for name in named))})"
    account.add("agents", "mapped", named, spec if named else "", "" if named else "it may call nobody")
    return [spec if tool == "agent" else tool for tool in tools if tool != "agent" or named]


def _listed(tools: Sequence[str]) -> str:
    return ", ".join(tools) or "none"
