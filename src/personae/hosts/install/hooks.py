"""Our hook in a host's settings. The file is the user's: ours is one entry in it, added and taken out again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from personae.errors import UsageError
from personae.hosts.companions import hook_file, with_hook, without_hook
from personae.hosts.draft import Scope
from personae.hosts.install.plan import Found, Step

__all__ = ["hook_steps"]


def hook_steps(
    hosts: Collection[str], served: Collection[str], *, scope: Scope, look: Callable[[str], Found]
) -> Iterator[Step]:
    """Yield what the settings of `hosts` need: our hook where a host is `served`, and none of ours elsewhere.

    Raises `UsageError` for settings that cannot be read.
    """
    for host in hosts:
        path = hook_file(host)
        if path is None:
            continue
        found = look(str(path))
        before = _text(found, str(path))
        if host in served:
            after: str | None = with_hook(before, scope=scope)
        elif before is None:
            continue
        else:
            after = without_hook(before)
        if found.problem or after != before:
            yield Step(
                path=str(path),
                state="blocked" if found.problem else "merged",
                hosts=(host,),
                persona="",
                before=found.data,
                after=None if after is None else after.encode(),
                reason=found.problem,
            )


def _text(found: Found, path: str) -> str | None:
    try:
        return None if found.data is None else found.data.decode()
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8", help="Repair it first; nothing was written.") from error
