"""How findings are kept in a file of the cache, and the writing of such files."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from personae.errors import Diagnostic, Fix, Place

__all__ = ["plain_diagnostic", "read_diagnostic", "write_kept"]


def write_kept(path: Path, kept: Mapping[str, Any]) -> None:
    """Write what is remembered, all or nothing. A full disk is no failure."""
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(kept, separators=(",", ":")), encoding="ascii")
        temporary.replace(path)
    except OSError:
        with suppress(OSError):
            temporary.unlink()


# `Any`: what `json` gives back; a wrong shape is a KeyError or TypeError for the caller.
_DEFAULTS = asdict(Diagnostic(rule="", message=""))


def plain_diagnostic(item: Diagnostic) -> dict[str, Any]:
    """Return what `json` can write of `item`, without what is as it usually is."""
    plain = {key: value for key in _DEFAULTS if (value := getattr(item, key)) != _DEFAULTS[key]}
    if item.related:
        plain["related"] = [asdict(place) for place in item.related]
    if item.fix:
        plain["fix"] = asdict(item.fix)
    return plain


def read_diagnostic(plain: dict[str, Any]) -> Diagnostic:
    """Return the diagnostic that `plain_diagnostic` took apart."""
    if "related" in plain:
        plain["related"] = tuple(Place(**place) for place in plain["related"])
    if "fix" in plain:
        plain["fix"] = Fix(**plain["fix"])
    return Diagnostic(**plain)
