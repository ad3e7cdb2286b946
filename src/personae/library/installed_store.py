"""Looks into installed Python packages: their versions, and the capabilities that they declare as entry points.

An entry point of the group `personae.capabilities` is named as the capability and leads to a map with a list of tools,
such as `board-sync = "their_package:BOARD_SYNC"` to `{"tools": ["board_read"]}`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.metadata import EntryPoint, PackageNotFoundError, entry_points, version

from personae.library.capabilities import Capability

__all__ = ["GROUP", "offered", "version_of"]

GROUP = "personae.capabilities"


def version_of(package: str) -> str | None:
    """Return the version of an installed package; None when it is not installed."""
    try:
        return version(package)
    except (PackageNotFoundError, ValueError):
        return None


def offered(names: frozenset[str]) -> Iterator[Capability]:
    """Yield every capability that an installed package declares; only those in `names` are loaded for their tools."""
    for point in sorted(entry_points(group=GROUP), key=lambda point: (point.name, point.value)):
        tools, fault = _load(point) if point.name in names else ((), "")
        distribution = point.dist
        yield Capability(
            name=point.name,
            provider=distribution.name if distribution else point.module,
            tools=tools,
            version=distribution.version if distribution else None,
            fault=fault,
        )


def _load(point: EntryPoint) -> tuple[tuple[str, ...], str]:
    """Return the tools of a manifest, or why it cannot be used. A package may raise anything while it is imported."""
    try:
        manifest: object = point.load()
    except Exception as error:
        return (), f"{type(error).__name__} while loading {point.value}"
    tools: object = manifest.get("tools", ()) if isinstance(manifest, Mapping) else None
    if not isinstance(tools, (list, tuple)) or not all(isinstance(tool, str) for tool in tools):
        return (), f"{point.value} is not a map with a list of tools"
    return tuple(tools), ""
