"""What `install` and `uninstall` share: the place, the steps as people see them, and the yes that some need."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import click

from personae.adopt.world import World
from personae.adopt.world_store import open_world
from personae.cli import out
from personae.cli.failures import DONE, FAILED
from personae.cli.here import here
from personae.errors import UsageError
from personae.hosts.compile import COMPILERS, table_of
from personae.hosts.draft import Scope
from personae.hosts.install.lock import Lock, Wish
from personae.hosts.install.plan import NEEDS_YES, State, Step, diff_of, files_after
from personae.hosts.install.store import Site, project_site, user_site
from personae.library.roots import find_root, user_folder
from personae.library.store import list_home
from personae.library.tiers import ModelOffer

__all__ = ["apply", "as_data", "host_option", "own_slugs", "picked", "scope_option", "show", "site_for", "world_for"]

host_option = click.option(
    "--host", "hosts", metavar="HOST[,HOST]", help=f"{', '.join(COMPILERS)}; by default those of personae.lock."
)
scope_option = click.option(
    "--scope",
    type=click.Choice(["project", "user"]),
    default="project",
    show_default=True,
    help="This project's files, or yours below the home folder.",
)

_WORDS: Mapping[State, tuple[str, str, str | None]] = MappingProxyType(
    {
        "new": ("+", "", "green"),
        "stale": ("~", "", "yellow"),
        "orphan": ("-", "no longer wanted", "red"),
        "edited": ("!", "changed by hand", "red"),
        "foreign": ("!", "there already, and not ours", "red"),
        "edited-orphan": ("!", "no longer wanted, and changed by hand", "red"),
        "unlisted": ("=", "not in the lock yet", None),
        "gone": ("=", "in the lock, and no longer there", None),
        "shared": ("=", "other tools read it too", None),
        "merged": ("~", "one entry of ours in it, the rest stays", "yellow"),
        "blocked": ("!", "", "red"),
    }
)
_QUESTIONS: Mapping[State, str] = MappingProxyType(
    {
        "edited": "{} was changed by hand. Replace it?",
        "foreign": "{} is there already and is not ours. Replace it?",
        "edited-orphan": "{} is no longer wanted, and was changed by hand. Remove it?",
    }
)


def site_for(scope: Scope) -> Site:
    """Return where files of `scope` are installed."""
    return user_site() if scope == "user" else project_site(find_root(here()))


def world_for(scope: Scope) -> World:
    """Return the world whose personas are installed: this project's, or the user's own."""
    start = user_folder() if scope == "user" else here()
    return open_world(start, models=lambda project, wish: ModelOffer())


def own_slugs(world: World) -> list[str]:
    """Return the personas of the world's own project."""
    own = dict.fromkeys(file.slug for file in list_home(world.project.root))
    return [slug for slug in own if not world.shelf.head(slug).left_alone]


def picked(hosts: Sequence[str], lock: Lock) -> tuple[str, ...]:
    """Return the hosts that are meant: those named, or all that the lock has. Raises `UsageError` for none."""
    known = dict.fromkeys([*lock.wishes, *(host for entry in lock.files.values() for host in entry.hosts)])
    if hosts or known:
        return tuple(hosts) or tuple(known)
    raise UsageError("nothing is installed here yet", help="Say for which tools: personae install --host claude,codex.")


def show(steps: Sequence[Step], *, diffs: bool = False) -> None:
    """Print each step that changes something, or needs a look; with `diffs` what it changes."""
    for step in steps:
        if step.state == "same":
            continue
        sign, words, color = _WORDS[step.state]
        words = step.reason or words
        click.echo(f"{click.style(sign, fg=color, bold=True)} {step.path}{f' ({words})' if words else ''}")
        if diffs and step.changes_disk:
            click.echo(_colored(diff_of(step)), nl=False)


def _colored(diff: str) -> str:
    colors = {"+": "green", "-": "red", "@": "cyan"}
    return "".join(
        click.style(line, fg=colors[line[0]]) if line[:1] in colors else line for line in diff.splitlines(keepends=True)
    )


def apply(
    site: Site, steps: Sequence[Step], lock: Lock, wishes: Mapping[str, Wish], *, hosts: Sequence[str], force: bool
) -> int:
    """Take the steps that need no yes or get one, and return the exit code."""
    blocked = [step for step in steps if step.state == "blocked"]
    if blocked:
        out.warn(f"Error: {blocked[0].path} cannot be written: {blocked[0].reason}")
        out.note("  Nothing was changed.")
        return FAILED
    agreed = [step for step in steps if step.changes_disk and (step.state not in NEEDS_YES or force or _agrees(step))]
    done = {step.path for step in agreed}
    files = files_after(lock, steps, done, hosts)
    after = Lock(wishes=MappingProxyType(dict(wishes)), files=MappingProxyType(files))
    if agreed or after != lock or site.read_journal():
        site.apply(agreed, after, before=lock)
    left = [step for step in steps if step.changes_disk and step.path not in done]
    counts = Counter("removed" if step.after is None else "written" for step in agreed)
    same = sum(step.state in ("same", "unlisted") for step in steps)
    parts = [f"{counts[word]:,} {word}" for word in ("written", "removed") if counts[word]]
    parts += [f"{same:,} as they should be"] if same else []
    out.note(", ".join(parts) or ("personae.lock brought up to date" if after != lock else "nothing to do"))
    if left:
        names = ", ".join(step.path for step in left[:3]) + (" …" if len(left) > 3 else "")
        out.warn(f"left as they are: {names}. --force takes them over; --check shows the difference.")
    return FAILED if left else DONE


def _agrees(step: Step) -> bool:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    click.echo(_colored(diff_of(step)), err=True, nl=False)
    return click.confirm(_QUESTIONS[step.state].format(step.path), err=True)


def as_data(steps: Sequence[Step]) -> list[dict[str, object]]:
    """Return `steps` as data for JSON."""
    return [
        {
            "path": step.path,
            "state": step.state,
            "hosts": [table_of(host).id for host in step.hosts],
            "persona": step.persona,
            "reason": step.reason,
            "diff": diff_of(step) if step.changes_disk else "",
        }
        for step in steps
    ]
