"""What was recorded of the real loaders, what is explained, and what our emulation says; for the agreement tests."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from host_oracles import Verdict
from host_probes import MARKDOWN, TOML

from personae.persona.dialects import read_as

__all__ = ["CORPUS", "Recorded", "corpus_files", "differences", "explained", "ours", "probes", "recorded"]

_HERE = Path(__file__).parent / "agreement"
CORPUS = Path(os.environ.get("PERSONAE_CORPUS", "/work/shared/corpus"))
"""Public persona files, not part of the repository: some have no licence that allows it."""
_PLACES = {
    "opencode": "p/.opencode/agents/zz-agent.md",
    "gemini": "p/.gemini/agents/agent.md",
    "grok": "p/.grok/agents/agent.md",
    "codex": "p/.codex/agents/agent.toml",
}


@dataclass(frozen=True, slots=True)
class Recorded:
    """What one host made of every probe, at one version."""

    version: str
    verdicts: Mapping[str, Verdict]


def probes(host: str) -> Mapping[str, bytes]:
    """Return the probes that `host` can be asked about."""
    return TOML if host == "codex" else MARKDOWN


def corpus_files(host: str) -> dict[str, bytes]:
    """Return the corpus in the host's format, by path; empty where there is no corpus."""
    pattern = "*.toml" if host == "codex" else "*.md"
    found = sorted(path for path in CORPUS.rglob(pattern) if path.name != "SOURCES.md")
    return {path.relative_to(CORPUS).as_posix(): path.read_bytes() for path in found}


def recorded(host: str) -> Recorded:
    """Return what was recorded of `host`."""
    data = json.loads((_HERE / "recorded.json").read_bytes())[host]
    verdicts = {name: Verdict(True, name=called) for name, called in data["loads"].items()}
    verdicts |= {name: Verdict(False) for name in data["does_not_load"]}
    return Recorded(data["version"], verdicts)


def explained(host: str) -> dict[str, str]:
    """Return the files on which we differ from `host`, with the reason."""
    differences = tomllib.loads((_HERE / "explained.toml").read_text(encoding="utf-8"))["difference"]
    return {item["file"]: item["because"] for item in differences if item["host"] == host}


def ours(host: str, data: bytes) -> Verdict:
    """Return what our emulation says."""
    read = read_as(data, file=_PLACES[host], host=host)
    loads = read.fate in ("loads", "loads-tolerantly")
    return Verdict(loads, name=read.agent.name if loads and read.agent else "", why=read.fate)


def differences(host: str, files: Mapping[str, bytes], theirs: Mapping[str, Verdict]) -> list[str]:
    """Return the files on which we and `host` differ: whether it loads, and under which name."""
    found = []
    for name, data in files.items():
        mine, real = ours(host, data), theirs[name]
        if mine.loads != real.loads or (real.loads and real.name and mine.name != real.name):
            found.append(name)
    return found
