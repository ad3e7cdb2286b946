"""Runs the real loaders of four hosts offline over files, each file on its own, and says what became of it.

It knows where the programs are and how each is asked; it knows nothing of our emulation. `PERSONAE_HOSTS` names the
folder that scripts/install-hosts.sh filled.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

__all__ = ["HOSTS", "Verdict", "ask", "program"]

HOSTS = ("gemini", "grok", "codex", "opencode")
_MODULES = Path(os.environ.get("PERSONAE_HOSTS", "/opt/hosts")) / "node_modules"
_PROGRAMS = {
    "gemini": _MODULES / "@google/gemini-cli-core/dist/src/agents/agentLoader.js",
    "grok": _MODULES / ".bin/grok",
    "codex": _MODULES / ".bin/codex",
    "opencode": _MODULES / ".bin/opencode",
}
_PACKAGES = {
    "gemini": "@google/gemini-cli-core",
    "grok": "@xai-official/grok",
    "codex": "@openai/codex",
    "opencode": "opencode-ai",
}
_START_S = 60.0
_PROJECTS_PER_SERVER = 80


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a host made of one file."""

    loads: bool
    name: str = ""
    why: str = ""


def program(host: str) -> Path | None:
    """Return the program to ask for `host`, or None where it is not installed."""
    path = _PROGRAMS[host]
    return path if path.exists() and shutil.which("node") else None


def version(host: str) -> str:
    """Return the version of the installed package of `host`."""
    package = json.loads((_MODULES / _PACKAGES[host] / "package.json").read_bytes())
    return str(package["version"])


def ask(host: str, files: Mapping[str, bytes], folder: Path) -> dict[str, Verdict]:
    """Return what `host` makes of each of `files`, which are laid out below the empty `folder`."""
    return {"gemini": _gemini, "grok": _grok, "codex": _codex, "opencode": _opencode}[host](files, folder)


def _environment(home: Path) -> dict[str, str]:
    home.mkdir(parents=True, exist_ok=True)
    return {"HOME": str(home), "PATH": os.environ["PATH"], "TMPDIR": os.environ.get("TMPDIR", "/tmp")}


def _lay_out(files: Mapping[str, bytes], folder: Path, place: str) -> dict[str, Path]:
    """Write each file as `folder/place` with `{}` replaced by its number, which no host can refuse as a name."""
    paths = {name: folder / place.format(f"f{number:05}") for number, name in enumerate(files)}
    for name, path in paths.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(files[name])
    return paths


_GEMINI_SCRIPT = """
const [module, folder] = process.argv.slice(1);
const {loadAgentsFromDirectory} = await import(module);
const {agents, errors} = await loadAgentsFromDirectory(folder);
console.log(JSON.stringify({
  agents: agents.map(agent => [agent.metadata?.filePath, agent.name]),
  errors: errors.map(error => [error.filePath, error.message]),
}));
"""


def _gemini(files: Mapping[str, bytes], folder: Path) -> dict[str, Verdict]:
    paths = _lay_out(files, folder, "agents/{}.md")
    command = ["node", "--input-type=module", "-e", _GEMINI_SCRIPT, "--", str(_PROGRAMS["gemini"])]
    done = subprocess.run(
        [*command, str(folder / "agents")],
        env=_environment(folder / "home"),
        capture_output=True,
        check=True,
        timeout=120,
    )
    said = json.loads(done.stdout.strip().split(b"\n")[-1])
    verdicts = {path: Verdict(False, why=why) for path, why in said["errors"]}
    verdicts |= {path: Verdict(True, name=name) for path, name in reversed(said["agents"])}
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
    done = subprocess.run(
        [str(_PROGRAMS["grok"]), "inspect", "--json"],
        cwd=folder / "project",
        env=_environment(folder / "home"),
        capture_output=True,
        check=True,
        timeout=120,
    )
    agents = json.loads(done.stdout)["agents"]
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
    environment = _environment(folder / "home")
    trust = f'[projects."{project.resolve()}"]\ntrust_level = "trusted"\n'
    (folder / "home" / "config.toml").write_text(trust, encoding="utf-8")
    done = subprocess.run(
        [str(_PROGRAMS["codex"]), "doctor", "--json"],
        cwd=project,
        env=environment | {"CODEX_HOME": str(folder / "home")},
        capture_output=True,
        check=False,
        timeout=120,
    )
    details = json.loads(done.stdout)["checks"]["config.load"]["details"]
    warnings = details.get("startup warning", [])
    said = [line.strip() for line in ([warnings] if isinstance(warnings, str) else warnings) if "role" in line]
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
        with _opencode_server(folder / "home") as address:
            some = paths[start : start + _PROJECTS_PER_SERVER]
            found |= {name: _opencode_once(address, path.parents[2]) for name, path in some}
    return found


@contextmanager
def _opencode_server(home: Path) -> Iterator[str]:
    environment = _environment(home) | {"OPENCODE_DISABLE_AUTOUPDATE": "1", "OPENCODE_DISABLE_MODELS_FETCH": "1"}
    environment |= {"XDG_CONFIG_HOME": f"{home}/config", "OPENCODE_DISABLE_DEFAULT_PLUGINS": "1"}
    # It installs a package into every project that it opens; nothing listens on port 9, so that it gives up at once.
    environment |= {"npm_config_registry": "http://127.0.0.1:9", "npm_config_fetch_retries": "0"}
    server = subprocess.Popen(
        [str(_PROGRAMS["opencode"]), "serve", "--hostname", "127.0.0.1", "--port", "0"],
        env=environment,
        cwd=home,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert server.stdout is not None
        started = time.monotonic()
        for line in server.stdout:
            if "listening on " in line:
                yield line.split("listening on ")[1].strip()
                return
            assert time.monotonic() - started < _START_S, "OpenCode did not start"
        raise AssertionError("OpenCode ended before it listened")
    finally:
        server.kill()  # not terminate: it would first wait for what it installs
        server.communicate(timeout=20)


_BUILT_IN = {"build", "compaction", "explore", "general", "plan", "summary", "title"}


def _opencode_once(address: str, project: Path) -> Verdict:
    query = urllib.parse.urlencode({"directory": str(project)})
    try:
        with urllib.request.urlopen(f"{address}/agent?{query}", timeout=60) as answer:
            agents = json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return Verdict(False, why=error.read().decode(errors="replace"))
    names = [agent["name"] for agent in agents if agent["name"] not in _BUILT_IN]
    return Verdict(True, name=names[0]) if names else Verdict(False, why="absent")
