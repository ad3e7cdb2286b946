"""What rulesync, apm and `personae compile` make of the same forty personas; and how long 10,000 take for all hosts.

    python bench/hosts.py --record                   # installs both into a temporary folder, writes bench/hosts.json
    python bench/hosts.py --peers DIR                # with what `npm install rulesync` and `pip install` left in DIR
    python bench/hosts.py --speed 10000              # ours alone: compile to all hosts, beside reading the files

The two converters read agents in Claude Code's format, so they get those of the forty that have a file there, with
every limit that it can hold (tools, maxTurns, effort, model). What they write is read back by the emulated loader of
each host, which is how it is known whether a file loads there and which tools it gives; "wider" means more than the
persona may use. Nothing is judged by what a tool says about itself, but whether it warned is counted.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from forty import forty

from personae.hosts.compile import COMPILERS, compile_outfit
from personae.hosts.ledger import LIMITS
from personae.hosts.outfit import Outfit, outfit
from personae.hosts.prove.permissions import allowed_by_rules, beyond
from personae.hosts.words import HARMLESS, WORDS, reach
from personae.library.store import PersonaFile, read_persona
from personae.persona.dialects import HOSTS, ForeignAgent, read_as
from personae.persona.model import Home, Persona
from personae.persona.render import render

RECORD = Path(__file__).parent / "hosts.json"
RULESYNC, APM = "17.0.0", "0.35.0"
_RULESYNC_TARGETS = {
    "codex": "codexcli",
    "opencode": "opencode",
    "copilot": "copilot",
    "cursor": "cursor",
    "antigravity": "antigravity-cli",
    "grok": "grokcli",
    "qwen": "qwencode",
    "kiro": "kiro",
    "factory": "factorydroid",
    "goose": "goose",
}
_APM_TARGETS = {
    "codex": "codex",
    "opencode": "opencode",
    "copilot": "copilot",
    "cursor": "cursor",
    "grok": "grok-build",
    "kiro": "kiro",
    "gemini": "gemini",
    "antigravity": "antigravity",
}


_COPILOT = {
    **dict.fromkeys(("read", "notebookread"), "read"),
    **dict.fromkeys(("edit", "write", "multiedit", "notebookedit"), "edit"),
    **dict.fromkeys(("grep", "glob"), "search"),
    **dict.fromkeys(("bash", "powershell"), "execute"),
    **dict.fromkeys(("webfetch", "websearch"), "web"),
    **dict.fromkeys(("task", "custom-agent"), "agent"),
    "todowrite": "todo",
}
"""What Copilot takes for its own tools, by its documentation: it reads Claude Code's names too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One persona as the converters get it."""

    ready: Outfit
    text: str
    """Claude Code's file."""


def inputs() -> list[Input]:
    """Return those of the forty that Claude Code has a file for, limits that it cannot hold left out."""
    found = []
    for persona in forty():
        ready = outfit(replace(persona, needs_temp_workspace=False, visibility="cabinet"))
        made = compile_outfit(ready, "claude", allow=LIMITS)
        files = [item for item in made.artifacts if item.path.as_posix().startswith(".claude/agents/")]
        found += [Input(ready=ready, text=item.text) for item in files]
    return found


def main() -> None:
    """Compare, or measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", type=Path, help="folder with node_modules/.bin/rulesync and venv/bin/apm")
    parser.add_argument("--record", action="store_true", help=f"write {RECORD.name}")
    parser.add_argument("--speed", type=int, metavar="N", help="compile N personas to all hosts instead")
    parser.add_argument("--only", default="", metavar="HOST,HOST", help="these hosts; the record keeps the others")
    arguments = parser.parse_args()
    if arguments.speed:
        found: dict[str, Any] = {"speed": measure(arguments.speed)}
    else:
        with tempfile.TemporaryDirectory(prefix="personae-bench-") as folder:
            peers = arguments.peers or install(Path(folder))
            only = frozenset(arguments.only.split(",")) if arguments.only else frozenset(HOSTS)
            found = {"compared": compare(peers.resolve(), Path(folder), only)}
    print(json.dumps(found, indent=1))
    if arguments.record:
        before = json.loads(RECORD.read_bytes()) if RECORD.exists() else {}
        RECORD.write_text(json.dumps(_merged(before, found), indent=1) + "\n", encoding="utf-8")


def _merged(before: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """Return the record with what was found now, in the place of what it had of the same tools and hosts."""
    merged: dict[str, Any] = before | found
    if "compared" in before and "compared" in found:
        old, new = before["compared"], found["compared"]
        merged["compared"] = {
            name: old.get(name, {}) | value if isinstance(value, dict) else value for name, value in new.items()
        }
    return merged


def install(folder: Path) -> Path:
    """Install both converters into `folder`."""
    npm = ["npm", "install", "--prefix", str(folder), "--no-audit", "--no-fund", f"rulesync@{RULESYNC}"]
    subprocess.run(npm, check=True, capture_output=True)
    subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
    pip = [str(folder / "venv/bin/pip"), "install", "-q", f"apm-cli=={APM}"]
    subprocess.run(pip, check=True, capture_output=True)
    return folder


def compare(peers: Path, folder: Path, only: Collection[str]) -> dict[str, object]:
    """Return what each tool made of the personas, by host; of the hosts in `only`."""
    given = inputs()
    result: dict[str, object] = {
        "on": datetime.now(UTC).date().isoformat(),
        "personas": len(given),
        "limited": sum(item.ready.grants["sub-agent"].limited for item in given),
    }
    ours: dict[str, object] = {}
    for host in sorted({*_RULESYNC_TARGETS, *_APM_TARGETS} & set(only)):
        files = {}
        refused = launched = 0
        for item in given:
            made = compile_outfit(item.ready, host)
            refused += made.is_refused
            launched += any(artifact.path.suffix == ".sh" for artifact in made.artifacts)
            place = HOSTS[host].folders[0]
            for artifact in made.artifacts:
                if artifact.path.as_posix().startswith(f"{place}/"):
                    files[item.ready.slug] = artifact.text
        ours[host] = judge(host, given, files) | {"refused": refused, "launchers": launched}
    result["personae"] = ours
    result[f"rulesync {RULESYNC}"] = {
        host: judge(host, given, *run_rulesync(peers, target, host, given, folder / f"rulesync-{host}"))
        for host, target in sorted(_RULESYNC_TARGETS.items())
        if host in only
    }
    result[f"apm {APM}"] = {
        host: judge(host, given, *run_apm(peers, target, host, given, folder / f"apm-{host}"))
        for host, target in sorted(_APM_TARGETS.items())
        if host in only
    }
    return result


def run_rulesync(peers: Path, target: str, host: str, given: list[Input], folder: Path) -> tuple[dict[str, str], str]:
    """Return the files that rulesync writes, by persona, and what it says."""
    agents = folder / ".claude" / "agents"
    agents.mkdir(parents=True)
    for item in given:
        (agents / f"{item.ready.slug}.md").write_text(item.text, encoding="utf-8")
    command = [str(peers / "node_modules/.bin/rulesync"), "convert", "--from", "claudecode", "--to", target]
    said = _run([*command, "--features", "subagents"], folder)
    return _written(folder, host, given), said


def run_apm(peers: Path, target: str, host: str, given: list[Input], folder: Path) -> tuple[dict[str, str], str]:
    """Return the files that apm writes, by persona, and what it says. One project each: an error stops them all."""
    files: dict[str, str] = {}
    said = []
    for item in given:
        project = folder / item.ready.slug
        (project / ".apm" / "agents").mkdir(parents=True)
        (project / ".git").mkdir()
        (project / "apm.yml").write_text("name: bench\nversion: 1.0.0\n", encoding="utf-8")
        (project / ".apm" / "agents" / f"{item.ready.slug}.agent.md").write_text(item.text, encoding="utf-8")
        said.append(_run([str(peers / "venv/bin/apm"), "install", "--target", target], project))
        files |= _written(project, host, [item])
    return files, "\n".join(said)


def _run(command: list[str], folder: Path) -> str:
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "NO_COLOR": "1"}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=300, check=False)
    return done.stdout + done.stderr


def _written(folder: Path, host: str, given: list[Input]) -> dict[str, str]:
    table = HOSTS[host]
    names = {item.ready.slug for item in given}
    found: dict[str, str] = {}
    for place in table.folders:
        for path in sorted((folder / place).rglob("*")) if (folder / place).exists() else []:
            stem = path.name.removesuffix(table.suffix)
            if path.is_file() and stem in names:
                found.setdefault(stem, path.read_text(encoding="utf-8"))
            elif path.is_file() and path.suffix == ".json" and path.stem in names:
                found.setdefault(path.stem, _from_json(json.loads(path.read_bytes())))
    return found


def _from_json(data: dict[str, object]) -> str:
    """Return Kiro's other form, one JSON object, as the markdown that says the same; JSON is YAML too."""
    body = data.pop("prompt", "")
    return f"---\n{json.dumps(data)}\n---\n{body}\n"


def judge(host: str, given: list[Input], files: Mapping[str, str], said: str = "") -> dict[str, int]:
    """Return how many files there are, how many load, and how many of those kept which limit."""
    counts: Counter[str] = Counter(written=len(files), warnings=said.lower().count("warn") + said.count("[!]"))
    for item in given:
        slug = item.ready.slug
        if slug not in files:
            continue
        table = HOSTS[host]
        read = read_as(files[slug].encode(), file=f"{table.folders[0]}/{slug}{table.suffix}", host=host)
        counts["loads"] += read.agent is not None and read.fate in ("loads", "loads-tolerantly")
        counts["stops the host"] += read.fate == "stops-host"
        if read.agent is None or read.fate not in ("loads", "loads-tolerantly"):
            continue
        counts[f"tools {tools(read.agent, item.ready)}"] += 1
        if table.turns_key:
            kept = read.agent.extra.get(table.turns_key) == item.ready.persona.max_steps
            counts["rounds kept" if kept else "rounds lost"] += 1
        if table.effort_key and item.ready.effort:
            counts["effort kept" if read.agent.effort else "effort lost"] += 1
    return {name: counts[name] for name in sorted(counts) if counts[name]}


def tools(agent: ForeignAgent, ready: Outfit) -> str:
    """Return what the file does to the persona's tools: exact, narrower, or wider."""
    granted = ready.grants["sub-agent"]
    table = HOSTS[agent.host]
    names = agent.tools if table.tools.by_capability else None
    if agent.host == "copilot" and names is not None:
        names = tuple(_COPILOT.get(name.casefold(), name) for name in names)
    if agent.host == "opencode":
        names = _opencode(agent)
    elif agent.host == "antigravity" and names is None:
        names = ()  # absent is none there
    elif agent.host == "cursor" and agent.extra.get("readonly") is True:
        left = {"list", "glob", "read", "grep", "fetch", "web_search"}
        return "wider" if left - reach(granted.words) and granted.limited else "exact"
    if not names and names is not None and table.tools.empty != "none":
        names = None  # an empty list is no list there
    if names is None:
        more = WORDS.keys() - reach(granted.words) - HARMLESS
        return "wider" if granted.limited and more else "exact"
    if beyond(names, granted.words, table):
        return "wider"
    given = {word for word in WORDS if set(names) & {*table.tools.by_word.get(word, ()), *_by_capability(agent, word)}}
    return "exact" if reach(granted.words) & WORDS.keys() <= reach(given) else "narrower"


def _by_capability(agent: ForeignAgent, word: str) -> tuple[str, ...]:
    table = HOSTS[agent.host].tools
    return () if word in table.by_word else table.by_capability.get(WORDS[word], ())


def _opencode(agent: ForeignAgent) -> tuple[str, ...] | None:
    permission = agent.extra.get("permission")
    if not isinstance(permission, Mapping):
        return None
    rules = [{"permission": "*", "pattern": "*", "action": "allow"}]
    for name, value in permission.items():
        patterns = value if isinstance(value, Mapping) else {"*": value}
        rules += [{"permission": name, "pattern": pattern, "action": str(word)} for pattern, word in patterns.items()]
    return allowed_by_rules(rules)


def measure(number: int) -> dict[str, object]:
    """Return the processor seconds that reading and compiling `number` persona files take, in one process.

    Not those of the clock: other work on the machine would count.
    """
    hosts = [host for host in COMPILERS if host != "a2a"]
    with tempfile.TemporaryDirectory(prefix="personae-bench-") as name:
        folder = Path(name)
        files = _lay_out(number, folder)
        started = time.process_time()
        raw = [file.path.read_bytes() for file in files]
        read_s = time.process_time() - started
        started = time.process_time()
        personas = [read_persona(file, root=folder, layer="project").persona for file in files]
        parse_s = time.process_time() - started
        found = [persona for persona in personas if persona is not None]
        started = time.process_time()
        outfits = [outfit(persona) for persona in found]
        resolve_s = time.process_time() - started
        started = time.process_time()
        made = [compile_outfit(ready, host) for host in hosts for ready in outfits]
        compile_s = time.process_time() - started
    return {
        "on": datetime.now(UTC).date().isoformat(),
        "personas": len(found),
        "hosts": len(hosts),
        "files": sum(len(item.artifacts) for item in made),
        "bytes read": sum(map(len, raw)),
        "bytes written": sum(len(artifact.text.encode()) for item in made for artifact in item.artifacts),
        "read_s": round(read_s, 2),
        "parse_s": round(parse_s, 2),
        "resolve_s": round(resolve_s, 2),
        "compile_s": round(compile_s, 2),
    }


def _lay_out(number: int, folder: Path) -> list[PersonaFile]:
    """Write `number` persona files, the forty again and again under names of their own."""
    personas = forty()
    files = []
    (folder / "personas").mkdir()
    for index in range(number):
        persona: Persona = personas[index % len(personas)]
        slug = f"p{index}"
        text = render(replace(persona, name=slug, requires=()), home=Home.PERSONAS)
        path = folder / "personas" / f"{slug}.md"
        path.write_text(text, encoding="utf-8")
        files.append(PersonaFile(path, Home.PERSONAS, slug))
    return files


if __name__ == "__main__":
    if shutil.which("npm") is None and "--peers" not in sys.argv and "--speed" not in sys.argv:
        sys.exit("bench/hosts.py needs npm, or --peers DIR")
    main()
