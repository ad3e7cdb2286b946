"""`personae uninstall`: take back what `install` wrote, and nothing else."""

from __future__ import annotations

import click

from personae.cli import installing, out
from personae.cli.here import complete_slug
from personae.errors import UnknownNameError
from personae.hosts.batch import pick_hosts
from personae.hosts.compile import COMPILERS
from personae.hosts.draft import Scope
from personae.hosts.install.hooks import hook_steps
from personae.hosts.install.lock import Lock
from personae.hosts.install.plan import plan
from personae.hosts.install.wanted import taken_off

__all__ = ["command"]


@click.command("uninstall")
@click.argument("names", nargs=-1, shell_complete=complete_slug)
@installing.host_option
@installing.scope_option
@click.option("--dry-run", is_flag=True, help="Show what would be removed, and remove nothing.")
@click.option("--force", is_flag=True, help="Remove files that were changed by hand too, without asking.")
@out.json_option
def command(names: tuple[str, ...], hosts: str | None, scope: Scope, dry_run: bool, force: bool, as_json: bool) -> None:
    """Remove what was installed: all of it, or that of NAMES or of some hosts.

    Only files that personae.lock lists are removed, and only while they are as they were written.

    \b
    personae uninstall reviewer        everywhere
    personae uninstall --host codex    everybody there
    """
    site = installing.site_for(scope)
    lock = site.read_lock()
    meant = installing.picked(pick_hosts(hosts, COMPILERS) if hosts else (), lock)
    known = {entry.persona for entry in lock.files.values()} | {
        slug for wish in lock.wishes.values() for slug in wish.personas or ()
    }
    for name in names:
        if name not in known:
            raise UnknownNameError("installed persona", name, known - {""})
    own = installing.own_slugs(installing.world_for(scope)) if names else []
    wishes = taken_off(lock, meant, names, own)
    files = {
        path: entry
        for path, entry in lock.files.items()
        if set(entry.hosts) & set(meant)
        and (not names or entry.persona in names or not (entry.persona or set(entry.hosts) & set(wishes)))
    }
    emptied = [host for host in meant if host not in wishes]
    look = site.looker()
    steps = [
        *plan({}, Lock(files=files), hosts=meant, look=look, pending=site.read_journal()),
        *hook_steps(emptied, (), scope=scope, look=look),
    ]
    if as_json:
        out.as_json({"hosts": meant, "files": installing.as_data(steps)})
    else:
        installing.show(steps)
    if not dry_run:
        raise click.exceptions.Exit(installing.apply(site, steps, lock, wishes, hosts=meant, force=force))
