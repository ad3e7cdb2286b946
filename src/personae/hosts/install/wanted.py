"""What somebody asked to be installed, compiled: each file once, with all who read it. It writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from personae.adopt.world import World
from personae.errors import Diagnostic, UsageError
from personae.hosts.batch import compile_all, make_ready
from personae.hosts.compile import Compilation, table_of
from personae.hosts.draft import Scope
from personae.hosts.install.lock import Lock, Wish, path_problem
from personae.hosts.install.plan import Wanted
from personae.hosts.outfit import Outfit

__all__ = ["Wishlist", "added", "compile_wishes", "files_of", "taken_off"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishlist:
    """Everything wished, compiled."""

    compilations: tuple[Compilation, ...]
    diagnostics: tuple[Diagnostic, ...] = ()
    """What is wrong with personas that are wished."""


def added(lock: Lock, hosts: Sequence[str], personas: Sequence[str], allow: Sequence[str]) -> dict[str, Wish]:
    """Return the wishes of `lock` with `personas` (none: all of the project) for `hosts` among them."""
    wishes = dict(lock.wishes)
    for host in hosts:
        before = wishes.get(host)
        if not personas or (before is not None and before.personas is None):
            named = None
        else:
            named = tuple(sorted({*(before.personas or () if before else ()), *personas}))
        allowed = tuple(sorted({*(before.allow if before else ()), *allow}))
        wishes[host] = Wish(personas=named, allow=allowed)
    return wishes


def taken_off(lock: Lock, hosts: Sequence[str], personas: Sequence[str], own: Sequence[str]) -> dict[str, Wish]:
    """Return the wishes of `lock` without `personas` (none: all of them) for `hosts`; `own` are all of the project."""
    wishes = dict(lock.wishes)
    for host in hosts:
        wish = wishes.pop(host, None)
        if wish is None or not personas:
            continue
        rest = tuple(slug for slug in (own if wish.personas is None else wish.personas) if slug not in personas)
        if rest:
            wishes[host] = replace(wish, personas=rest)
    return wishes


def compile_wishes(wishes: Mapping[str, Wish], world: World, *, own: Sequence[str], scope: Scope) -> Wishlist:
    """Compile what is wished. Raises `UnknownNameError` for a persona that nobody has."""
    slugs = {host: own if wish.personas is None else wish.personas for host, wish in wishes.items()}
    ready = make_ready(list(dict.fromkeys(slug for names in slugs.values() for slug in names)), world)
    outfits: dict[str, Outfit] = {one.slug: one for one in ready.outfits}
    compilations = tuple(
        compilation
        for host, wish in wishes.items()
        for compilation in compile_all(
            [outfits[slug] for slug in slugs[host] if slug in outfits], [host], allow=wish.allow, scope=scope
        )
    )
    return Wishlist(compilations=compilations, diagnostics=ready.diagnostics)


def files_of(compilations: Sequence[Compilation], *, problem: Callable[[str], str] = path_problem) -> dict[str, Wanted]:
    """Return every file by its path. Raises `UsageError` where two would be one, on any file system."""
    files: dict[str, Wanted] = {}
    folded: dict[str, tuple[str, Compilation]] = {}
    for compilation in compilations:
        for artifact in compilation.artifacts:
            path = artifact.path.as_posix()
            if wrong := problem(path):
                raise UsageError(f"{compilation.persona} cannot be installed for {compilation.host}: {wrong}")
            want = Wanted(
                data=artifact.text.encode(),
                hosts=(compilation.host,),
                persona=artifact.owner_slug,
                executable=artifact.executable,
            )
            place, first = folded.setdefault(path.casefold(), (path, compilation))
            before = files.get(path)
            if place != path or (before is not None and before.data != want.data):
                raise _collision(place, path, first, compilation)
            files[path] = want if before is None else replace(before, hosts=(*before.hosts, compilation.host))
    return files


def _collision(first: str, second: str, one: Compilation, other: Compilation) -> UsageError:
    titles = " and ".join(dict.fromkeys(table_of(item.host).title for item in (one, other)))
    whose = " and ".join(dict.fromkeys((one.persona, other.persona)))
    where = first if first == second else f"{first} and {second}, which some disks do not tell apart"
    return UsageError(
        f"{whose} would both be {where} ({titles})",
        help="Install one of them, or rename one: personae rename SLUG NEW-SLUG.",
    )
