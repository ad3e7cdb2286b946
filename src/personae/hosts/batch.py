"""Many personas for many hosts: each gated and resolved once, then spelled for every host. It writes nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from personae.adopt.adoption import BRAIN
from personae.adopt.world import World
from personae.errors import Diagnostic, UnknownNameError, UsageError
from personae.hosts.artifact import Artifact
from personae.hosts.compile import Compilation, compile_outfit, table_of
from personae.hosts.draft import Scope
from personae.hosts.outfit import Outfit, outfit
from personae.persona.model import Persona

__all__ = ["Ready", "artifacts_of", "compile_all", "make_ready", "pick_hosts"]

_ALONE = frozenset(["agents-md", "a2a", "mcp-prompt"])
"""Hosts that `all` leaves out: one file for all personas, or files that nothing reads without being told where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """Personas that may be compiled, and what is wrong with the others."""

    outfits: tuple[Outfit, ...]
    diagnostics: tuple[Diagnostic, ...] = ()


def pick_hosts(text: str, known: Iterable[str]) -> tuple[str, ...]:
    """Return the hosts that `text` lists with commas; `all` is every host whose files can stand side by side.

    Raises `UnknownNameError`.
    """
    every = list(known)
    picked: dict[str, None] = {}
    for name in (part.strip() for part in text.split(",")):
        if name == "all":
            picked |= dict.fromkeys(host for host in every if host not in _ALONE)
        elif name in every:
            picked[name] = None
        else:
            raise UnknownNameError("host", name, [*every, "all"])
    return tuple(picked)


def make_ready(slugs: Sequence[str], world: World) -> Ready:
    """Read, gate and resolve the personas called `slugs`. What is wrong with one keeps none of the others back.

    Raises `UnknownNameError` for a slug that nobody has, `UsageError` for the brain.
    """
    personas: list[Persona] = []
    wrong: list[Diagnostic] = []
    for slug in slugs:
        if slug == BRAIN:
            raise UsageError("the brain is beneath every adoption and is no agent of its own")
        head = world.shelf.head(slug)
        if head.head is None:
            if not head.errors:
                raise UnknownNameError("persona", slug, world.shelf.names)
            wrong += head.errors
            continue
        woken = world.shelf.wake(slug)
        in_the_way = world.gate(head.head, world.substrate, world.shelf.names)
        wrong += [*in_the_way, *(item for item in woken.diagnostics if item.severity == "error")]
        if woken.persona is not None and not in_the_way:
            personas.append(woken.persona)
    starts_any = any("agent" in (persona.tools or ("agent",)) for persona in personas)
    subagents = _subagents(world) if starts_any else ()
    outfits = tuple(outfit(persona, world, subagents=subagents) for persona in personas)
    return Ready(outfits=outfits, diagnostics=tuple(wrong))


def compile_all(
    ready: Iterable[Outfit],
    hosts: Sequence[str],
    *,
    allow: Collection[str] = (),
    scope: Scope = "project",
    url: str = "",
) -> tuple[Compilation, ...]:
    """Return each persona on each host, host by host."""
    outfits = list(ready)
    return tuple(compile_outfit(one, host, allow=allow, scope=scope, url=url) for host in hosts for one in outfits)


def artifacts_of(compilations: Iterable[Compilation]) -> tuple[Artifact, ...]:
    """Return every file once. Raises `UsageError` where two personas would be one file, on any file system."""
    files: dict[str, tuple[Artifact, Compilation]] = {}
    for compilation in compilations:
        for artifact in compilation.artifacts:
            place = artifact.path.as_posix().casefold()
            first, other = files.setdefault(place, (artifact, compilation))
            if first is not artifact and first.text != artifact.text:
                title = table_of(compilation.host).title
                raise UsageError(
                    f"{other.persona} and {artifact.owner_slug} would both be {artifact.path} ({title})",
                    help="Compile one of them, or rename one: personae rename SLUG NEW-SLUG.",
                )
    return tuple(artifact for artifact, _ in files.values())


def _subagents(world: World) -> tuple[str, ...]:
    heads = (world.shelf.head(slug).head for slug in sorted(world.shelf.names))
    return tuple(head.slug for head in heads if head and "sub-agent" in head.modes)
