"""What this machine can spare: memory, disk, cores, the folder for weights. Reads the system, changes nothing."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from personae.run.models.catalog import CATALOG, Room

__all__ = ["cores", "free_disk_bytes", "free_memory_bytes", "room", "weights_folder"]

_UNKNOWN_MEMORY = 2_000_000_000
"""Assumed where the system does not say: enough for the default weights, not for the large ones."""


def weights_folder(env: Mapping[str, str]) -> Path:
    """Return the user's cache folder for weights; it may not exist yet."""
    if sys.platform == "win32":
        base = env.get("LOCALAPPDATA")
        return (Path(base) if base else Path.home() / "AppData" / "Local") / "personae" / "models"
    base = env.get("XDG_CACHE_HOME")
    # The XDG specification has a relative path ignored.
    root = Path(base) if base and Path(base).is_absolute() else Path.home() / ".cache"
    return root / "personae" / "models"


def room(env: Mapping[str, str]) -> Room:
    """Return what is free here now."""
    folder = weights_folder(env)
    cached = frozenset(name for name, item in CATALOG.items() if (folder / item.filename).is_file())
    return Room(
        free_memory_bytes=free_memory_bytes(),
        free_disk_bytes=free_disk_bytes(folder),
        cores=cores(),
        cached=cached,
    )


def cores() -> int:
    """Return the cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def free_disk_bytes(folder: Path) -> int:
    """Return what the file system of `folder` has left for us; the folder need not exist."""
    existing = next((place for place in (folder, *folder.parents) if place.exists()), Path("/"))
    return shutil.disk_usage(existing).free


def free_memory_bytes() -> int:
    """Return the memory that can be had without swapping, within the limit of a container."""
    available = _meminfo_available()
    limit = _cgroup_room()
    if available is None:
        return _UNKNOWN_MEMORY if limit is None else limit
    return available if limit is None else min(available, limit)


def _meminfo_available() -> int | None:
    try:
        text = Path("/proc/meminfo").read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return _half_of_all()
    for line in text.splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None


def _half_of_all() -> int | None:
    """Return half of what there is: macOS and Windows have no cheap figure of what is free."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    except (AttributeError, ValueError, OSError):
        return None


def _cgroup_room() -> int | None:
    """What a container's limit leaves (cgroup v2); None without one."""
    base = Path("/sys/fs/cgroup")
    try:
        limit = (base / "memory.max").read_text(encoding="ascii").strip()
        if limit == "max":
            return None
        used = int((base / "memory.current").read_text(encoding="ascii"))
        return max(0, int(limit) - used)
    except (OSError, ValueError):
        return None
