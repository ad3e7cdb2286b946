"""`compile_persona(persona, host)`: the files of a host, and the ledger of what it keeps. Pure; it writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from personae.adopt.world import World
from personae.errors import UnknownNameError
from personae.hosts.antigravity import compile_antigravity
from personae.hosts.artifact import Artifact
from personae.hosts.claude import compile_claude
from personae.hosts.coarse import compile_cursor, compile_goose
from personae.hosts.codex import compile_codex
from personae.hosts.copilot import compile_copilot
from personae.hosts.draft import Draft, Scope
from personae.hosts.grok import compile_grok
from personae.hosts.ledger import Entry, Ledger
from personae.hosts.opencode import compile_opencode
from personae.hosts.outfit import Outfit, outfit
from personae.hosts.prose import compile_a2a, compile_agents_md, compile_mcp_prompt, compile_skill
from personae.hosts.subagents import compile_factory, compile_gemini, compile_kiro, compile_qwen
from personae.persona.dialects.hosts import HOSTS
from personae.persona.dialects.hosts.targets import TARGETS
from personae.persona.dialects.table import HostTable
from personae.persona.model import Persona

__all__ = ["COMPILERS", "Compilation", "compile_outfit", "compile_persona", "table_of"]

COMPILERS: Mapping[str, Callable[[Draft], None]] = MappingProxyType(
    {
        "claude": compile_claude,
        "codex": compile_codex,
        "opencode": compile_opencode,
        "copilot": compile_copilot,
        "cursor": compile_cursor,
        "gemini": compile_gemini,
        "antigravity": compile_antigravity,
        "grok": compile_grok,
        "qwen": compile_qwen,
        "kiro": compile_kiro,
        "factory": compile_factory,
        "goose": compile_goose,
        "skill": compile_skill,
        "agents-md": compile_agents_md,
        "a2a": compile_a2a,
        "mcp-prompt": compile_mcp_prompt,
    }
)
"""Every host, in the order shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compilation:
    """One persona on one host."""

    host: str
    persona: str
    name: str
    """What the host calls it."""
    artifacts: tuple[Artifact, ...]
    """Empty where the host carries none of its modes, and where it is refused."""
    ledger: Ledger
    refused: tuple[Entry, ...] = ()
    """Limits that the host would not keep, and that nobody allowed it to lose."""
    faults: tuple[str, ...] = ()
    """Why nothing can be written, whatever is allowed."""

    @property
    def is_refused(self) -> bool:
        """Whether something kept the files from being written."""
        return bool(self.refused or self.faults)


def compile_persona(
    persona: Persona,
    host: str,
    *,
    world: World | None = None,
    allow: Collection[str] = (),
    scope: Scope = "project",
    url: str = "",
) -> Compilation:
    """Return the files of `host` for `persona`, as it is in `world` (None: nothing around it).

    `allow` names fields that may be widened; the files say so. Raises `UnknownNameError` for an unknown host.
    """
    return compile_outfit(outfit(persona, world), host, allow=allow, scope=scope, url=url)


def compile_outfit(
    ready: Outfit, host: str, *, allow: Collection[str] = (), scope: Scope = "project", url: str = ""
) -> Compilation:
    """Return what `compile_persona` does, for a persona that is resolved already: many hosts share that work."""
    draft = Draft(outfit=ready, table=table_of(host), allowed=frozenset(allow), scope=scope, url=url)
    COMPILERS[host](draft)
    ledger = draft.ledger
    refused = ledger.refused(allow)
    written = () if refused or draft.faults else tuple(draft.artifacts)
    faults = tuple(dict.fromkeys(draft.faults))
    return Compilation(
        host=host, persona=ready.slug, name=draft.name, artifacts=written, ledger=ledger, refused=refused, faults=faults
    )


def table_of(host: str) -> HostTable:
    """Return the table of `host`. Raises `UnknownNameError`."""
    if host not in COMPILERS:
        raise UnknownNameError("host", host, COMPILERS)
    return HOSTS[host] if host in HOSTS else TARGETS[host]
