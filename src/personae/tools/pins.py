"""What servers said of their tools when they were first met, and what was approved since: a store in `.personae/`.

A description is part of a prompt and written by others. The first one is kept; another one waits for a person.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from personae.errors import StorageError
from personae.persona.store import write_bytes
from personae.tools.declared import Effect

__all__ = ["PINS_FILE", "Pin", "pinned_tools", "read_pins", "write_pins"]

PINS_FILE = Path(".personae", "mcp.json")
_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """One tool as its server described it."""

    description: str
    schema: Mapping[str, Any] = field(default_factory=dict)
    effect: Effect = "once"

    @property
    def digest(self) -> str:
        """Changes with anything that a model is told of it, and with what it says of its effect."""
        text = json.dumps([self.description, self.schema, self.effect], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


Pins = Mapping[str, Mapping[str, Pin]]
"""By server, then by tool."""


def read_pins(root: Path) -> Pins:
    """Return the pins of the project at `root`. Raises `StorageError` for a file that cannot be read."""
    path = root / PINS_FILE
    try:
        data = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise _broken(path, str(error)) from error
    if not isinstance(data, dict) or data.get("version") != _VERSION:
        raise _broken(path, "it is of another version")
    try:
        return {server: {name: Pin(**pin) for name, pin in tools.items()} for server, tools in data["servers"].items()}
    except (TypeError, KeyError, AttributeError) as error:
        raise _broken(path, "it is not what was written") from error


def write_pins(root: Path, pins: Pins) -> None:
    """Keep `pins` instead of those there are. Raises `StorageError`."""
    servers = {server: {name: asdict(pin) for name, pin in tools.items()} for server, tools in pins.items()}
    text = json.dumps({"version": _VERSION, "servers": servers}, indent=1, ensure_ascii=False, sort_keys=True)
    write_bytes(root / PINS_FILE, f"{text}\n".encode("utf-8", "surrogatepass"))


def pinned_tools(root: Path, servers: Sequence[str]) -> frozenset[str]:
    """Return the names `server.tool` that are known of `servers` without reaching any."""
    pins = read_pins(root) if servers else {}
    return frozenset(f"{server}.{name}" for server in servers for name in pins.get(server, ()))


def _broken(path: Path, reason: str) -> StorageError:
    help = "Remove it; every server is then met as for the first time: personae trust NAME."
    return StorageError("read", path.as_posix(), reason, help=help)
