"""Runs the real loaders of four hosts offline over files, each file on its own, and says what became of it.

The programs and how each is asked are those of `compile --prove`; nothing here knows our emulation. `PERSONAE_HOSTS`
names the folder that scripts/install-hosts.sh filled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from personae.errors import HostError
from personae.hosts.prove.loaders import ask_codex, ask_gemini, ask_grok, ask_opencode, opencode_server
from personae.hosts.prove.programs import Program, find_program

__all__ = ["HOSTS", "Verdict", "ask", "program", "version"]

HOSTS = ("gemini", "grok", "codex", "opencode")
_PROJECTS_PER_SERVER = 80


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a host made of one file."""

    loads: bool
    name: str = ""
    why: str = ""


def program(host: str) -> Program | None:
    """Return the program to ask for `host`, or None where it is not installed."""
    return find_program(host)


def version(host: str) -> str:
    """Return the version of the installed package of `host`."""
    return _found(host).version


def ask(host: str, files: Mapping[str, bytes], folder: Path) -> dict[str, Verdict]:
    """Return what `host` makes of each of `files`, which are laid out below the empty `folder`."""
    return {"gemini": _gemini, "grok": _grok, "codex": _codex, "opencode": _opencode}[host](files, folder)


def _found(host: str) -> Program:
    found = find_program(host)
    assert found is not None
    return found


def _lay_out(files: Mapping[str, bytes], folder: Path, place: str) -> dict[str, Path]:
    """Write each file as `folder/place` with `{}` replaced by its number, which no host can refuse as a name."""
    paths = {name: folder / place.format(f"f{number:05}") for number, name in enumerate(files)}
    for name, path in paths.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(files[name])
    return paths


def _gemini(files: Mapping[str, bytes], folder: Path) -> dict[str, Verdict]:
    paths = _lay_out(files, folder, "agents/{}.md")
    said = ask_gemini(_found("gemini"), folder / "agents", folder / "home")
    verdicts = {path: Verdict(False, why=why) for path, why in said["errors"]}
    verdicts |= {agent["file"]: Verdict(True, name=agent["name"]) for agent in reversed(said["agents"])}
    return {name: verdicts.get(str(path), Verdict(False, why="not mentioned")) for name, path in paths.items()}


def _grok(files: Mapping[str, bytes], folder: Path) -> dict[str, Verdict]:
    # Of two files with one name the later is dropped silently, so the absent ones are asked again without the others.
    found: dict[str, Verdict] = {}
    for number in range(len(files)):
        waiting = {name: data for name, data in files.items() if name not in found or not found[name].loads}
        some = _grok_once(waiting, folder / f"round{number}") if waiting else {}
        found |= some
        if not any(verdict.loads for verdict in some.values()):
            break
    return found


def _grok_once(files: Mapping[str, bytes], folder: Path) -> dict[str, Verdict]:
    paths = _lay_out(files, folder / "project", ".grok/agents/{}.md")
    agents = ask_grok(_found("grok"), folder / "project", folder / "home")
    listed = {Path(agent["source"]["path"]).name: agent["name"] for agent in agents if "path" in agent["source"]}
    return {
        name: Verdict(True, name=listed[path.name]) if path.name in listed else Verdict(False, why="absent")
        for name, path in paths.items()
    }


def _codex(files: Mapping[str, bytes], folder: Path) -> dict[str, Verdict]:
    found, unnamed = _codex_once(files, folder / "all")
    if not unnamed or len(files) < 2:
        return found
    # Some warnings, such as that of a byte that is not UTF-8, do not say which file they mean: halve until they do.
    names = list(files)
    for number, half in enumerate((names[: len(names) // 2], names[len(names) // 2 :])):
        found |= _codex({name: files[name] for name in half}, folder / f"half{number}")
    return found


def _codex_once(files: Mapping[str, bytes], folder: Path) -> tuple[dict[str, Verdict], int]:
    """Return the verdicts, and how many warnings name no file."""
    project = folder / "project"
    paths = _lay_out(files, project, ".codex/agents/{}.toml")
    (project / ".git").mkdir()
    said = [line for line in ask_codex(_found("codex"), project, folder / "home") if "role" in line]
    unnamed = [line for line in said if not any(path.name in line for path in paths.values())]
    whys = {name: next((line for line in said if path.name in line), "") for name, path in paths.items()}
    if len(files) == 1 and unnamed:
        whys = dict.fromkeys(files, unnamed[0])
    return {name: Verdict(not why, why=why) for name, why in whys.items()}, len(unnamed)


def _opencode(files: Mapping[str, bytes], folder: Path) -> dict[str, Verdict]:
    # One project folder per file: a broken file stops its own project only. The server never lets go of a project
    # (16 GB after some 800 on 1.18.33, even when told to dispose), so each serves a few.
    paths = list(_lay_out(files, folder, "projects/{}/.opencode/agents/zz-agent.md").items())
    found: dict[str, Verdict] = {}
    for start in range(0, len(paths), _PROJECTS_PER_SERVER):
        with opencode_server(_found("opencode"), folder / "home") as address:
            some = paths[start : start + _PROJECTS_PER_SERVER]
            found |= {name: _opencode_once(address, path.parents[2]) for name, path in some}
    return found


_BUILT_IN = {"build", "compaction", "explore", "general", "plan", "summary", "title"}


def _opencode_once(address: str, project: Path) -> Verdict:
    try:
        agents = ask_opencode(address, project)
    except HostError as error:
        return Verdict(False, why=error.reason)
    names = [agent["name"] for agent in agents if agent["name"] not in _BUILT_IN]
    return Verdict(True, name=names[0]) if names else Verdict(False, why="absent")
