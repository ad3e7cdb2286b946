"""Asks the real loaders of four hosts, offline, what they read in a folder. Their own words, as plain data.

Each runs with a home of its own: no login, no settings and no history of the user come in, and none are touched.
"""

from __future__ import annotations

import json
import os
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from personae.errors import HostError
from personae.hosts.prove.programs import Program

__all__ = ["ask_codex", "ask_gemini", "ask_grok", "ask_opencode", "codex_prompt", "environment", "opencode_server"]

_LONGEST_S = 120
_START_S = 60

_GEMINI_SCRIPT = """
const [module, folder] = process.argv.slice(1);
const {loadAgentsFromDirectory} = await import(module);
const {agents, errors} = await loadAgentsFromDirectory(folder);
console.log(JSON.stringify({
  agents: agents.map(agent => ({
    name: agent.name,
    file: agent.metadata?.filePath,
    description: agent.description,
    prompt: agent.promptConfig?.systemPrompt,
    tools: agent.toolConfig?.tools ?? null,
    model: agent.modelConfig?.model,
    turns: agent.runConfig?.maxTurns,
  })),
  errors: errors.map(error => [error.filePath, error.message]),
}));
"""


def environment(home: Path, **more: str) -> dict[str, str]:
    """Return what a host's program gets of ours, with `home` (which is made) for its own."""
    home.mkdir(parents=True, exist_ok=True)
    temporary = os.environ.get("TMPDIR", "/tmp")
    return {"HOME": str(home), "PATH": os.environ.get("PATH", ""), "TMPDIR": temporary, **more}


def ask_gemini(program: Program, folder: Path, home: Path) -> dict[str, Any]:
    """Return `{agents, errors}` of Gemini CLI for a folder of agents."""
    command = ["node", "--input-type=module", "-e", _GEMINI_SCRIPT, "--", str(program.path), str(folder)]
    said = _run(program, command, env=environment(home), cwd=folder)
    answer: dict[str, Any] = _json(program, said.stdout.strip().split(b"\n")[-1])
    return answer


def ask_grok(program: Program, project: Path, home: Path) -> list[dict[str, Any]]:
    """Return the agents that Grok Build lists in a project."""
    said = _run(program, [str(program.path), "inspect", "--json"], env=environment(home), cwd=project)
    return list(_json(program, said.stdout)["agents"])


def ask_codex(program: Program, project: Path, home: Path) -> list[str]:
    """Return what Codex complains about when it reads the roles of a project."""
    env = _trusting(project, home)
    said = _run(program, [str(program.path), "doctor", "--json"], env=env, cwd=project, check=False)
    details = _json(program, said.stdout)["checks"]["config.load"]["details"]
    warnings = details.get("startup warning", [])
    return [line.strip() for line in ([warnings] if isinstance(warnings, str) else warnings)]


def codex_prompt(
    program: Program, project: Path, home: Path, *, script: Path | None = None, shim: str = ""
) -> list[dict[str, Any]]:
    """Return all that Codex would send a model in a project: its own text, the tools, the roles.

    With `script`, a launcher is run instead, and `shim` is the folder of a `codex` that asks for the prompt.
    """
    command = [str(program.path), "debug", "prompt-input", "hi"] if script is None else ["sh", str(script), "hi"]
    env = _trusting(project, home)
    if shim:
        env["PATH"] = f"{shim}{os.pathsep}{env['PATH']}"
    return list(_json(program, _run(program, command, env=env, cwd=project).stdout))


def ask_opencode(address: str, project: Path) -> list[dict[str, Any]]:
    """Return the agents of a project with their effective permissions. Raises `HostError` where one stops OpenCode."""
    query = urllib.parse.urlencode({"directory": str(project)})
    try:
        with urllib.request.urlopen(f"{address}/agent?{query}", timeout=_LONGEST_S) as answer:
            return list(json.loads(answer.read()))
    except urllib.error.HTTPError as error:
        with error:
            raise HostError("OpenCode", error.read().decode(errors="replace")) from error
    except (OSError, ValueError) as error:
        raise HostError("OpenCode", str(error)) from error


@contextmanager
def opencode_server(program: Program, home: Path) -> Iterator[str]:
    """Run OpenCode's server while the block runs; give its address. Its projects must be folders of ours.

    It installs a package into every project that it opens: hence a registry that is not there, so that it gives up.
    """
    env = environment(home, OPENCODE_DISABLE_AUTOUPDATE="1", OPENCODE_DISABLE_MODELS_FETCH="1")
    env |= {"XDG_CONFIG_HOME": f"{home}/config", "OPENCODE_DISABLE_DEFAULT_PLUGINS": "1"}
    env |= {"npm_config_registry": "http://127.0.0.1:9", "npm_config_fetch_retries": "0"}
    server = subprocess.Popen(
        [str(program.path), "serve", "--hostname", "127.0.0.1", "--port", "0"],
        env=env,
        cwd=home,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield _address(server)
    finally:
        server.kill()  # not terminate: it would first wait for what it installs
        server.communicate(timeout=_START_S)


def _address(server: subprocess.Popen[str]) -> str:
    assert server.stdout is not None
    for line in server.stdout:
        if "listening on " in line:
            return line.split("listening on ")[1].strip()
    raise HostError("OpenCode", "it ended before it listened")


def _trusting(project: Path, home: Path) -> dict[str, str]:
    env = environment(home, CODEX_HOME=str(home))
    trust = f'[projects."{project.resolve()}"]\ntrust_level = "trusted"\n'
    (home / "config.toml").write_text(trust, encoding="utf-8")
    return env


def _run(
    program: Program, command: Sequence[str], *, env: Mapping[str, str], cwd: Path, check: bool = True
) -> subprocess.CompletedProcess[bytes]:
    try:
        done = subprocess.run(command, env=dict(env), cwd=cwd, capture_output=True, check=False, timeout=_LONGEST_S)
    except (OSError, subprocess.SubprocessError) as error:
        raise HostError(program.host, str(error)) from error
    if check and done.returncode:
        raise HostError(program.host, done.stderr.decode(errors="replace").strip() or f"exit {done.returncode}")
    return done


def _json(program: Program, data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError as error:
        raise HostError(program.host, f"it did not answer in JSON: {data[:200]!r}") from error
