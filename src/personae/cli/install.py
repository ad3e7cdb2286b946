"""`personae install`: compiled personas at the places where other tools read them, and kept in step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import click

from personae.cli import installing, out
from personae.cli.failures import DONE, FAILED
from personae.cli.here import complete_slug
from personae.errors import InvalidFileError, UsageError
from personae.hosts.batch import pick_hosts
from personae.hosts.compile import COMPILERS, Compilation, table_of
from personae.hosts.draft import Scope
from personae.hosts.install.hooks import hook_steps
from personae.hosts.install.lock import Lock, Wish
from personae.hosts.install.plan import Step, plan
from personae.hosts.install.store import Site
from personae.hosts.install.wanted import added, allowing, compile_wishes, files_of, served
from personae.hosts.ledger import LIMITS

__all__ = ["command"]


@click.command("install")
@click.argument("names", nargs=-1, shell_complete=complete_slug)
@installing.host_option
@installing.scope_option
@click.option(
    "--check", "checking", is_flag=True, help="Change nothing; show what differs, and exit 1 if anything does."
)
@click.option("--force", is_flag=True, help="Replace files that were changed by hand or are not ours, without asking.")
@click.option(
    "--allow-widening", "allow", multiple=True, metavar="FIELD", help="Install although the host loses this limit."
)
@out.json_option
def command(
    names: tuple[str, ...],
    hosts: str | None,
    scope: Scope,
    checking: bool,
    force: bool,
    allow: tuple[str, ...],
    as_json: bool,
) -> None:
    """Install the personas of this project, or NAMES, for other agent tools.

    personae.lock remembers what was installed, with the digest of each file; commit it. A file that was changed by
    hand, or that is not ours, is replaced only after a yes. What is no longer wanted is removed.

    \b
    personae install --host claude,codex       all personas of the project
    personae install --host claude reviewer    this one
    personae install                           bring what is installed up to date
    personae install --check                   for CI: is it?

    \b
    Exit code 0: done, or all in step
              1: something differs, needs a yes, or was refused
              6: a persona or the lock is broken
    """
    for name in allow:
        if name not in LIMITS:
            raise UsageError(f"{name!r} is no limit", help=f"Limits are: {', '.join(sorted(LIMITS))}.")
    site = installing.site_for(scope)
    lock = site.read_lock()
    named = pick_hosts(hosts, COMPILERS) if hosts else ()
    meant = installing.picked(named, lock)
    wishes = added(lock, meant, names) if named or names else dict(lock.wishes)
    wishes = allowing(wishes, [host for host in meant if host in wishes], names, allow)
    compilations = _compiled({host: wishes[host] for host in meant if host in wishes}, scope)
    refused = [item for item in compilations if item.is_refused]
    steps, interrupted = _steps(compilations, lock, meant, scope, site)
    if interrupted:
        out.note(_INTERRUPTED if checking else "an earlier install was interrupted; this one finishes it")
    if as_json:
        told = [_refusal(item) for item in refused]
        out.as_json({"hosts": meant, "files": installing.as_data(steps), "refused": told})
    else:
        installing.show(steps, diffs=checking)
    _say_refused(refused)
    code = _verdict(steps) if checking else installing.apply(site, steps, lock, wishes, hosts=meant, force=force)
    raise click.exceptions.Exit(FAILED if refused or (checking and interrupted) else code)


def _compiled(wishes: Mapping[str, Wish], scope: Scope) -> Sequence[Compilation]:
    world = installing.world_for(scope)
    wishlist = compile_wishes(wishes, world, own=installing.own_slugs(world), scope=scope)
    if wishlist.diagnostics:
        raise InvalidFileError(wishlist.diagnostics, help="Nothing was installed.")
    return wishlist.compilations


def _steps(
    compilations: Sequence[Compilation], lock: Lock, hosts: Sequence[str], scope: Scope, site: Site
) -> tuple[Sequence[Step], bool]:
    """Return what is to be done, and whether an earlier install was interrupted."""
    pending, look = site.read_journal(), site.looker()
    files = files_of(compilations, scope=scope)
    steps = plan(files, lock, hosts=hosts, look=look, pending=pending)
    hooks = hook_steps(hosts, served(compilations), scope=scope, look=look)
    return (*steps, *hooks), bool(pending)


_INTERRUPTED = "an install was interrupted: personae install finishes it"


def _verdict(steps: Sequence[Step]) -> int:
    differing = [step for step in steps if step.state != "same"]
    files = "1 file" if len(steps) == 1 else f"{len(steps):,} files"
    if not differing:
        out.note(f"{files} in step")
        return DONE
    out.note(f"{len(differing):,} of {files} not in step: personae install")
    return FAILED


def _refusal(item: Compilation) -> dict[str, object]:
    return {
        "host": item.host,
        "persona": item.persona,
        "limits_lost": [entry.field for entry in item.refused],
        "faults": list(item.faults),
    }


def _say_refused(refused: Sequence[Compilation]) -> None:
    for item in refused:
        lost = "; ".join(f"{entry.field}: {entry.reason}" for entry in item.refused)
        why = "; ".join(part for part in (lost, *item.faults) if part)
        out.warn(f"Error: {item.persona} is not installed for {table_of(item.host).title}: {why}")
        if not item.faults:
            fields = " ".join(f"--allow-widening {entry.field}" for entry in item.refused)
            out.note(f"  To install it all the same: personae install --host {item.host} {item.persona} {fields}")
