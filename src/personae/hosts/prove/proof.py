"""Compares what a loader says that it loaded with the persona. It reads in a folder that is then deleted."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from personae.hosts.compile import Compilation
from personae.hosts.outfit import Outfit
from personae.hosts.prove.loaders import (
    ask_codex,
    ask_gemini,
    ask_grok,
    ask_opencode,
    codex_prompt,
    opencode_server,
)
from personae.hosts.prove.permissions import allowed_by_rules, beyond
from personae.hosts.prove.programs import Program
from personae.hosts.store import write_artifacts
from personae.hosts.subagents import without_inputs
from personae.persona.dialects.hosts import HOSTS

__all__ = ["Finding", "Proof", "prove"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that the host said otherwise."""

    persona: str
    what: str
    found: str
    expected: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What one host made of the personas."""

    host: str
    version: str
    proved: tuple[str, ...]
    """Personas that it loaded, and loaded as they are."""
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """What is asked about one persona."""

    outfit: Outfit
    compilation: Compilation


def prove(pairs: Sequence[tuple[Outfit, Compilation]], program: Program) -> Proof:
    """Let `program` read the files of `pairs`, all of its host, in an empty project. Raises `HostError`."""
    cases = [_Case(outfit=outfit, compilation=made) for outfit, made in pairs if made.artifacts]
    if not cases:
        return Proof(host=program.host, version=program.version, proved=(), findings=())
    with tempfile.TemporaryDirectory(prefix="personae-prove-") as name:
        folder = Path(name).resolve()
        project = folder / "project"
        (project / ".git").mkdir(parents=True)
        write_artifacts([artifact for case in cases for artifact in case.compilation.artifacts], project)
        findings = tuple(_PROVERS[program.host](cases, program, project, folder))
    wrong = {finding.persona for finding in findings}
    proved = tuple(case.outfit.slug for case in cases if case.outfit.slug not in wrong)
    return Proof(host=program.host, version=program.version, proved=proved, findings=findings)


def _gemini(cases: Sequence[_Case], program: Program, project: Path, folder: Path) -> Iterator[Finding]:
    agents = project / ".gemini" / "agents"
    if not agents.exists():
        return
    said = ask_gemini(program, agents, folder / "home")
    whys = {Path(file).stem: why for file, why in said["errors"]}
    found = {agent["name"]: agent for agent in said["agents"]}
    for case in cases:
        agent = found.get(case.compilation.name)
        if agent is None:
            yield _absent(case, whys.get(case.compilation.name, "not listed"))
            continue
        yield from _differs(case, "description", agent["description"], case.outfit.description)
        yield from _differs(case, "stance", agent["prompt"], without_inputs(case.outfit.prompt))
        yield from _differs(case, "maxSteps", agent["turns"], case.outfit.persona.max_steps)
        yield from _wider(case, agent["tools"])


def _grok(cases: Sequence[_Case], program: Program, project: Path, folder: Path) -> Iterator[Finding]:
    found = {agent["name"]: agent for agent in ask_grok(program, project, folder / "home")}
    for case in cases:
        if not any(".grok/agents" in artifact.path.as_posix() for artifact in case.compilation.artifacts):
            continue  # Grok does not list its overlays
        agent = found.get(case.compilation.name)
        if agent is None or "path" not in agent["source"]:
            yield _absent(case, "not listed")
        else:
            yield from _differs(case, "description", agent["description"], case.outfit.description)


def _opencode(cases: Sequence[_Case], program: Program, project: Path, folder: Path) -> Iterator[Finding]:
    with opencode_server(program, folder / "home") as address:
        found = {agent["name"]: agent for agent in ask_opencode(address, project)}
    for case in cases:
        agent = found.get(case.compilation.name)
        if agent is None or agent.get("native"):
            yield _absent(case, "not listed")
            continue
        yield from _differs(case, "description", agent["description"], case.outfit.description)
        yield from _differs(case, "stance", agent["prompt"].strip(), case.outfit.prompt.strip())
        yield from _differs(case, "maxSteps", agent.get("steps"), case.outfit.persona.max_steps)
        yield from _wider(case, allowed_by_rules(agent["permission"]))


def _codex(cases: Sequence[_Case], program: Program, project: Path, folder: Path) -> Iterator[Finding]:
    home = folder / "home"
    warnings = ask_codex(program, project, home)
    roles = _roles(codex_prompt(program, project, home))
    for case in cases:
        path = case.compilation.artifacts[0].path
        if path.suffix == ".toml":
            why = next((line for line in warnings if path.name in line), "not listed")
            # Every role is shown as its name and a block; in it the description comes first.
            block = f"\n{case.compilation.name}: {{\n{case.outfit.description.strip()}\n"
            if block not in roles:
                yield _absent(case, why)
        else:
            yield from _codex_launcher(case, program, project, folder)


def _codex_launcher(case: _Case, program: Program, project: Path, folder: Path) -> Iterator[Finding]:
    """Run the launcher with a `codex` before the real one that lets it show its prompt instead of working."""
    shim = folder / "shim"
    shim.mkdir(exist_ok=True)
    text = f"""#!/bin/sh
while :; do
  case $1 in exec | --ignore-user-config | --ignore-rules | --skip-git-repo-check) shift ;; *) break ;; esac
done
exec {program.path} debug prompt-input "$@"
"""
    (shim / "codex").write_text(text, encoding="utf-8")
    (shim / "codex").chmod(0o755)
    script = project / case.compilation.artifacts[0].path
    said = "\n".join(_texts(codex_prompt(program, project, folder / "home", script=script, shim=str(shim))))
    sandbox = "read-only" if "sandbox_mode=read-only" in case.compilation.artifacts[0].text else "workspace-write"
    if f"`sandbox_mode` is `{sandbox}`" not in said:
        yield Finding(persona=case.outfit.slug, what="tools", found="another sandbox", expected=sandbox)
    if "Network access is restricted" not in said:
        yield Finding(persona=case.outfit.slug, what="tools", found="a network", expected="none")
    if case.outfit.prompt.strip() not in said:
        yield Finding(persona=case.outfit.slug, what="stance", found="another text", expected="the persona's")


def _roles(prompt: list[dict[str, Any]]) -> str:
    text = "\n".join(_texts(prompt))
    return "\n" + text.partition("Available roles:")[2].lstrip("\n")


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _wider(case: _Case, names: Sequence[str] | None) -> Iterator[Finding]:
    """Yield a finding where the host's own list of allowed tools reaches beyond the persona's."""
    if "tools" in {entry.field for entry in case.compilation.ledger.entries if entry.is_loss_of_limit}:
        return  # somebody allowed that
    table, words = HOSTS[case.compilation.host], _granted(case.outfit)
    if names is None:
        yield Finding(persona=case.outfit.slug, what="tools", found="all", expected=", ".join(words) or "none")
        return
    extra = beyond(names, words, table)
    if extra:
        found = ", ".join(extra)
        yield Finding(persona=case.outfit.slug, what="tools", found=found, expected=", ".join(words) or "none")


def _granted(outfit: Outfit) -> tuple[str, ...]:
    return max((outfit.grants[mode].words for mode in outfit.persona.modes), key=len)


def _absent(case: _Case, why: str) -> Finding:
    return Finding(persona=case.outfit.slug, what="loading", found=why, expected="an agent of this name")


def _differs(case: _Case, what: str, found: object, expected: object) -> Iterator[Finding]:
    if found != expected:
        yield Finding(persona=case.outfit.slug, what=what, found=str(found), expected=str(expected))


_PROVERS: Mapping[str, Callable[[Sequence[_Case], Program, Path, Path], Iterator[Finding]]] = MappingProxyType(
    {"gemini": _gemini, "grok": _grok, "codex": _codex, "opencode": _opencode}
)
