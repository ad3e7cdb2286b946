"""What somebody asked to be installed, compiled: each file once, with all who read it. It writes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from personae.adopt.world import World
from personae.errors import Diagnostic, UsageError
from personae.hosts.artifact import Artifact
from personae.hosts.batch import compile_all, make_ready
from personae.hosts.companions import companions
from personae.hosts.compile import Compilation, table_of
from personae.hosts.draft import Scope
from personae.hosts.install.lock import ANY, Lock, Wish, path_problem
from personae.hosts.install.plan import Wanted
from personae.hosts.outfit import Outfit

__all__ = ["Wishlist", "added", "allowing", "compile_wishes", "files_of", "served", "taken_off"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishlist:
    """Everything wished, compiled."""

    compilations: tuple[Compilation, ...]
    diagnostics: tuple[Diagnostic, ...] = ()
    """What is wrong with personas that are wished."""


def added(lock: Lock, hosts: Sequence[str], personas: Sequence[str]) -> dict[str, Wish]:
    """Return the wishes of `lock` with `personas` (none: all of the project) for `hosts` among them."""
    wishes = dict(lock.wishes)
    for host in hosts:
        before = wishes.get(host, Wish(personas=()))
        is_all = not personas or before.personas is None
        named = None if is_all else tuple(sorted({*(before.personas or ()), *personas}))
        wishes[host] = replace(before, personas=named)
    return wishes


def allowing(
    wishes: Mapping[str, Wish], hosts: Sequence[str], personas: Sequence[str], fields: Sequence[str]
) -> dict[str, Wish]:
    """Return `wishes` in which `personas` (none: all) may lose the limits `fields` on `hosts`, beside what they may."""
    allowed = dict(wishes)
    for host in hosts if fields else ():
        wish = wishes[host]
        by_name = {name: set(names) for name, names in wish.allow}
        for name in personas or (ANY,):
            by_name.setdefault(name, set()).update(fields)
        pairs = sorted((name, tuple(sorted(names))) for name, names in by_name.items())
        allowed[host] = replace(wish, allow=tuple(pairs))
    return allowed


def taken_off(lock: Lock, hosts: Sequence[str], personas: Sequence[str], own: Sequence[str]) -> dict[str, Wish]:
    """Return the wishes of `lock` without `personas` (none: all of them) for `hosts`; `own` are all of the project."""
    wishes = dict(lock.wishes)
    for host in hosts:
        wish = wishes.pop(host, None)
        if wish is None or not personas:
            continue
        rest = tuple(slug for slug in (own if wish.personas is None else wish.personas) if slug not in personas)
        if rest:
            allow = tuple((name, fields) for name, fields in wish.allow if name not in personas)
            wishes[host] = replace(wish, personas=rest, allow=allow)
    return wishes


def compile_wishes(wishes: Mapping[str, Wish], world: World, *, own: Sequence[str], scope: Scope) -> Wishlist:
    """Compile what is wished. Raises `UnknownNameError` for a persona that nobody has."""
    slugs = {host: own if wish.personas is None else wish.personas for host, wish in wishes.items()}
    ready = make_ready(list(dict.fromkeys(slug for names in slugs.values() for slug in names)), world)
    outfits: dict[str, Outfit] = {one.slug: one for one in ready.outfits}
    compilations = tuple(
        compilation
        for host, wish in wishes.items()
        for slug in slugs[host]
        if slug in outfits
        for compilation in compile_all([outfits[slug]], [host], allow=wish.allowed(slug), scope=scope)
    )
    return Wishlist(compilations=compilations, diagnostics=ready.diagnostics)


def files_of(compilations: Sequence[Compilation], *, scope: Scope) -> dict[str, Wanted]:
    """Return every file by its path, those that serve all personas of a host too.

    Raises `UsageError` where two would be one, on any file system.
    """
    files: dict[str, Wanted] = {}
    folded: dict[str, tuple[str, _Made]] = {}
    for made in _made(compilations, scope):
        path = made.artifact.path.as_posix()
        if wrong := path_problem(path):
            raise UsageError(f"{made.persona or 'a file'} cannot be installed for {made.host}: {wrong}")
        want = Wanted(
            data=made.artifact.text.encode(),
            hosts=(made.host,),
            persona=made.persona,
            executable=made.artifact.executable,
        )
        place, first = folded.setdefault(path.casefold(), (path, made))
        before = files.get(path)
        if place != path or (before is not None and before.data != want.data):
            raise _collision(place, path, first, made)
        files[path] = want if before is None else replace(before, hosts=(*before.hosts, made.host))
    return files


@dataclass(frozen=True, slots=True)
class _Made:
    artifact: Artifact
    host: str
    persona: str


def _made(compilations: Sequence[Compilation], scope: Scope) -> Iterator[_Made]:
    for item in compilations:
        yield from (_Made(artifact, item.host, artifact.owner_slug) for artifact in item.artifacts)
    for host in served(compilations):
        yield from (_Made(artifact, host, "") for artifact in companions(host, scope=scope))


def served(compilations: Sequence[Compilation]) -> tuple[str, ...]:
    """Return the hosts that get at least one file."""
    return tuple(dict.fromkeys(item.host for item in compilations if item.artifacts))


def _collision(first: str, second: str, one: _Made, other: _Made) -> UsageError:
    titles = " and ".join(dict.fromkeys(table_of(made.host).title for made in (one, other)))
    whose = " and ".join(dict.fromkeys(made.persona or "all personas" for made in (one, other)))
    where = first if first == second else f"{first} and {second}, which some disks do not tell apart"
    return UsageError(
        f"{whose} would both be {where} ({titles})",
        help="Install one of them, or rename one: personae rename SLUG NEW-SLUG.",
    )
