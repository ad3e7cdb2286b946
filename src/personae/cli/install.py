"""`personae install`: compiled personas at the places where other tools read them, and kept in step."""

from __future__ import annotations

from collections.abc import Sequence

import click

from personae.cli import out
from personae.cli.failures import DONE, FAILED
from personae.cli.here import complete_slug
from personae.cli.installing import (
    apply,
    as_data,
    host_option,
    own_slugs,
    picked,
    scope_option,
    show,
    site_for,
    world_for,
)
from personae.errors import InvalidFileError, UsageError
from personae.hosts.batch import pick_hosts
from personae.hosts.compile import COMPILERS, Compilation, table_of
from personae.hosts.draft import Scope
from personae.hosts.install.hooks import hook_steps
from personae.hosts.install.plan import Step, plan
from personae.hosts.install.wanted import added, compile_wishes, files_of, served
from personae.hosts.ledger import LIMITS

__all__ = ["command"]


@click.command("install")
@click.argument("names", nargs=-1, shell_complete=complete_slug)
@host_option
@scope_option
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
    site, world = site_for(scope), world_for(scope)
    lock = site.read_lock()
    named = pick_hosts(hosts, COMPILERS) if hosts else ()
    meant = picked(named, lock)
    wishes = added(lock, meant, names, allow) if named or names else dict(lock.wishes)
    wishlist = compile_wishes(
        {host: wishes[host] for host in meant if host in wishes}, world, own=own_slugs(world), scope=scope
    )
    if wishlist.diagnostics:
        raise InvalidFileError(wishlist.diagnostics, help="Nothing was installed.")
    refused = [item for item in wishlist.compilations if item.is_refused]
    pending = site.read_journal()
    if pending:
        out.note("an earlier install was interrupted; this one finishes it" if not checking else _INTERRUPTED)
    steps = [
        *plan(files_of(wishlist.compilations, scope=scope), lock, hosts=meant, look=site.look, pending=pending),
        *hook_steps(meant, served(wishlist.compilations), scope=scope, look=site.look),
    ]
    if as_json:
        out.as_json({"hosts": meant, "files": as_data(steps), "refused": [_refusal(item) for item in refused]})
    else:
        show(steps, diffs=checking)
    _say_refused(refused)
    code = _verdict(steps) if checking else apply(site, steps, lock, wishes, hosts=meant, force=force)
    raise click.exceptions.Exit(FAILED if refused or (checking and pending) else code)


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
