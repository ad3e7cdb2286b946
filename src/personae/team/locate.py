"""Where plans are looked for.

In a project these folders are tried in this order: `.harness/`, `_harness/`, then the root itself; the first that holds
a plan file is the plan folder. A folder named by the user (`--plans DIR`) is taken as it is.
"""

from __future__ import annotations

import os
from pathlib import Path

from personae.errors import StorageError, UsageError
from personae.team.slugs import plan_name

__all__ = ["ARCHIVE_FOLDERS", "PLACES", "STAGED_FOLDER", "find_plan_folder", "list_names"]

PLACES = (".harness", "_harness", ".")
STAGED_FOLDER = "queued-plans"
ARCHIVE_FOLDERS = ("archive", "archived", "archives")


def find_plan_folder(root: Path, *, named: Path | None = None) -> tuple[Path, tuple[Path, ...]]:
    """Return the plan folder of the project at `root`, and the other places that hold plans and are not read."""
    if named is not None:
        if not named.is_dir():
            what = "is a file" if named.exists() else "does not exist"
            help = "Name a folder that holds PLAN.md or PLAN-<slug>.md."
            raise UsageError(f"the plan folder {named} {what}", help=help)
        return named, ()
    found = [place for place in (root / name if name != "." else root for name in PLACES) if _holds_plans(place)]
    return (found[0], tuple(found[1:])) if found else (root, ())


def list_names(folder: Path) -> list[str]:
    """Return the names in `folder`, sorted; none when there is no such folder."""
    try:
        return sorted(entry.name for entry in os.scandir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise StorageError("read", str(folder), error.strerror or str(error)) from error


def _holds_plans(folder: Path) -> bool:
    inside = (folder, folder / STAGED_FOLDER, *(folder / name for name in ARCHIVE_FOLDERS))
    try:
        return any(plan_name(name) for place in inside[:2] for name in list_names(place)) or any(
            (found := plan_name(name)) and found.archived for place in inside[2:] for name in list_names(place)
        )
    except StorageError:
        return False
