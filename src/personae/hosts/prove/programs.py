"""Where the programs of the hosts are. `PERSONAE_HOSTS` names a folder that npm filled; else the PATH is looked at."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

__all__ = ["PROVABLE", "Program", "find_program"]

_PACKAGES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "gemini": ("@google/gemini-cli-core", "dist/src/agents/agentLoader.js"),
        "grok": ("@xai-official/grok", ""),
        "codex": ("@openai/codex", ""),
        "opencode": ("opencode-ai", ""),
    }
)
PROVABLE = tuple(_PACKAGES)
"""Hosts whose loader can be asked without a login and without a network."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """The loader of one host."""

    host: str
    path: Path
    """What is run; of Gemini CLI the module that is imported."""
    version: str


def find_program(host: str) -> Program | None:
    """Return the loader of `host`, or None where it is not installed or needs a Node that is not."""
    package, module = _PACKAGES[host]
    if shutil.which("node") is None:
        return None
    for folder in _folders(host):
        path = folder / package / module if module else folder / ".bin" / host
        if path.exists():
            return Program(host=host, path=path, version=_version(folder / package))
    found = None if module else shutil.which(host)
    return Program(host=host, path=Path(found), version="of the PATH") if found else None


def _folders(host: str) -> list[Path]:
    """Return the folders of npm packages to look in: the one we are told of, and that of a program on the PATH."""
    told = os.environ.get("PERSONAE_HOSTS")
    folders = [Path(told) / "node_modules"] if told else []
    installed = shutil.which(host)
    if installed:
        parents = Path(installed).resolve().parents
        folders += [parent for parent in parents if parent.name == "node_modules"]
    return folders


def _version(package: Path) -> str:
    try:
        return str(json.loads((package / "package.json").read_bytes())["version"])
    except (OSError, ValueError, KeyError):
        return "unknown"
